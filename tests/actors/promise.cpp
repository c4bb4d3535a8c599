// An acknowledgement is a promise: when PUBACK and PUBREC are sent, and what the store holds then.
#define CAF_SUITE promise
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using test::client;
using test::strings;

namespace {

constexpr std::uint32_t kept_s = 3600;

struct promise_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  promise_fixture() {
    publisher.connect();
    subscriber.connect(true, kept_s);
    subscriber.subscribe("t", qos::exactly_once);
    subscriber.received();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(promise_tests, promise_fixture)

// [MQTT-4.3.2-4]
CAF_TEST(a publish for a persistent session is acknowledged when its client has it and nothing is stored) {
  publisher.publish("t", "m", qos::at_least_once, 1);
  auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK(publisher.received_of<mqtt::ack_packet>().empty());
  subscriber.acknowledge(packet_type::puback, got[0].id);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(mails(), 0u);
}

CAF_TEST(a client that does not acknowledge within the grace has its message stored) {
  publisher.publish("t", "m", qos::at_least_once, 1);
  advance(services.settings.safety.grace_max);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(mails(), 1u);
  CAF_CHECK_EQUAL(pointers(), 1u);
  auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  subscriber.acknowledge(packet_type::puback, got[0].id);
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(pointers(), 0u);
}

CAF_TEST(a message for a session that is away is stored before it is acknowledged) {
  subscriber.lose_connection();
  std::string bytes = client::publish_bytes("t", "m", qos::at_least_once, 1);
  publisher.wire->events()->on_input(bytes);
  run();
  CAF_CHECK(publisher.received_of<mqtt::ack_packet>().empty());
  settle();
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(mails(), 1u);
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
}

CAF_TEST(one stored copy serves several sessions and goes with the last) {
  client other{*this, "s2"};
  other.connect(true, kept_s);
  other.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  other.lose_connection();
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(mails(), 1u);
  CAF_CHECK_EQUAL(pointers(), 2u);
  for (auto* c : {&subscriber, &other}) {
    c->connect(false, kept_s);
    CAF_REQUIRE_EQUAL(c->early.size(), 1u);
    c->acknowledge(packet_type::puback, std::get<mqtt::publish_packet>(c->early[0]).id);
  }
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_EQUAL(mails(), 0u);
}

// [MQTT-4.3.3-2]
CAF_TEST(a QoS 2 message is stored with its packet id before it is sent on) {
  std::string bytes = client::publish_bytes("t", "m", qos::exactly_once, 1);
  publisher.wire->events()->on_input(bytes);
  run();
  CAF_CHECK(subscriber.received_of<mqtt::publish_packet>().empty());
  settle();
  CAF_CHECK_EQUAL(mails(), 1u);
  auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  subscriber.acknowledge(packet_type::pubrec, got[0].id);
  subscriber.acknowledge(packet_type::pubcomp, got[0].id);
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
}

CAF_TEST(the packet id of a persistent QoS 2 publisher is stored with the message and forgotten with
             PUBREL) {
  client keeper{*this, "k"};
  keeper.connect(true, kept_s);
  keeper.publish("t", "m", qos::exactly_once, 9);
  CAF_CHECK_EQUAL(received_ids(), 1u);
  keeper.received();
  keeper.publish("t", "m", qos::exactly_once, 9); // repeated: acknowledged, not delivered
  auto acks = keeper.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].type == packet_type::pubrec);
  CAF_CHECK_EQUAL(subscriber.payloads(), strings{"m"});
  keeper.acknowledge(packet_type::pubrel, mqtt::packet_id{9});
  CAF_CHECK_EQUAL(received_ids(), 0u);
  acks = keeper.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].type == packet_type::pubcomp);
}

CAF_TEST(a session that ends takes its mail out of the store) {
  subscriber.lose_connection();
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(mails(), 1u);
  advance(std::chrono::seconds{kept_s + 1});
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(pointers(), 0u);
}

CAF_TEST(the time until a promise is measured) {
  const auto all = [](const mqtt::latency_histogram& h) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < mqtt::latency_histogram::buckets; ++i)
      n += h.count(i);
    return n;
  };
  const auto& once = services.counters.promise_at_least_once;
  const auto& twice = services.counters.promise_exactly_once;
  publisher.publish("t", "m", qos::at_least_once, 1);
  clock.advance(std::chrono::milliseconds{5});
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  subscriber.acknowledge(packet_type::puback, got[0].id);
  CAF_CHECK_EQUAL(all(once), 1u);
  CAF_CHECK_EQUAL(once.sum_us(), 5000u);
  publisher.publish("nobody", "m", qos::at_least_once, 2);
  CAF_CHECK_EQUAL(all(once), 2u);
  CAF_CHECK_EQUAL(all(twice), 0u);
  publisher.publish("t", "m", qos::exactly_once, 3);
  CAF_CHECK_EQUAL(all(twice), 1u);
  faults->set_full(true);
  publisher.publish("t", "m", qos::exactly_once, 4);
  CAF_CHECK_EQUAL(all(twice), 1u);
  faults->set_full(false);
}

CAF_TEST_FIXTURE_SCOPE_END()
