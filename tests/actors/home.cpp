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

CAF_TEST_FIXTURE_SCOPE_END()
