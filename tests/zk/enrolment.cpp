// A pod's membership: an incarnation that grows, a node that goes with its session.
#define CAF_SUITE enrolment
#include "zk/enrolment.hpp"

#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

#include <future>

using namespace mqttzoo;
using namespace mqttzoo::zk;

namespace {

struct fixture {
  fixture() {
    embedded_options o;
    o.path = ":memory:";
    store = std::move(embedded_store::open(o).value());
  }

  std::vector<std::string> members() {
    std::promise<std::vector<std::string>> names;
    store->children(here, of.pods(), nullptr, [&](auto list) {
      names.set_value(list ? list->names : decltype(list->names){});
    });
    return names.get_future().get();
  }

  inline_executor here;
  paths of;
  std::unique_ptr<embedded_store> store;
  pod_record self{"mqttzoo-0", 1, "127.0.0.1:1", "", ""};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(enrolment_tests, fixture)

CAF_TEST(every life has a greater incarnation) {
  const auto first = draw_incarnation(*store, of);
  const auto second = draw_incarnation(*store, of);
  CAF_REQUIRE(first.has_value() && second.has_value());
  CAF_CHECK(*first > 0);
  CAF_CHECK(*second > *first);
}

CAF_TEST(an answer that is lost costs an incarnation and no more) {
  faulty_store faults{*store, {}};
  CAF_REQUIRE(draw_incarnation(faults, of).has_value());
  faults.next_meets(fault::loss_applied);
  const auto next = draw_incarnation(faults, of);
  CAF_REQUIRE(next.has_value());
  CAF_CHECK(*next >= 2);
}

CAF_TEST(who is never answered gives up) {
  CAF_REQUIRE(draw_incarnation(*store, of).has_value());
  faulty_options never;
  never.loss_per_mille = 1000;
  faulty_store faults{*store, never};
  const auto drawn = draw_incarnation(faults, of);
  CAF_REQUIRE(!drawn.has_value());
  CAF_CHECK(drawn.error() == error::connection_loss);
  const auto entered = enrolment::enter(faults, of, self, [] {});
  CAF_REQUIRE(!entered.has_value());
  CAF_CHECK(entered.error() == error::connection_loss);
}

CAF_TEST(a member is there until its session ends and hears of the end once) {
  CAF_REQUIRE(draw_incarnation(*store, of).has_value());
  int lost = 0;
  std::promise<void> told;
  const auto e = enrolment::enter(*store, of, self, [&] {
    if (++lost == 1)
      told.set_value();
  });
  CAF_REQUIRE(e.has_value());
  CAF_CHECK(members() == std::vector<std::string>{"mqttzoo-0-1"});
  store->expire_session();
  told.get_future().wait();
  CAF_CHECK(members().empty());
  store->expire_session();
  CAF_CHECK(members().empty());
  CAF_CHECK_EQUAL(lost, 1);
}

CAF_TEST(entering without the tree is an error) {
  const auto e = enrolment::enter(*store, of, self, [] {});
  CAF_REQUIRE(!e.has_value());
  CAF_CHECK(e.error() == error::no_node);
}

CAF_TEST_FIXTURE_SCOPE_END()
