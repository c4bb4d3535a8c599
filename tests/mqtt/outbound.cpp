// The sender's half on the wire: windows, identifiers, redelivery, aliases, sizes, expiry, slow
// readers.
#define CAF_SUITE outbound
#include "allocations.hpp"
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  publish_packet one(std::string_view payload) {
    auto p = take<publish_packet>();
    CAF_CHECK_EQUAL(p.payload, payload);
    return p;
  }
  void connect_with_window(std::uint16_t window, protocol_version v = protocol_version::v5) {
    auto p = persistent_hello(v);
    p.receive_maximum = window;
    connect(p);
  }
  void puback(packet_id of, reason_code why = reason_code::success) {
    send(ack(packet_type::puback, of, why));
  }
  void pubrec(packet_id of, reason_code why = reason_code::success) {
    send(ack(packet_type::pubrec, of, why));
  }
  void pubcomp(packet_id of) { send(ack(packet_type::pubcomp, of)); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outbound_tests, fixture)

CAF_TEST(QoS 0 has no identifier and no acknowledgement) { // [MQTT-4.3.1-1] [MQTT-4.3.1-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    deliver("x", qos::at_most_once);
    const auto p = one("x");
    CAF_CHECK_EQUAL(p.topic, "topic");
    CAF_CHECK(p.id == packet_id::none); // [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3]
    CAF_CHECK(!p.dup);                  // [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3]
  }
}

CAF_TEST(QoS 1 waits for PUBACK) { // [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] [MQTT-4.3.2-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    deliver("x", qos::at_least_once);
    const auto p = one("x");
    CAF_CHECK(p.qos == qos::at_least_once);
    CAF_CHECK(!p.dup);
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
    pubrec(p.id); // not the answer to QoS 1
    expect_ack(packet_type::pubrel, p.id, reason_code::packet_identifier_not_found);
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
    puback(p.id);
    expect_nothing();
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
    puback(p.id); // and nothing happens
    CAF_CHECK(machine->connected());
  }
}

CAF_TEST(QoS 2 waits for PUBREC and then for PUBCOMP) {
  // [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6]
  // [MQTT-4.3.3-7] [MQTT-4.3.3-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    deliver("x", qos::exactly_once);
    const auto p = one("x");
    puback(p.id); // not the answer to QoS 2
    pubcomp(p.id);
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
    pubrec(p.id);
    expect_ack(packet_type::pubrel, p.id);
    pubrec(p.id);
    expect_ack(packet_type::pubrel, p.id);
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
    pubcomp(p.id);
    expect_nothing();
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
    pubrec(p.id); // [MQTT-3.6.2-1]
    expect_ack(packet_type::pubrel, p.id, reason_code::packet_identifier_not_found);
  }
}

CAF_TEST(a failed PUBREC ends the matter and frees the window) { // [MQTT-4.3.3-4] [MQTT-4.8.2-6]
  connect_with_window(1);
  for (const auto* payload : {"1", "2"}) {
    deliver(payload, qos::exactly_once);
    stored(port.deposits.size() - 1);
    const auto p = one(payload);
    pubrec(p.id, reason_code::quota_exceeded);
    expect_nothing();
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
  }
}

CAF_TEST(the window is the receive maximum of the
             client) { // [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2]
  connect_with_window(2);
  for (const auto* payload : {"1", "2", "3", "4"})
    deliver(payload, qos::at_least_once);
  expect_payloads({"1", "2"});
  deliver("0", qos::at_most_once); // [MQTT-4.9.0-3] does not wait for it
  expect_payloads({"0"});
  puback(id(2));
  expect_payloads({"3"});
  puback(id(1));
  expect_payloads({"4"});
  CAF_CHECK_EQUAL(machine->sender().waiting(), 0u);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 0u);
}

CAF_TEST(a message of QoS 2 uses the window until PUBCOMP) { // [MQTT-4.9.0-1]
  auto p = hello(protocol_version::v5);
  p.receive_maximum = 1;
  connect(p);
  deliver("1", qos::exactly_once);
  deliver("2", qos::at_least_once);
  expect_payloads({"1"});
  pubrec(id(1));
  expect_ack(packet_type::pubrel, id(1));
  pubcomp(id(1));
  expect_payloads({"2"});
}

CAF_TEST(3 x clients have our own window) {
  limits.inflight_max = 2;
  connect(protocol_version::v3_1_1);
  for (const auto* payload : {"1", "2", "3"})
    deliver(payload, qos::at_least_once);
  expect_payloads({"1", "2"});
}

