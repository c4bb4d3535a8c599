// Homes of sessions that leave their pod, and of clients that come meanwhile.
#define CAF_SUITE home_moves
#include "tests/actors/home_cluster_fixture.hpp"

using namespace mqttzoo;
using mqtt::reason_code;
using client = test::roaming_client;
using test::home_cluster_fixture;

namespace {

/// With an usher at each pod that writes down what it hears.
struct leaving_fixture : home_cluster_fixture {
  leaving_fixture() {
    for (auto& p : pods) {
      logs.push_back(std::make_shared<test::usher_log>());
      p->pod.usher = sys.spawn(test::fake_usher, logs.back());
    }
  }
  ~leaving_fixture() {
    for (auto& p : pods)
      caf::anon_send(p->pod.usher, actors::shut_down_atom::value);
    settle();
  }

  template<class... Ts>
  void tell_home(std::size_t pod, Ts&&... xs) {
    caf::anon_send(pods[pod]->pod.home, std::forward<Ts>(xs)...);
    settle();
  }
  std::vector<actors::card_ref> list(std::size_t pod) {
    tell_home(pod, actors::list_atom::value);
    return logs[pod]->found.back();
  }
  std::shared_ptr<const actors::dismissal_round> round_of_all(std::size_t pod,
                                                              std::uint64_t batch) {
    auto round = std::make_shared<actors::dismissal_round>();
    round->batch = batch;
    for (const auto& card : list(pod))
      round->whom.push_back(
          {card, reason_code::use_another_server, "b:1883", actors::dismissal::remains::rests});
    return round;
  }
  void dismiss(std::size_t pod, std::uint64_t batch) {
    tell_home(pod, actors::dismiss_atom::value, round_of_all(pod, batch));
  }
  static auto shared(std::vector<actors::card_ref> cards) {
    return std::make_shared<const std::vector<actors::card_ref>>(std::move(cards));
  }
  /// In which that batch of the pod moves.
  void install_move(std::int64_t number, std::size_t mover, std::uint64_t batch) {
    for (auto& p : pods) {
      const auto v = view_of(*p, number, all);
      caf::anon_send(
          p->pod.registrar, actors::install_atom::value,
          make_ref<const actors::cluster_view>(
              number, v->members, v->self,
              actors::session_move{p->members[mover], batch, actors::move_purpose::rebalance}));
    }
    settle();
  }

  std::vector<std::shared_ptr<test::usher_log>> logs;
};

mqtt::disconnect_packet goodbye(client& c) {
  const auto heard = c.wire->take(mqtt::protocol_version::v5);
  CAF_REQUIRE(!heard.empty());
  CAF_REQUIRE(std::holds_alternative<mqtt::disconnect_packet>(heard.back()));
  return std::get<mqtt::disconnect_packet>(heard.back());
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(leaving_tests, leaving_fixture)

CAF_TEST(a session that leaves belongs to no pod until another one has it) {
  client c{*this, client_of(second, all)};
  c.connect(first, persistent);
  dismiss(first, 7);
  const auto told = goodbye(c);
  CAF_CHECK(told.reason == reason_code::use_another_server);
  CAF_CHECK_EQUAL(told.server_reference, "b:1883");
  CAF_CHECK(c.wire->closed);
  CAF_REQUIRE_EQUAL(logs[first]->dismissed.size(), 1u);
  CAF_REQUIRE_EQUAL(logs[first]->rested.size(), 1u);
  CAF_CHECK(logs[first]->rested[0].second == actors::rest::parked);

  // Another view comes first: the session is this pod's in it, and its client waits.
  install_and_settle(2, all);
  c.begin_connecting(second, persistent);
  settle();
  CAF_CHECK(c.wire->take(mqtt::protocol_version::v5).empty());
  CAF_CHECK_EQUAL(sessions(second), 0u);
  install_move(3, first, 7);
  begin_settling(3, all); // as if somebody had adopted nothing
  tell_home(first, actors::moved_atom::value, std::uint64_t{7});
  settle();
  advance(std::chrono::seconds{1});
  CAF_CHECK(c.connack().reason == reason_code::success);
  CAF_CHECK_EQUAL(sessions(second), 1u);
  c.connect(second, {true, 0});
  c.lose_connection();
  for (const auto& card : logs[first]->dismissed)
    caf::anon_send_exit(card->handle, caf::exit_reason::user_shutdown);
  settle();
}

CAF_TEST(a session that has to stay goes on where it was) {
  client c{*this, client_of(second, all)};
  c.connect(first, persistent);
  c.subscribe("t", mqtt::qos::at_least_once);
  c.received_of<mqtt::suback_packet>();
  dismiss(first, 1);
  install_move(2, first, 1);
  c.begin_connecting(first, persistent); // nobody has it in this view
  settle();
  CAF_CHECK(c.wire->take(mqtt::protocol_version::v5).empty());
  tell_home(first, actors::go_back_atom::value, shared(logs[first]->dismissed));
  CAF_CHECK(c.connack().session_present);
  begin_settling(2, all);
  settle();
  client there{*this, client_of(second, all)};
  CAF_CHECK(there.connect(third, persistent).session_present); // others know where it is
  there.connect(first, {true, 0});
  there.lose_connection();
  CAF_CHECK_EQUAL(sessions(), 0u);
}

CAF_TEST(the usher knows who is dismissed before any of them can say that it rests) {
  client c{*this, client_of(second, all)};
  c.connect(first, persistent);
  caf::anon_send(pods[first]->pod.home, actors::dismiss_atom::value, round_of_all(first, 1));
  CAF_REQUIRE_EQUAL(sched.jobs.size(), 1u);
  sched.run_once();
  CAF_REQUIRE_EQUAL(sched.jobs.size(), 2u); // the session is the other
  CAF_CHECK_EQUAL(sched.next_job<caf::abstract_actor>().id(), pods[first]->pod.usher->id());
  settle();
  tell_home(first, actors::go_back_atom::value, shared(logs[first]->dismissed));
}

CAF_TEST(a clean session that is dismissed ends) {
  client c{*this, client_of(first, all)};
  c.connect(first);
  dismiss(first, 1);
  CAF_CHECK(goodbye(c).reason == reason_code::use_another_server);
  CAF_CHECK_EQUAL(sessions(), 0u);
  CAF_CHECK(c.connect(second).reason == reason_code::success);
  c.lose_connection();
}

CAF_TEST(a pod that drains sends new clients to the others in turn) {
  auto orders = std::make_shared<actors::drain_orders>();
  orders->reason = reason_code::use_another_server;
  orders->references = {"b:1883", "c:1883"};
  client known{*this, client_of(first, all)}, other{*this, "other"};
  known.connect(first, persistent);
  tell_home(first, actors::drain_atom::value,
            std::shared_ptr<const actors::drain_orders>{std::move(orders)});
  for (const auto* wanted : {"b:1883", "c:1883", "b:1883"}) {
    const auto refusal = other.connect(first);
    CAF_CHECK(refusal.reason == reason_code::use_another_server);
    CAF_CHECK_EQUAL(refusal.server_reference, wanted);
  }
  CAF_CHECK(known.connect(first, persistent).session_present); // it is no new one
  known.connect(first, {true, 0});
  known.lose_connection();
}

CAF_TEST_FIXTURE_SCOPE_END()
