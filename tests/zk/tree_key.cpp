// A tree has one key for life, whoever asks, and says its format.
#define CAF_SUITE zk.tree_key

#include "zk/tree_key.hpp"

#include "tests/zk/client.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

struct fixture {
  ~fixture() { owned->close(); }

  expected<tree_root, error> open(const hash_key& fresh) {
    return c.ask<expected<tree_root, error>>(
        [&](auto done) { open_tree(*owned, c.jobs, "/zoo", fresh, std::move(done)); });
  }

  std::unique_ptr<embedded_store> owned = [] {
    embedded_options options;
    options.path = ":memory:";
    return *embedded_store::open(options);
  }();
  client c{*owned};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tree_key_tests, fixture)

CAF_TEST(the first key stays) {
  const hash_key first{1, 0xfedcba9876543210}, second{2, 3};
  CAF_CHECK(open(first) == tree_root{first});
  CAF_CHECK(open(second) == tree_root{first});
}

CAF_TEST(names lie elsewhere with another key) {
  CAF_CHECK_NOT_EQUAL(paths("/zoo", {1, 2}).retained("t"), paths("/zoo", {1, 3}).retained("t"));
}

CAF_TEST(a tree without a key has the default one) {
  static_cast<void>(c.create("/zoo", ""));
  CAF_CHECK(open({1, 2}) == tree_root{paths::default_key});
}

CAF_TEST(a tree of another format says so) {
  static_cast<void>(c.create("/zoo", "00000000000000010000000000000002 17"));
  CAF_CHECK((open({3, 4}) == tree_root{{1, 2}, 17}));
}

CAF_TEST(what is no key is not taken for one) {
  for (const auto* data :
       {"0", "0000000000000001000000000000000g", "00000000000000010000000000000002 ",
        "00000000000000010000000000000002 2x", "000000000000000100000000000000022"}) {
    static_cast<void>(c.remove("/zoo"));
    static_cast<void>(c.create("/zoo", data));
    const auto key = open({1, 2});
    CAF_CHECK(!key && key.error() == error::storage_damaged);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
