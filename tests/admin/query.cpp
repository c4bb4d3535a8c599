// What a list's query may say, and that anything else is refused by name.
#define CAF_SUITE admin.query
#include "admin/query.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using admin::parse_query;
using admin::parse_target;

namespace {

std::string refusal(const std::string& query) {
  const auto q = parse_query(*parse_target("/x?" + query));
  return q ? std::string{} : q.error();
}

} // namespace

CAF_TEST(all that can be asked is understood) {
  const auto q = parse_query(
      *parse_target("/x?kind=topic&contains=a%2Fb&waiting=true&sort=busy&unit=1&limit=7"));
  CAF_REQUIRE(q.has_value());
  CAF_CHECK_EQUAL(q->kind, "topic");
  CAF_CHECK_EQUAL(q->subject_contains, "a/b");
  CAF_CHECK(q->waiting);
  CAF_CHECK(q->by == actors::actor_query::order::by_busy);
  CAF_CHECK(q->unit == unit_index{1});
  CAF_CHECK_EQUAL(q->limit, 7u);
}

CAF_TEST(mistakes are named) {
  CAF_CHECK_EQUAL(refusal("limit=0"), "limit is a number from 1 to 1000");
  CAF_CHECK_EQUAL(refusal("limit=1001"), "limit is a number from 1 to 1000");
  CAF_CHECK(!refusal("sort=name").empty());
  CAF_CHECK(!refusal("waiting=1").empty());
  CAF_CHECK(!refusal("unit=-1").empty());
  CAF_CHECK(!refusal("after=x").empty());
  CAF_CHECK(!refusal("after=7&sort=busy").empty());
  CAF_CHECK_EQUAL(refusal("colour=red"), "there is no argument called colour");
  CAF_CHECK(refusal("after=7").empty());
}
