// What a client publishes: the receiving ends of QoS 0, 1 and 2, aliases, limits, refusals,
// backpressure.
#define CAF_SUITE session_publish
#include "allocations.hpp"
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct nothing_permitted final : permissions {
  bool may_publish(std::string_view) override { return false; }
  bool may_subscribe(std::string_view) const override { return false; }
  bool may_receive(std::string_view) override { return false; }
};

struct fixture : session_fixture {
  void check_published(std::size_t i, std::string_view topic, std::string_view payload) {
    if (i >= port.published.size())
      CAF_FAIL("message " << i << " was not published");
    CAF_CHECK_EQUAL(port.published[i].message->topic(), topic);
    CAF_CHECK_EQUAL(port.published[i].message->payload(), payload);
  }
  publish_packet aliased(std::string_view topic, std::uint16_t alias) {
    auto p = publish(topic, "x");
    p.properties.topic_alias = alias;
    return p;
  }
  /// PUBREL, and the store forgets.
  void release(packet_id of) {
    send(ack(packet_type::pubrel, of));
    if (machine->persistent())
      machine->on_released(of, reason_code::success, now);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_publish_tests, fixture)

CAF_TEST(QoS 0 is routed and not acknowledged) { // [MQTT-4.3.1-1]
  for (const auto v : all_versions) {
    connect(v);
    auto p = publish("a/b", "hello");
    p.retain = true;
    send(p);
    expect_nothing();
    check_published(0, "a/b", "hello");
    CAF_CHECK(port.published[0].message->retain());
    CAF_CHECK(port.published[0].message->publisher() == machine->number());
    CAF_CHECK(port.published[0].id == packet_id::none);
    port.published.clear();
  }
}

CAF_TEST(QoS 1 is acknowledged after its receipt) {
  // [MQTT-4.3.2-4] [MQTT-4.3.2-5] [MQTT-4.3.2-2 v3] [MQTT-2.2.1-5] [MQTT-2.3.1-6 v3] [MQTT-3.3.4-1]
  for (const auto v : all_versions) {
    connect(v);
    send(publish("t", "x", qos::at_least_once, id(7)));
    expect_nothing();
    receipt(id(7), reason_code::no_matching_subscribers);
    expect_ack(packet_type::puback, id(7), reason_code::no_matching_subscribers); // [MQTT-3.4.2-1]
  }
}

CAF_TEST(QoS 2 is routed once for each release) {
  // [MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12] [MQTT-4.3.3-2 v3]
  for (const auto v : all_versions) {
    port.published.clear();
    connect(v);
    const auto p = publish("t", "x", qos::exactly_once, id(7));
    send(p);
    expect_nothing();
    send(p); // under way: its PUBREC will come
    expect_nothing();
    receipt(id(7));
    expect_ack(packet_type::pubrec, id(7)); // [MQTT-3.5.2-1]
    send(p);
    expect_ack(packet_type::pubrec, id(7));
    CAF_CHECK_EQUAL(port.published.size(), 1u);
    send(ack(packet_type::pubrel, id(7)));
    expect_ack(packet_type::pubcomp, id(7));
    send(ack(packet_type::pubrel, id(7)));
    expect_ack(packet_type::pubcomp, id(7),
               reason_code::packet_identifier_not_found); // [MQTT-3.7.2-1]
    send(p);
    CAF_CHECK_EQUAL(port.published.size(), 2u);
  }
}

CAF_TEST(QoS 2 survives its connection) { // [MQTT-4.1.0-1] [MQTT-4.1.0-1 v3] [MQTT-4.4.0-1]
  const auto p = publish("t", "x", qos::exactly_once, id(7));
  connect(persistent_hello(protocol_version::v3_1_1));
  send(p);
  lose_connection();
  connect(persistent_hello(protocol_version::v3_1_1));
  send(p);
  CAF_CHECK_EQUAL(port.published.size(), 1u);
  machine->on_receipt(last_epoch(), {id(7), qos::exactly_once}, reason_code::success,
                      now); // it was published then
  expect_ack(packet_type::pubrec, id(7));
  lose_connection();
  connect(persistent_hello(protocol_version::v3_1_1));
  send(p);
  expect_ack(packet_type::pubrec, id(7));
  CAF_CHECK_EQUAL(port.published.size(), 1u);
}

CAF_TEST(PUBCOMP waits until a crash cannot bring the identifier back) { // [MQTT-4.3.3-11]
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::exactly_once, id(7)));
  receipt(id(7));
  expect_ack(packet_type::pubrec, id(7));
  send(ack(packet_type::pubrel, id(7)));
  send(ack(packet_type::pubrel, id(7))); // asked once
  expect_nothing();
  CAF_CHECK_EQUAL(port.forgotten_received.size(), 1u);

  CAF_MESSAGE("the store cannot: it is asked again");
  machine->on_released(id(7), reason_code::quota_exceeded, now);
  expect_nothing();
  pass(2s);
  CAF_CHECK_EQUAL(port.forgotten_received.size(), 2u);
  machine->on_released(id(7), reason_code::success, now);
  expect_ack(packet_type::pubcomp, id(7));

  CAF_MESSAGE("a late answer does not touch the identifier's next message");
  send(publish("t", "y", qos::exactly_once, id(7)));
  machine->on_released(id(7), reason_code::success, now);
  expect_nothing();
  receipt(id(7));
  expect_ack(packet_type::pubrec, id(7));
}

