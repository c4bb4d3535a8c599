// Which session a client gets, one at a time, also when one ends as the next connection comes.
#define CAF_SUITE home
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using test::client;

CAF_TEST_FIXTURE_SCOPE(home_tests, test::pod_fixture)

CAF_TEST(a client finds its session again from any unit) {
  client here{*this, "same"}, there{*this, "same", second};
  here.connect(true, 3600);
  here.lose_connection();
  CAF_CHECK(there.connect(false, 3600).session_present); // [MQTT-3.2.2-3]
  CAF_CHECK(there.card == here.card);
  there.lose_connection();
  CAF_CHECK(there.connect(true, 3600).session_present == false); // [MQTT-3.2.2-2]
}

CAF_TEST(sessions are bounded) {
  services.settings.sessions.max = 2;
  client first{*this, "1"}, second_one{*this, "2"}, third{*this, "3", second};
  first.connect();
  second_one.connect(true, 3600);
  second_one.lose_connection(); // one that is away counts
  CAF_CHECK(third.connect().reason == mqtt::reason_code::quota_exceeded);
  CAF_CHECK(third.wire->closed);
  CAF_CHECK_EQUAL(second.counters.connects_refused.get(), 1u);
  CAF_CHECK(second_one.connect(false, 3600).reason ==
            mqtt::reason_code::success); // who is known may come in
  first.lose_connection();
  CAF_CHECK(third.connect().reason == mqtt::reason_code::success);
}

CAF_TEST(sessions of an account are bounded) {
  services.settings.limits.account_sessions_max = 2;
  client one{*this, "1"}, two{*this, "2"}, three{*this, "3", second}, other{*this, "4"},
      nobody{*this, "5"};
  one.user = two.user = three.user = "alice";
  other.user = "bob";
  one.connect();
  two.connect(true, 3600);
  two.lose_connection(); // one that is away counts
  CAF_CHECK(three.connect().reason == mqtt::reason_code::quota_exceeded);
  CAF_CHECK(three.wire->closed);
  CAF_CHECK_EQUAL(services.counters.account_sessions_refused.get(), 1u);
  CAF_CHECK(other.connect().reason == mqtt::reason_code::success);
  CAF_CHECK(nobody.connect().reason == mqtt::reason_code::success);
  CAF_CHECK(two.connect(false, 3600).session_present); // who is known may come in
  one.lose_connection();
  CAF_CHECK(three.connect().reason == mqtt::reason_code::success);
}

CAF_TEST(a session counts for the account of its last client) {
  services.settings.limits.account_sessions_max = 1;
  client shared{*this, "s"}, alices{*this, "a"}, bobs{*this, "b"};
  alices.user = "alice";
  bobs.user = "bob";
  shared.user = "alice";
  shared.connect(true, 3600);
  CAF_CHECK(alices.connect().reason == mqtt::reason_code::quota_exceeded);
  shared.user = "bob";
  CAF_CHECK(shared.connect(false, 3600).session_present);
  CAF_CHECK(alices.connect().reason == mqtt::reason_code::success);
  CAF_CHECK(bobs.connect().reason == mqtt::reason_code::quota_exceeded);
  shared.user.reset();
  shared.connect(false, 3600);
  CAF_CHECK(bobs.connect().reason == mqtt::reason_code::success);
}

CAF_TEST(a connection that comes while its session ends gets a session) {
  const auto running = sys.registry().running();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    client c{*this, "c"};
    c.connect();
    c.subscribe("t");
    c.begin_losing();
    for (auto steps = random() % 8; steps > 0; --steps)
      step_shuffled(random);
    c.begin_connecting();
    settle_shuffled(random);
    const auto connack = c.finish_connecting();
    CAF_REQUIRE(connack.reason == mqtt::reason_code::success);
    CAF_REQUIRE(!connack.session_present);
    CAF_REQUIRE_EQUAL(sys.registry().running(), running + 1);
    client publisher{*this, "p"};
    publisher.connect();
    publisher.publish("t", "x");
    CAF_REQUIRE(c.payloads().empty()); // the subscription ended with the first session
    c.subscribe("t");
    c.received();
    publisher.publish("t", "y");
    CAF_REQUIRE_EQUAL(c.payloads(), test::strings{"y"});
    publisher.lose_connection();
    c.lose_connection();
    advance(services.settings.topics.idle_timeout);
    advance(services.settings.topics.idle_timeout);
    CAF_REQUIRE_EQUAL(sys.registry().running(), running);
  }
}