CAF_TEST(what was not acknowledged is sent again with DUP and in order) {
  // [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.5.0-1]
  // [MQTT-4.4.0-1 v3] [MQTT-4.6.0-1 v3] [MQTT-3.3.1-1 v3] [MQTT-4.5.0-1 v3]
  for (const auto v : {protocol_version::v3_1_1, protocol_version::v5}) {
    renew();
    connect_with_window(10, v);
    for (const auto* payload : {"1", "2", "3"})
      deliver(payload, qos::at_least_once);
    expect_payloads({"1", "2", "3"});
    puback(id(2));
    lose_connection();
    deliver("4", qos::at_least_once);
    connect_with_window(10, v);
    const auto all = received();
    CAF_REQUIRE_EQUAL(all.size(), 3u);
    for (const auto& [i, payload, as, dup] :
         {std::tuple{0, "1", 1, true}, {1, "3", 3, true}, {2, "4", 4, false}}) {
      const auto& p = std::get<publish_packet>(all[static_cast<std::size_t>(i)]);
      CAF_CHECK_EQUAL(p.payload, payload);
      CAF_CHECK(p.id == id(static_cast<std::uint16_t>(as)));
      CAF_CHECK_EQUAL(p.dup, dup);
    }
  }
}

CAF_TEST(nothing is sent again while the connection lasts) { // [MQTT-4.4.0-1]
  connect_with_window(10);
  deliver("1", qos::at_least_once);
  received();
  pass(100s);
  expect_nothing();
}

CAF_TEST(a client may come back with a smaller window) { // [MQTT-3.3.4-9]
  connect_with_window(10);
  for (const auto* payload : {"1", "2", "3", "4"})
    deliver(payload, qos::at_least_once);
  received();
  lose_connection();
  connect_with_window(2);
  expect_payloads({"1", "2"});
  deliver("5", qos::at_least_once);
  expect_nothing();
  puback(id(1));
  expect_payloads({"3"});
  puback(id(2));
  expect_payloads({"4"});
  puback(id(3));
  expect_payloads({"5"});
}

CAF_TEST(an acknowledgement from before the connection is taken) {
  connect_with_window(10);
  for (const auto* payload : {"1", "2", "3"})
    deliver(payload, qos::at_least_once);
  received();
  lose_connection();
  connect_with_window(1);
  expect_payloads({"1"});
  puback(id(3)); // not sent again yet
  expect_nothing();
  puback(id(1));
  expect_payloads({"2"});
  puback(id(2));
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
}

CAF_TEST(an identifier is in use until its message is done) { // [MQTT-2.2.1-4] [MQTT-2.3.1-4 v3]
  connect(protocol_version::v3_1_1);
  deliver("1", qos::exactly_once);
  CAF_CHECK(one("1").id == id(1));
  for (int i = 2; i <= 65'535; ++i) {
    deliver("x", qos::at_least_once);
    const auto p = take<publish_packet>();
    CAF_REQUIRE(p.id == id(static_cast<std::uint16_t>(i)));
    puback(p.id);
  }
  deliver("2", qos::at_least_once);
  CAF_CHECK(one("2").id == id(2)); // 1 is not free
}

CAF_TEST(when all identifiers are in use a message waits) {
  limits.inflight_max = 65'535;
  limits.queue.messages_max = 70'000;
  connect(protocol_version::v3_1_1);
  for (int i = 0; i < 65'536; ++i)
    deliver("x", qos::at_least_once);
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 65'535u);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 1u);
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 0u);
  received();
  puback(id(77));
  CAF_CHECK(one("x").id == id(77));
}

CAF_TEST(the terms of the subscription shape the copy) {
  // [MQTT-3.8.4-8] [MQTT-3.3.1-12] [MQTT-3.3.1-13] [MQTT-3.3.1-8] [MQTT-3.3.4-3] [MQTT-3.3.4-4]
  // [MQTT-3.8.4-6 v3] [MQTT-3.3.1-8 v3] [MQTT-3.3.1-9 v3]
  connect(protocol_version::v5);
  message_head head;
  head.topic = port.intern("t");
  head.qos = qos::exactly_once;
  head.retain = true;
  const auto m = message::make(std::move(head), {}, "x");

  auto plain = terms(qos::at_least_once);
  deliver_on(plain, m);
  auto p = one("x");
  CAF_CHECK(p.qos == qos::at_least_once);
  CAF_CHECK(!p.retain);
  CAF_CHECK(p.properties.subscription_identifiers.empty());

  auto as_published = terms(qos::at_most_once);
  as_published->retain_as_published = true;
  as_published->subscription_identifiers = {3, 300};
  deliver_on(as_published, m);
  p = one("x");
  CAF_CHECK(p.qos == qos::at_most_once);
  CAF_CHECK(p.retain);
  CAF_CHECK(p.properties.subscription_identifiers == std::vector<std::uint32_t>({3, 300}));

  auto retained = terms(qos::exactly_once);
  retained->retained = true;
  deliver_on(retained, message("t", "y", qos::at_most_once));
  CAF_CHECK(one("y").retain);
}