CAF_TEST(PUBCOMP is found out by asking when its connection broke) { // [MQTT-4.4.0-1]
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::exactly_once, id(7)));
  receipt(id(7));
  send(ack(packet_type::pubrel, id(7)));
  lose_connection();
  machine->on_released(id(7), reason_code::success, now);
  connect(persistent_hello(protocol_version::v5));
  send(ack(packet_type::pubrel, id(7)));
  expect_ack(packet_type::pubcomp, id(7), reason_code::packet_identifier_not_found);
}

CAF_TEST(PUBREL before PUBREC is a violation) {
  connect(protocol_version::v5);
  send(publish("t", "x", qos::exactly_once, id(7)));
  send(ack(packet_type::pubrel, id(7)));
  expect_closed(reason_code::protocol_error);
}

CAF_TEST(QoS 1 must not use an identifier of QoS 2) {
  connect(protocol_version::v5);
  send(publish("t", "x", qos::exactly_once, id(7)));
  send(publish("t", "y", qos::at_least_once, id(7)));
  expect_ack(packet_type::puback, id(7), reason_code::packet_identifier_in_use);
  receipt(id(7));
  expect_ack(packet_type::pubrec, id(7));
  CAF_CHECK_EQUAL(port.published.size(), 1u);
}

CAF_TEST(a 3 x client that lost its state is not promised what is dropped) {
  // It cannot be told that the identifier is in use, so the message is taken.
  for (const auto v : {protocol_version::v3_1, protocol_version::v3_1_1}) {
    port.published.clear();
    connect(persistent_hello(v));
    send(publish("t", "x", qos::exactly_once, id(7)));
    receipt(id(7));
    lose_connection();
    connect(persistent_hello(v));
    send(publish("t", "y", qos::at_least_once, id(7)));
    expect_nothing();
    CAF_CHECK_EQUAL(port.published.size(), 2u);
    receipt(id(7));
    expect_ack(packet_type::puback, id(7));
    CAF_CHECK_EQUAL(machine->receiver().waiting(), 0u);
    CAF_MESSAGE("the exchange of QoS 2 goes on beside it");
    send(publish("t", "x", qos::exactly_once, id(7)));
    expect_ack(packet_type::pubrec, id(7));
    release(id(7));
    expect_ack(packet_type::pubcomp, id(7));
    CAF_CHECK_EQUAL(port.published.size(), 2u);
    connect(hello(v));
  }
}

CAF_TEST(a repetition of QoS 2 is answered as it was the first time) {
  // [MQTT-4.3.3-9] [MQTT-4.3.3-10] a refusal would free the identifier for its client alone
  for (const auto v : all_versions) {
    port.published.clear();
    machine->set_permissions(nullptr);
    connect(persistent_hello(v));
    send(publish("t", "x", qos::exactly_once, id(5)));
    receipt(id(5));
    lose_connection();
    machine->set_permissions(std::make_unique<nothing_permitted>());
    connect(persistent_hello(v));
    auto again = publish("t", "x", qos::exactly_once, id(5));
    again.dup = true;
    send(again);
    expect_ack(packet_type::pubrec, id(5));
    CAF_CHECK_EQUAL(counts.publishes_denied.get(), 0u);
    release(id(5));
    expect_ack(packet_type::pubcomp, id(5));
    CAF_CHECK_EQUAL(port.published.size(), 1u);
    connect(hello(v));
  }
}

