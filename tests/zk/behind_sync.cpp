// Reads behind a sync: what they give, and that a sync without an answer is the answer.
#define CAF_SUITE zk.behind_sync

#include "zk/behind_sync.hpp"

#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::zk;

namespace {

struct behind_sync_fixture {
  behind_sync_fixture() {
    embedded_options options;
    options.path = ":memory:";
    options.threading = store_threading::manual;
    store = std::move(embedded_store::open(options).value());
    faults = std::make_unique<faulty_store>(*store, faulty_options{});
    store->create(here, "/a", "x", create_mode::persistent, [](auto) {});
    store->create(here, "/a/b", "", create_mode::persistent, [](auto) {});
    settle();
  }

  void settle() {
    while (store->run_turn() > 0 || faults->step()) {
    }
  }

  /// What `read` answers; it must.
  template<class T, class F>
  expected<T, error> ask(F read) {
    std::optional<expected<T, error>> answer;
    read(*faults, here, "/a", [&](expected<T, error> found) { answer = std::move(found); });
    settle();
    CAF_REQUIRE(answer.has_value());
    return *answer;
  }

  inline_executor here;
  std::unique_ptr<embedded_store> store;
  std::unique_ptr<faulty_store> faults;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(behind_sync_tests, behind_sync_fixture)

CAF_TEST(the read is answered) {
  const auto got = ask<node>(get_behind_sync);
  CAF_REQUIRE(got);
  CAF_CHECK_EQUAL(got->data, "x");
  const auto stands = ask<std::optional<stat>>(exists_behind_sync);
  CAF_REQUIRE(stands);
  CAF_CHECK(stands->has_value());
  const auto listed = ask<child_list>(children_behind_sync);
  CAF_REQUIRE(listed);
  CAF_CHECK(listed->names == std::vector<std::string>{"b"});
}

CAF_TEST(without an answer to the sync nothing is read) {
  const auto before = faults->counters().operations;
  faults->next_meets(fault::loss_not_applied);
  const auto got = ask<node>(get_behind_sync);
  CAF_REQUIRE(!got);
  CAF_CHECK(got.error() == error::connection_loss);
  CAF_CHECK_EQUAL(faults->counters().operations - before, 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
