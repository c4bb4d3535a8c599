// Targets are taken apart, and nothing that is badly encoded gets through.
#define CAF_SUITE admin.http
#include "admin/http.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::admin;
using strings = std::vector<std::string>;

CAF_TEST(levels are decoded after they are told apart) {
  const auto r = parse_target("/api/v1/topics/a%2Fb%20c/x");
  CAF_REQUIRE(r.has_value());
  CAF_CHECK(r->segments == (strings{"api", "v1", "topics", "a/b c", "x"}));
  CAF_CHECK(parse_target("/")->segments.empty());
  CAF_CHECK(parse_target("/a+b")->segments == strings{"a+b"});
}

CAF_TEST(a query is decoded) {
  const auto r = parse_target("/x?a=1&b=%26+c&d");
  CAF_REQUIRE(r.has_value());
  CAF_CHECK_EQUAL(*r->argument("a"), "1");
  CAF_CHECK_EQUAL(*r->argument("b"), "& c");
  CAF_CHECK_EQUAL(*r->argument("d"), "");
  CAF_CHECK(r->argument("e") == nullptr);
}

CAF_TEST(bad encodings are refused) {
  for (const auto* bad : {"", "x", "*", "/%", "/%2", "/%zz", "/x?a=%f", "http://h/x"})
    CAF_CHECK(!parse_target(bad).has_value());
}

CAF_TEST(an error is JSON whatever its text) {
  const auto r = make_error(404, "a \"b\" \xff");
  CAF_CHECK_EQUAL(r.status, 404u);
  CAF_CHECK(r.body.starts_with(R"({"error":{"message":"a \"b\" )"));
}