CAF_TEST(receipts of an older connection do not acknowledge newer messages) {
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::at_least_once, id(1)));
  lose_connection();
  receipt(id(1)); // nobody is there
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::at_least_once, id(1)));
  machine->on_receipt(last_epoch(), {id(1), qos::at_least_once}, reason_code::success, now);
  expect_nothing();
  receipt(id(1));
  expect_ack(packet_type::puback, id(1));
  CAF_CHECK_EQUAL(machine->receiver().waiting(), 0u);
}

CAF_TEST(receipts of an older connection do not acknowledge an identifier of another QoS) {
  for (const auto v : all_versions) {
    connect(persistent_hello(v));
    send(publish("t", "x", qos::at_least_once, id(1)));
    lose_connection();
    connect(persistent_hello(v)); // and has forgotten what it published
    send(publish("t", "y", qos::exactly_once, id(1)));
    const publish_id old{id(1), qos::at_least_once};
    machine->on_delayed(last_epoch(), old, {reason_code::quota_exceeded, limit::bank, 7}, now);
    CAF_CHECK(machine->waiting_publishes().empty());
    machine->on_receipt(last_epoch(), old, reason_code::success, now);
    expect_nothing();
    receipt(id(1));
    expect_ack(packet_type::pubrec, id(1));
    CAF_CHECK_EQUAL(machine->receiver().waiting(), 0u);
    release(id(1));
    connect(hello(v));
  }
}

CAF_TEST(a refusal is told to 5 0 clients) { // [MQTT-4.3.3-9] [MQTT-3.4.2-1] [MQTT-3.5.2-1]
  limits.receive_maximum = 2;
  connect(protocol_version::v5);
  for (int round = 0; round < 3; ++round) { // a refusal frees its share of the receive maximum
    send(publish("t", "x", qos::at_least_once, id(1)));
    send(publish("t", "y", qos::exactly_once, id(2)));
    receipt(id(1), reason_code::quota_exceeded);
    expect_ack(packet_type::puback, id(1), reason_code::quota_exceeded);
    receipt(id(2), reason_code::quota_exceeded);
    expect_ack(packet_type::pubrec, id(2), reason_code::quota_exceeded);
  }
  CAF_CHECK_EQUAL(port.published.size(), 6u);
  CAF_CHECK_EQUAL(counts.publishes_refused.get(), 6u);
  CAF_CHECK(!port.paused);
}

CAF_TEST(the receive maximum counts until PUBACK and PUBCOMP) { // [MQTT-3.3.4-7] [MQTT-4.9.0-1]
  limits.receive_maximum = 2;
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "1", qos::at_least_once, id(1)));
  send(publish("t", "2", qos::exactly_once, id(2)));
  receipt(id(1));
  receipt(id(2));
  received();
  send(publish("t", "3", qos::at_least_once, id(3)));
  send(publish("t", "2", qos::exactly_once, id(2))); // not a new one
  expect_ack(packet_type::pubrec, id(2));
  send(publish("t", "0")); // QoS 0 does not count
  CAF_CHECK(machine->connected());
  release(id(2));
  send(publish("t", "4", qos::exactly_once, id(4)));
  CAF_CHECK(machine->connected());
  received();
  send(publish("t", "5", qos::exactly_once, id(5)));
  expect_closed(reason_code::receive_maximum_exceeded);
}

CAF_TEST(the receive maximum is new with each connection) { // [MQTT-4.9.0-2]
  limits.receive_maximum = 1;
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "1", qos::exactly_once, id(1)));
  receipt(id(1));
  lose_connection();
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "2", qos::exactly_once, id(2)));
  CAF_CHECK(machine->connected());
  release(id(1)); // of the old connection: frees nothing of this one
  received();
  send(publish("t", "3", qos::exactly_once, id(3)));
  expect_closed(reason_code::receive_maximum_exceeded);
}

