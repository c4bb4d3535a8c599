#define CAF_SUITE topic
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using test::client;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(topic_tests, test::pod_fixture)

CAF_TEST(a message reaches every session whose filter matches) {
  client publisher{*this, "p"}, exact{*this, "e"}, wildcard{*this, "w"}, other{*this, "o"};
  for (auto* c : {&publisher, &exact, &wildcard, &other})
    c->connect();
  exact.subscribe("a/b");
  wildcard.subscribe("a/#");
  other.subscribe("b/#");
  for (auto* c : {&exact, &wildcard, &other})
    c->received();
  publisher.publish("a/b", "one");
  CAF_CHECK_EQUAL(exact.payloads(), strings{"one"});
  CAF_CHECK_EQUAL(wildcard.payloads(), strings{"one"});
  CAF_CHECK_EQUAL(other.payloads(), strings{});
}

// [MQTT-3.3.4-2] [MQTT-3.3.5-1 v3]
CAF_TEST(overlapping subscriptions bring one copy with the highest quality) {
  client publisher{*this, "p"}, subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("a/b", mqtt::qos::at_most_once);
  subscriber.subscribe("a/+", mqtt::qos::at_least_once);
  subscriber.received();
  publisher.publish("a/b", "once", mqtt::qos::at_least_once, 1);
  auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK(got[0].qos == mqtt::qos::at_least_once);
}

CAF_TEST(a live topic learns of subscriptions and forgets them) {
  client publisher{*this, "p"}, subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  publisher.publish("t", "too early");
  subscriber.subscribe("t");
  subscriber.received();
  publisher.publish("t", "seen");
  CAF_CHECK_EQUAL(subscriber.payloads(), strings{"seen"});
  subscriber.unsubscribe("t");
  subscriber.received();
  publisher.publish("t", "gone");
  CAF_CHECK_EQUAL(subscriber.payloads(), strings{});
}

// [MQTT-4.6.0-6]
CAF_TEST(the order of one publisher is kept across batches and topics to be found) {
  client publisher{*this, "p"}, subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("x/#");
  subscriber.received();
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += client::publish_bytes(i % 3 == 0 ? "x/a" : "x/b", std::to_string(i));
  publisher.send(bytes);
  int last_a = -1, last_b = -1, count = 0;
  for (const auto& p : subscriber.received_of<mqtt::publish_packet>()) {
    const auto i = std::stoi(std::string{p.payload});
    auto& last = p.topic == "x/a" ? last_a : last_b;
    CAF_CHECK(i > last);
    last = i;
    ++count;
  }
  CAF_CHECK_EQUAL(count, 100);
}

// [MQTT-3.4.2-1]
CAF_TEST(a publisher hears when nobody subscribes) {
  client publisher{*this, "p"};
  publisher.connect();
  publisher.publish("nobody", "x", mqtt::qos::at_least_once, 7);
  auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == mqtt::reason_code::no_matching_subscribers);
}

CAF_TEST(an idle topic retires and comes back with its route) {
  client publisher{*this, "p"}, subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("t");
  subscriber.received();
  publisher.publish("t", "1");
  const auto running = sys.registry().running();
  advance(services.settings.topics.idle_timeout);
  advance(services.settings.topics.idle_timeout);
  CAF_CHECK(sys.registry().running() < running);
  publisher.publish("t", "2");
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1", "2"}));
}

// [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-9]
CAF_TEST(a new subscriber gets the retained message of a live topic and of a dormant one) {
  client publisher{*this, "p"}, early{*this, "e"}, late{*this, "l"}, never{*this, "n"};
  for (auto* c : {&publisher, &early, &late, &never})
    c->connect();
  publisher.publish("r", "kept", mqtt::qos::at_most_once, 0, true);
  early.subscribe("r");
  CAF_CHECK_EQUAL(early.payloads(), strings{"kept"});
  advance(services.settings.topics.idle_timeout);
  advance(services.settings.topics.idle_timeout);
  late.subscribe("r");
  CAF_CHECK_EQUAL(late.payloads(), strings{"kept"});
  publisher.publish("r", "", mqtt::qos::at_most_once, 0, true);
  never.subscribe("r");
  CAF_CHECK_EQUAL(never.payloads(), strings{});
}

CAF_TEST_FIXTURE_SCOPE_END()