CAF_TEST(of many connections with one name the last one is left) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random{seed};
    std::vector<std::unique_ptr<client>> all;
    for (int i = 0; i < 5; ++i) {
      all.push_back(std::make_unique<client>(*this, "same"));
      all.back()->begin_connecting();
      for (auto steps = random() % 6; steps > 0; --steps)
        step_shuffled(random);
    }
    settle_shuffled(random);
    for (std::size_t i = 0; i < all.size(); ++i)
      CAF_REQUIRE_EQUAL(all[i]->wire->closed,
                        i + 1 < all.size()); // [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3]
    CAF_REQUIRE(all.back()->finish_connecting().reason == mqtt::reason_code::success);
    all.back()->lose_connection();
  }
}

CAF_TEST(a session that dies of an exception leaves nothing behind) {
  const auto running = sys.registry().running();
  const auto clients = pod.clients.maximum();
  client publisher{*this, "p"};
  publisher.connect();
  for (const auto& by_message : {false, true}) {
    client c{*this, "c", second};
    c.connect(true, 3600);
    c.subscribe("t");
    c.received();
    c.wire->broken = true;
    if (by_message)
      publisher.publish("t", "x"); // comes from another unit
    else
      c.send(std::string("\xC0\x00", 2)); // PINGREQ
    CAF_CHECK(c.wire->closed);
    CAF_CHECK(!c.card->connected && !c.card->persistent);
    CAF_CHECK_EQUAL(stored_sessions(), 0u);
    publisher.publish("t", "x", mqtt::qos::at_least_once, 1);
    const auto acks = publisher.received_of<mqtt::ack_packet>();
    CAF_REQUIRE_EQUAL(acks.size(), 1u);
    CAF_CHECK(acks[0].reason == mqtt::reason_code::no_matching_subscribers);

    CAF_CHECK(!c.connect(false, 3600).session_present); // a new one
    c.subscribe("t");
    c.received();
    publisher.publish("t", "y");
    CAF_CHECK_EQUAL(c.payloads(), test::strings{"y"});
    c.connect(true, 0);
    c.lose_connection();
  }
  publisher.lose_connection();
  advance(services.settings.topics.idle_timeout);
  advance(services.settings.topics.idle_timeout);
  CAF_CHECK_EQUAL(sys.registry().running(), running);
  CAF_CHECK_EQUAL(pod.clients.maximum(), clients + 2);
}

CAF_TEST(a session is counted where it lives) {
  auto state = std::make_shared<actors::restored_session>();
  state->expiry_interval_s = 3600;
  state->subscriptions.resize(1);
  state->subscriptions[0].filter = "t";
  auto card = actors::spawn_session(second, sys, client_id{"c"}, std::move(state));
  // Its unit's thread, which alone may write these, has not come to it yet.
  CAF_CHECK_EQUAL(second.counters.sessions.get(), 0u);
  CAF_CHECK_EQUAL(second.counters.subscriptions.get(), 0u);
  CAF_CHECK(card->persistent);
  run();
  CAF_CHECK_EQUAL(second.counters.sessions.get(), 1u);
  CAF_CHECK_EQUAL(second.counters.subscriptions.get(), 1u);
  caf::anon_send_exit(card->handle, caf::exit_reason::user_shutdown);
  run();
  CAF_CHECK_EQUAL(second.counters.sessions.get(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