CAF_TEST(what a persistent session has unreleased is bounded over all its connections) {
  constexpr std::uint16_t bound = 2000;
  for (const auto v : all_versions) {
    connect(persistent_hello(v));
    for (std::uint16_t n = 1; n <= bound; ++n) {
      if (n == bound / 2 + 1) {
        lose_connection();
        connect(persistent_hello(v));
      }
      send(publish("t", "x", qos::exactly_once, id(n)));
      receipt(id(n));
    }
    CAF_CHECK(machine->connected());
    CAF_CHECK_EQUAL(machine->receiver().unreleased(), bound);
    lose_connection();
    connect(persistent_hello(v));
    const auto routed = port.published.size();
    const auto refused = counts.publishes_refused.get();
    send(publish("t", "x", qos::exactly_once, id(bound))); // no new one
    expect_ack(packet_type::pubrec, id(bound));
    send(publish("t", "x", qos::exactly_once, id(bound + 1)));
    if (v == protocol_version::v5) {
      expect_ack(packet_type::pubrec, id(bound + 1), reason_code::quota_exceeded);
    } else {
      expect_closed(reason_code::quota_exceeded);
      connect(persistent_hello(v));
    }
    CAF_CHECK_EQUAL(port.published.size(), routed);
    CAF_CHECK_EQUAL(counts.publishes_refused.get(), refused + 1);
    CAF_MESSAGE("a release makes room");
    release(id(1));
    received();
    send(publish("t", "x", qos::exactly_once, id(bound + 1)));
    CAF_CHECK(machine->connected());
    CAF_CHECK_EQUAL(port.published.size(), routed + 1);
    connect(hello(v));
  }
}

CAF_TEST(a larger receive maximum may be used twice) { // and what was stored with more stays
  limits.receive_maximum = 1500;
  machine->restore(3600, {}, now + 3600s);
  for (std::uint16_t n = 1; n <= 2999; ++n)
    machine->receiver().restore(id(n));
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::exactly_once, id(3000)));
  CAF_CHECK_EQUAL(port.published.size(), 1u);
  send(publish("t", "x", qos::exactly_once, id(3001)));
  expect_ack(packet_type::pubrec, id(3001), reason_code::quota_exceeded);
  limits.receive_maximum = 1000;
  lose_connection();
  connect(persistent_hello(protocol_version::v5));
  send(publish("t", "x", qos::exactly_once, id(2999)));
  expect_ack(packet_type::pubrec, id(2999));
  release(id(2999));
  expect_ack(packet_type::pubcomp, id(2999));
  CAF_CHECK_EQUAL(machine->receiver().unreleased(), 2999u);
}

CAF_TEST(a session that ends with its connection stores no identifiers and may have more) {
  connect(protocol_version::v3_1_1);
  for (std::uint16_t n = 1; n <= 3000; ++n) {
    send(publish("t", "x", qos::exactly_once, id(n)));
    receipt(id(n));
  }
  CAF_CHECK(machine->connected());
  CAF_CHECK_EQUAL(port.published.size(), 3000u);
}

CAF_TEST(a 3 x client is paused instead) {
  limits.receive_maximum = 2;
  connect(protocol_version::v3_1_1);
  const auto one = encoded(publish("t", "1", qos::at_least_once, id(1)));
  const auto two = encoded(publish("t", "2", qos::at_least_once, id(2)));
  CAF_CHECK_EQUAL(feed(one + two + one), one.size() + two.size());
  CAF_CHECK(port.paused);
  CAF_CHECK_EQUAL(counts.reads_paused.get(), 1u);
  receipt(id(1));
  CAF_CHECK(!port.paused);
  CAF_CHECK_EQUAL(feed(one), one.size());
}

CAF_TEST(a topic alias stands for the topic it came with) { // [MQTT-3.3.2-12]
  connect(protocol_version::v5);
  send(aliased("a", 1));
  send(aliased("b", 2));
  send(aliased("", 1));
  check_published(2, "a", "x");
  send(aliased("c", 1));
  send(aliased("", 1));
  check_published(4, "c", "x");
  lose_connection();
  connect(protocol_version::v5);
  send(aliased("", 1)); // [MQTT-3.3.2-7] gone with its connection
  expect_closed(reason_code::protocol_error);
}

CAF_TEST(a refused publish makes no topic live but sets its alias) {
  connect(protocol_version::v5);
  send(aliased("$SYS/mine", 1));
  send(publish("$SYS/other", "x"));
  auto bad_text = aliased("text", 2);
  bad_text.payload = "\xff";
  bad_text.properties.forwarded = std::string_view{"\x01\x01", 2};
  send(bad_text);
  CAF_CHECK(port.topics.empty());
  CAF_CHECK(port.published.empty());
  send(aliased("", 2));
  check_published(0, "text", "x");
}