CAF_TEST(what is left of the message expiry is passed on) { // [MQTT-3.3.2-5] [MQTT-3.3.2-6]
  connect_with_window(1);
  deliver_on(terms(qos::at_least_once), message("t", "1", qos::at_least_once, now + 10s));
  CAF_CHECK(one("1").properties.message_expiry_interval_s == 10u);
  deliver_on(terms(qos::at_least_once), message("t", "2", qos::at_least_once, now + 10s));
  deliver_on(terms(qos::at_least_once), message("t", "3", qos::at_least_once, now + 3s));
  deliver_on(terms(qos::at_least_once), message("t", "4", qos::at_least_once));
  pass(4s);
  puback(id(1));
  const auto p = one("2");
  CAF_CHECK(p.properties.message_expiry_interval_s == 6u);
  puback(p.id);
  const auto last = one("4");
  CAF_CHECK(!last.properties.message_expiry_interval_s);
  puback(last.id);
  CAF_CHECK_EQUAL(counts.publishes_expired.get(), 1u);
  deliver_on(terms(qos::at_most_once), message("t", "5", qos::at_most_once, now));
  deliver_on(terms(qos::at_least_once), message("t", "6", qos::at_least_once, now));
  expect_nothing();
  CAF_CHECK_EQUAL(counts.publishes_expired.get(), 3u);
}

CAF_TEST(what the client could not take is left out as if it had been sent) {
  // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
  auto p = persistent_hello(protocol_version::v5);
  p.maximum_packet_size = 60;
  connect(p);
  const std::string large(60, 'x');
  deliver(large, qos::at_most_once);
  test_ticket::fate fate;
  deliver(large, qos::at_least_once,
          mqttzoo::make_ref<test_ticket>(ticket::policy::store_if_needed, fate));
  CAF_CHECK(fate.settled);
  CAF_CHECK(!is_failure(fate.outcome));
  deliver("small", qos::at_least_once);
  CAF_CHECK(one("small").id == id(2)); // the identifier of the one left out is free, not used next
  CAF_CHECK_EQUAL(counts.publishes_too_large.get(), 2u);
  lose_connection();
  deliver(large, qos::at_least_once);
  connect(p);
  expect_payloads({"small"});
}

CAF_TEST(a client may come back with a smaller packet size) { // [MQTT-3.1.2-24]
  auto p = persistent_hello(protocol_version::v5);
  connect(p);
  for (int i = 0; i < 1000; ++i) // many: they go without each going deeper
    deliver(std::string(100, 'x'), qos::at_least_once);
  deliver("small", qos::at_least_once);
  lose_connection();
  received();
  p.maximum_packet_size = 60;
  connect(p);
  expect_payloads({"small"});
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
}

CAF_TEST(topics get aliases up to the maximum of the client) { // [MQTT-3.1.2-26] [MQTT-3.3.2-8]
  auto hi = persistent_hello(protocol_version::v5);
  hi.topic_alias_maximum = 2;
  connect(hi);
  const auto check = [&](std::string_view topic, std::string_view sent, std::uint16_t alias) {
    deliver_on(terms(qos::at_most_once), message(topic, "x", qos::at_most_once));
    const auto p = one("x");
    CAF_CHECK_EQUAL(p.topic, sent);
    CAF_CHECK_EQUAL(p.properties.topic_alias, alias);
  };
  check("a", "a", 1);
  check("a", "", 1);
  check("b", "b", 2);
  check("c", "c", 0); // none is left
  check("c", "c", 0);
  check("b", "", 2);
  lose_connection();
  connect(hi);
  check("b", "b", 1); // [MQTT-3.3.2-7]
  lose_connection();
  hi.topic_alias_maximum = 0;
  connect(hi);
  check("b", "b", 0); // [MQTT-3.1.2-27]
}

CAF_TEST(a new alias does not make a packet too large) { // [MQTT-3.1.2-24] [MQTT-3.3.2-8]
  auto hi = hello(protocol_version::v5);
  hi.topic_alias_maximum = 5;
  hi.maximum_packet_size = 60;
  connect(hi);
  const auto overhead = encoded(publish("topic", "")).size();
  const std::string fits(60 - overhead, 'x');
  deliver(fits, qos::at_most_once);
  const auto p = one(fits);
  CAF_CHECK_EQUAL(p.topic, "topic");
  CAF_CHECK_EQUAL(p.properties.topic_alias, 0u);
  deliver("x", qos::at_most_once);
  CAF_CHECK_EQUAL(one("x").topic, "topic"); // the client does not know the alias yet
  deliver("x", qos::at_most_once);
  CAF_CHECK_EQUAL(one("x").topic, "");
}

