// Creating what is missing, and only that.
#define CAF_SUITE zk.create_missing

#include "zk/create_missing.hpp"

#include "tests/zk/client.hpp"
#include "zk/embedded_store.hpp"
#include "zk/paths.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;

struct fixture {
  ~fixture() { owned->close(); }

  std::string create(strings nodes) {
    return outcome(c.ask<expected<std::monostate, error>>(
        [&](auto done) { create_missing(*owned, c.jobs, std::move(nodes), std::move(done)); }));
  }

  std::unique_ptr<embedded_store> owned = [] {
    embedded_options options;
    options.path = ":memory:";
    return *embedded_store::open(options);
  }();
  client c{*owned};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(create_missing_tests, fixture)

CAF_TEST(a path is listed with all above it) {
  CAF_CHECK_EQUAL(with_ancestors("/a"), strings{"/a"});
  CAF_CHECK_EQUAL(with_ancestors("/a/bc/d"), (strings{"/a", "/a/bc", "/a/bc/d"}));
}

CAF_TEST(what is there stays as it is) {
  static_cast<void>(c.create("/a", "data"));
  CAF_CHECK_EQUAL(create(with_ancestors("/a/b/c")), "ok");
  CAF_CHECK(c.has("/a/b/c"));
  CAF_CHECK_EQUAL(c.data("/a"), "data");
  CAF_CHECK_EQUAL(create(with_ancestors("/a/b/c")), "ok");
  CAF_CHECK_EQUAL(c.stat_of("/a/b").version, 0);
}

CAF_TEST(the skeleton can be made again and again) {
  const auto skeleton = paths{"/x/y"}.skeleton();
  CAF_CHECK_EQUAL(create(skeleton), "ok");
  CAF_CHECK_EQUAL(create(skeleton), "ok");
  for (const auto& path : skeleton)
    CAF_CHECK(c.has(path));
}

CAF_TEST(the first error is told) {
  CAF_CHECK_EQUAL(create({"/a", "/b/c", "/d"}), "no_node");
  CAF_CHECK(c.has("/a") && c.has("/d"));
}

CAF_TEST(nothing to do is done) {
  CAF_CHECK_EQUAL(create({}), "ok");
}

CAF_TEST_FIXTURE_SCOPE_END()