CAF_TEST(a topic alias above the maximum is a violation) {
  // [MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.2.2-18]
  limits.topic_alias_maximum = 3;
  connect(protocol_version::v5);
  send(aliased("a", 3));
  CAF_CHECK(machine->connected());
  send(aliased("a", 4));
  expect_closed(reason_code::topic_alias_invalid);
  limits.topic_alias_maximum = 0;
  connect(protocol_version::v5);
  send(aliased("a", 1));
  expect_closed(reason_code::topic_alias_invalid);
}

CAF_TEST(a topic with too many levels is refused) {
  limits.topic_levels_max = 2;
  connect(protocol_version::v5);
  send(publish("a/b", "x"));
  CAF_CHECK(machine->connected());
  send(publish("a/b/c", "x"));
  expect_closed(reason_code::topic_name_invalid);
}

CAF_TEST(what the server does not support is a violation) {
  limits.qos_max = qos::at_least_once; // [MQTT-3.2.2-11]
  connect(protocol_version::v5);
  send(publish("t", "x", qos::exactly_once, id(1)));
  expect_closed(reason_code::qos_not_supported);
  limits.retain_available = false; // [MQTT-3.2.2-14]
  connect(protocol_version::v5);
  auto p = publish("t", "x");
  p.retain = true;
  send(p);
  expect_closed(reason_code::retain_not_supported);
}

CAF_TEST(what CONNACK said holds as long as the connection) { // [MQTT-3.3.4-7]
  limits.receive_maximum = 3;                                 // [MQTT-3.2.2-11] [MQTT-3.2.2-14]
  connect(protocol_version::v5);
  limits.receive_maximum = 1; // a reload
  limits.qos_max = qos::at_most_once;
  limits.retain_available = false;
  send(publish("t", "1", qos::at_least_once, id(1)));
  auto retained = publish("t", "2", qos::exactly_once, id(2));
  retained.retain = true;
  send(retained);
  send(publish("t", "3", qos::at_least_once, id(3)));
  CAF_CHECK(machine->connected());
  CAF_CHECK_EQUAL(port.published.size(), 3u);
  send(publish("t", "4", qos::at_least_once, id(4)));
  expect_closed(reason_code::receive_maximum_exceeded);
  const auto next = connect(protocol_version::v5);
  CAF_CHECK(next.receive_maximum == std::uint16_t{1});
  send(retained);
  expect_closed(reason_code::qos_not_supported);
}

CAF_TEST(the topics of the broker are its own) { // [MQTT-4.7.2-1]
  for (const auto v : all_versions) {            // [MQTT-3.3.5-2 v3] acknowledged, and nothing more
    connect(v);
    send(publish("$SYS/broker/uptime", "x"));
    expect_nothing();
    send(publish("$SYS/broker/uptime", "x", qos::at_least_once, id(1)));
    expect_ack(packet_type::puback, id(1), reason_code::not_authorized);
    send(publish("$SYS", "x", qos::exactly_once, id(2)));
    expect_ack(packet_type::pubrec, id(2), reason_code::not_authorized);
    CAF_CHECK(port.published.empty());
  }
  send(publish("$SYSTEM", "x"));
  send(publish("$other/x", "x"));
  CAF_CHECK_EQUAL(port.published.size(), 2u);
}

CAF_TEST(a payload that is not the text it says is refused) {
  connect(protocol_version::v5);
  auto p = publish("t", "\xC3", qos::at_least_once, id(1));
  p.properties.forwarded = std::string_view{"\x01\x01", 2};
  send(p);
  expect_ack(packet_type::puback, id(1), reason_code::payload_format_invalid);
  p.payload = "\xC3\xA4";
  send(p);
  CAF_CHECK_EQUAL(port.published.size(), 1u);
  CAF_CHECK(port.published[0].message->payload_is_utf8());
  CAF_CHECK_EQUAL(port.published[0].message->forwarded().size(), 2u); // [MQTT-3.3.2-4]
}

CAF_TEST(the message expiry begins with the receipt) { // [MQTT-3.3.2-5]
  connect(protocol_version::v5);
  auto p = publish("t", "x");
  p.properties.message_expiry_interval_s = 9;
  send(p);
  CAF_CHECK(port.published[0].message->expires_at() == now + 9s);
}

CAF_TEST(a publish of QoS 0 allocates its message and nothing else) {
  connect(protocol_version::v5);
  const auto bytes = encoded(publish("t", "x"));
  port.published.reserve(16);
  feed(bytes);
  // The topic's name is looked up by the port, which copies it into a short string.
  CAF_CHECK_EQUAL(count_allocations([&] { feed(bytes); }), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