CAF_TEST(a slow reader loses QoS 0 and the rest waits) {
  connect_with_window(10);
  port.is_congested = true;
  deliver("0", qos::at_most_once);
  deliver("1", qos::at_least_once);
  expect_nothing();
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 1u);
  CAF_CHECK(machine->sender().busy());
  port.is_congested = false;
  machine->on_drained(now);
  expect_payloads({"1"});
  CAF_CHECK(!machine->sender().busy());
}

CAF_TEST(a full queue drops for a clean session) {
  limits.queue.messages_max = 1;
  limits.inflight_max = 1;
  connect(protocol_version::v5);
  test_ticket::fate fate;
  for (const auto* payload : {"1", "2", "3"})
    deliver(payload, qos::at_least_once,
            mqttzoo::make_ref<test_ticket>(ticket::policy::store_if_needed, fate));
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 1u);
  CAF_CHECK(!is_failure(fate.outcome)); // nothing was promised on behalf of it
  received();
  puback(id(1));
  expect_payloads({"2"});
}

CAF_TEST(a full queue is bounded in bytes too) {
  limits.queue.bytes_max = 3000;
  limits.inflight_max = 1;
  connect(protocol_version::v5);
  deliver("1", qos::at_least_once);
  deliver(std::string(2000, 'x'), qos::at_least_once);
  deliver(std::string(2000, 'y'), qos::at_least_once);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 1u);
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 1u);
}

CAF_TEST(a message that was begun is not given up for its age) { // [MQTT-4.3.3-7] [MQTT-3.3.2-5]
  connect_with_window(10);
  deliver_on(terms(qos::exactly_once), message("t", "1", qos::exactly_once, now + 5s));
  stored(0);
  received();
  lose_connection();
  pass(6s);
  connect_with_window(10);
  const auto p = one("1");
  CAF_CHECK(p.dup);
  CAF_CHECK(p.properties.message_expiry_interval_s == 0u);
}

CAF_TEST(what expired makes room) { // [MQTT-3.3.2-5]
  limits.queue.messages_max = 2;
  connect_with_window(10);
  lose_connection();
  const auto on = terms(qos::at_least_once);
  deliver_on(on, message("t", "1", qos::at_least_once, now + 1s));
  deliver_on(on, message("t", "2", qos::at_least_once, now + 9s));
  deliver_on(on, message("t", "3", qos::at_least_once));
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 1u);
  now += 2s;
  deliver_on(on, message("t", "4", qos::at_least_once));
  connect_with_window(10);
  expect_payloads({"2", "4"});
  CAF_CHECK_EQUAL(counts.publishes_expired.get(), 1u);
}

CAF_TEST(a clean session keeps no promise waiting) {
  connect(protocol_version::v5);
  test_ticket::fate fate;
  deliver("x", qos::at_least_once,
          mqttzoo::make_ref<test_ticket>(ticket::policy::store_if_needed, fate));
  CAF_CHECK(fate.settled);
  CAF_CHECK(port.deposits.empty());
  expect_payloads({"x"});
}

CAF_TEST(a session that ends gives back what its group can still have) {
  // [MQTT-4.8.2-4] [MQTT-4.8.2-5]
  limits.inflight_max = 2;
  connect(protocol_version::v5);
  auto shared = terms(qos::exactly_once);
  shared->group = group_number{1};
  deliver_on(shared, message("t", "sent 1", qos::at_least_once));
  deliver_on(shared, message("t", "sent 2", qos::exactly_once));
  deliver_on(shared, message("t", "queued 2", qos::exactly_once));
  deliver_on(terms(qos::exactly_once), message("t", "own", qos::at_least_once));
  lose_connection();
  CAF_REQUIRE_EQUAL(port.returned.size(), 2u);
  CAF_CHECK_EQUAL(port.returned[0].message->payload(), "sent 1");
  CAF_CHECK_EQUAL(port.returned[1].message->payload(), "queued 2");
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 0u);
  deliver_on(shared, message("t", "late", qos::at_least_once)); // the group does not know yet
  CAF_CHECK_EQUAL(port.returned.size(), 3u);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 0u);
}

CAF_TEST(large payloads go by reference) {
  connect(protocol_version::v5);
  deliver(std::string(10'000, 'x'), qos::at_most_once);
  CAF_CHECK_EQUAL(take<publish_packet>().payload.size(), 10'000u);
  CAF_CHECK_EQUAL(port.payloads_by_reference, 1);
}

CAF_TEST(a copy of QoS 0 allocates nothing) {
  auto hi = hello(protocol_version::v5);
  hi.topic_alias_maximum = 5;
  connect(hi);
  auto on = terms(qos::at_most_once);
  on->subscription_identifiers = {1, 2, 3};
  const auto m = message("t", "x", qos::at_most_once);
  port.wire.reserve(4096);
  deliver_on(on, m);
  CAF_CHECK_EQUAL(count_allocations([&] { deliver_on(on, m); }), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
