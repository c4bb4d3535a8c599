// The session actor: sessions that leave their pod.
#define CAF_SUITE session_moves
#include "tests/actors/session_fixture.hpp"

#include <algorithm>

using namespace mqttzoo;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::session_fixture;
using test::strings;

namespace {

struct leaving_fixture : session_fixture {
  leaving_fixture() { pod.usher = sys.spawn(test::fake_usher, usher); }
  ~leaving_fixture() {
    caf::anon_send(pod.usher, actors::shut_down_atom::value);
    settle();
  }
  /// The last session that the home knows.
  actors::card_ref card() {
    caf::anon_send(pod.home, actors::list_atom::value);
    settle();
    for (const auto& c : usher->found.back())
      if (c->client.str() == "c")
        return c;
    CAF_FAIL("no session");
    return nullptr;
  }
  void dismiss(const actors::card_ref& c) {
    caf::anon_send(c->handle, actors::dismiss_atom::value,
                   actors::dismissal{c, reason_code::use_another_server, "b:1883",
                                     actors::dismissal::remains::rests});
    settle();
  }
  void seal(const actors::card_ref& c) {
    caf::anon_send(pod.at(c->unit).courier_handle, actors::seal_atom::value, c);
    settle();
  }
  std::size_t said(actors::rest how) const {
    return static_cast<std::size_t>(std::count_if(usher->rested.begin(), usher->rested.end(),
                                                  [&](const auto& r) { return r.second == how; }));
  }

  std::shared_ptr<test::usher_log> usher = std::make_shared<test::usher_log>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(leaving_tests, leaving_fixture)

CAF_TEST(a session is parked when the store has what its client did not acknowledge) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::exactly_once);
  c.received();
  publisher.publish("t", "1", qos::at_least_once, 1);
  publisher.publish("t", "2", qos::exactly_once, 2);
  const auto of = card();
  dismiss(of);
  CAF_CHECK(c.wire->closed);
  CAF_CHECK_EQUAL(said(actors::rest::parked), 1u);
  CAF_CHECK_EQUAL(pointers(), 2u);
  CAF_CHECK(of->persistent);

  publisher.publish("t", "3", qos::at_least_once, 3); // it still takes what comes
  CAF_CHECK_EQUAL(pointers(), 3u);
  seal(of);
  CAF_CHECK_EQUAL(said(actors::rest::sealed), 1u);
  CAF_CHECK(!of->persistent);
  publisher.publish("t", "4", qos::exactly_once, 4); // and now nothing more, nor holds it this up
  CAF_CHECK_EQUAL(pointers(), 3u);
  CAF_CHECK(!publisher.received().empty());

  caf::anon_send(of->handle, actors::go_back_atom::value);
  settle();
  CAF_CHECK(of->persistent);
  c.begin_connecting(false, 3600);
  settle();
  CAF_CHECK_EQUAL(c.payloads(), (strings{"1", "2", "3"}));
}

CAF_TEST(a session that another pod has leaves the routes and not the store) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.received();
  const auto of = card();
  const auto before = services.counters.sessions.get();
  dismiss(of);
  seal(of);
  const auto stored = stored_sessions();
  caf::anon_send(of->handle, actors::moved_atom::value);
  settle();
  CAF_CHECK_EQUAL(services.counters.sessions.get(), before - 1);
  CAF_CHECK_EQUAL(stored_sessions(), stored);
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK(!publisher.received().empty());
}

CAF_TEST(a session that another pod has counts here no more) {
  const auto subscriptions = services.counters.subscriptions.get();
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  const auto of = card();
  dismiss(of);
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(services.counters.messages_queued.get(), 1u);
  seal(of);
  caf::anon_send(of->handle, actors::moved_atom::value);
  settle();
  CAF_CHECK_EQUAL(services.counters.subscriptions.get(), subscriptions);
  CAF_CHECK_EQUAL(services.counters.messages_queued.get(), 0u);
}

CAF_TEST(a client that comes while its session leaves is sent away) {
  client c{*this, "c"};
  c.connect(true, 3600);
  const auto of = card();
  dismiss(of);
  auto a = std::make_shared<actors::attachment>();
  auto wire = std::make_shared<test::fake_connection>();
  a->connection = wire;
  a->epoch = mqtt::connection_epoch{1000};
  caf::anon_send(of->handle, actors::attach_atom::value, a);
  settle();
  CAF_CHECK(wire->closed);
}

CAF_TEST_FIXTURE_SCOPE_END()
