// What waits in a session is paid for: by the store, as long as that holds it, or as memory.
#define CAF_SUITE outbound_held
#include "session_fixture.hpp"

#include <deque>
#include <optional>
#include <utility>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  ~fixture() { // before the fates that promises tell
    machine = nullptr;
    port.deposits.clear();
  }

  void connect_with_window(std::uint16_t window, bool persistent = true) {
    auto p = persistent ? persistent_hello(protocol_version::v5) : hello(protocol_version::v5);
    p.receive_maximum = window;
    connect(p);
  }
  void promise(std::string_view payload, qos q = qos::at_least_once) {
    deliver(payload, q,
            mqttzoo::make_ref<test_ticket>(q == qos::exactly_once ? ticket::policy::store_first
                                                                  : ticket::policy::store_if_needed,
                                           fates.emplace_back()));
  }
  /// The store says that the time of what it was given is over.
  void over(std::size_t deposit) {
    machine->sender().on_expired(port.deposits.at(deposit).pointer.number, now);
  }
  std::size_t bytes_of(std::string_view payload) {
    return message("topic", payload, qos::at_least_once)->footprint_bytes();
  }

  std::deque<test_ticket::fate> fates;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outbound_held_tests, fixture)

// --- how long the store holds it ---

CAF_TEST(what the store holds no longer leaves the queue) {
  connect_with_window(10);
  lose_connection();
  for (const auto* payload : {"1", "2", "3"})
    promise(payload);
  for (std::size_t i = 0; i < 3; ++i)
    stored(i, {}, now + 40s);
  over(1);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 2u);
  CAF_CHECK_EQUAL(counts.mail_expired.get(), 1u);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 2u);
  CAF_CHECK(port.forgotten.empty()); // the store said it
  over(1);
  CAF_CHECK_EQUAL(counts.mail_expired.get(), 1u);
  connect_with_window(10);
  expect_payloads({"1", "3"});
}

CAF_TEST(what is held no longer is not sent although the store has not said so yet) {
  connect_with_window(10);
  lose_connection();
  promise("1");
  promise("2");
  stored(0, {}, now + 30s);
  stored(1, {}, now + 60s);
  now += 30s;
  connect_with_window(10);
  expect_payloads({"2"});
  CAF_CHECK_EQUAL(counts.mail_expired.get(), 1u);
  CAF_CHECK_EQUAL(counts.publishes_expired.get(), 0u);
  CAF_CHECK(port.forgotten == std::vector{port.deposits[0].pointer.number});
}

CAF_TEST(delivery that was begun goes on as long as its connection) {
  connect_with_window(10);
  promise("1");
  promise("2");
  pass(50ms); // its client takes longer than the grace
  stored(0, {}, now + 30s);
  stored(1, {}, now + 30s);
  received();
  pass(30s);
  over(0);
  over(1);
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 2u);
  send(ack(packet_type::puback, id(1)));
  lose_connection();
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
  connect_with_window(10);
  expect_nothing();
}

CAF_TEST(of QoS 2 the packet identifier is not used again before the client let go of it) {
  // [MQTT-4.3.3-5]
  connect_with_window(1);
  promise("1", qos::exactly_once);
  stored(0, {}, now + 30s);
  CAF_CHECK(take<publish_packet>().id == id(1));
  lose_connection(); // perhaps the client has it
  over(0);
  promise("2", qos::exactly_once);
  stored(1);
  connect_with_window(1);
  expect_ack(packet_type::pubrel, id(1));
  send(ack(packet_type::pubcomp, id(1)));
  CAF_CHECK(machine->sender().unacknowledged() == 0);
  recorded(port.records.size() - 1);
  CAF_CHECK_EQUAL(take<publish_packet>().payload, "2");
}

CAF_TEST(of QoS 2 the packet identifier stays once the client has the message) { // [MQTT-4.3.3-6]
  connect_with_window(10);
  promise("1", qos::exactly_once);
  stored(0, {}, now + 30s);
  received();
  send(ack(packet_type::pubrec, id(1)));
  recorded(port.records.size() - 1);
  expect_ack(packet_type::pubrel, id(1));
  lose_connection();
  over(0);
  CAF_CHECK_EQUAL(counts.mail_expired.get(), 0u);
  connect_with_window(10);
  expect_ack(packet_type::pubrel, id(1));
}

CAF_TEST(a subscriber sees how long a held message has left) { // [MQTT-3.3.2-6]
  connect_with_window(10);
  deliver("live", qos::at_least_once);
  CAF_CHECK(!take<publish_packet>().properties.message_expiry_interval_s);
  lose_connection();
  promise("held");
  promise("shorter");
  deliver_on(terms(qos::at_least_once), message("t", "own", qos::at_least_once, now + 15s));
  stored(0); // "live" was not acknowledged
  stored(1, {}, now + 60s);
  stored(2, {}, now + 20s);
  stored(3, {}, now + 60s);
  pass(10s);
  connect_with_window(10);
  const std::pair<std::string_view, std::optional<std::uint32_t>> wanted[] = {
      {"live", std::nullopt}, {"held", 50}, {"shorter", 10}, {"own", 5}};
  const auto all = received();
  CAF_REQUIRE_EQUAL(all.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& p = std::get<publish_packet>(all[i]);
    CAF_CHECK_EQUAL(p.payload, wanted[i].first);
    CAF_CHECK(p.properties.message_expiry_interval_s == wanted[i].second);
  }
}

CAF_TEST(what a new process finds is held as long as the store says) {
  renew();
  machine->restore(3600, {}, now + 3600s);
  for (std::uint64_t n = 1; n <= 2; ++n)
    machine->sender().restore(
        {message("topic", std::to_string(n), qos::at_least_once), terms(qos::at_least_once), {}},
        {stored_number{n}, packet_id::none, stored_state::queued, qos::at_least_once},
        now + 10s * static_cast<int>(n));
  pass(10s);
  connect_with_window(10);
  CAF_CHECK(port.forgotten == std::vector{stored_number{1}});
  const auto p = take<publish_packet>();
  CAF_CHECK_EQUAL(p.payload, "2");
  CAF_CHECK(p.properties.message_expiry_interval_s == 10u);
}

CAF_TEST(a QoS 2 message that expires before it is sent frees its identifier) {
  connect_with_window(1);
  promise("1", qos::exactly_once);
  stored(0, {}, now + 60s);
  received();
  promise("2", qos::exactly_once);
  promise("3", qos::exactly_once);
  stored(1, {}, now + 30s);
  stored(2, {}, now + 60s);
  over(1);
  send(ack(packet_type::pubrec, id(1)));
  recorded(port.records.size() - 1);
  received();
  send(ack(packet_type::pubcomp, id(1)));
  recorded(port.records.size() - 1); // the identifier of "3"
  CAF_CHECK_EQUAL(take<publish_packet>().payload, "3");
}

// --- memory ---

CAF_TEST(what nobody was promised is reserved while it waits for the window) {
  connect_with_window(1, false);
  for (const auto* payload : {"1", "2", "3"})
    deliver(payload, qos::at_least_once);
  CAF_CHECK_EQUAL(port.reserved, 2 * bytes_of("x"));
  received();
  send(ack(packet_type::puback, id(1)));
  CAF_CHECK_EQUAL(port.reserved, bytes_of("x"));
  lose_connection();
  CAF_CHECK_EQUAL(port.reserved, 0u);
}

CAF_TEST(without a reservation it is dropped and counted) {
  port.grants = bytes_of("x");
  connect_with_window(1, false);
  for (const auto* payload : {"1", "2", "3"})
    deliver(payload, qos::at_least_once);
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 1u);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 1u);
  expect_payloads({"1"});
  send(ack(packet_type::puback, id(1)));
  expect_payloads({"2"});
  CAF_CHECK_EQUAL(port.reserved, 0u);
}

CAF_TEST(live delivery to who keeps up needs no reservation) {
  port.grants = 0;
  connect_with_window(10);
  for (int i = 0; i < 100; ++i) {
    deliver("0", qos::at_most_once);
    deliver("1", qos::at_least_once);
    promise("2");
    const auto all = received();
    CAF_REQUIRE_EQUAL(all.size(), 3u);
    for (const auto& p : all)
      if (const auto& sent = std::get<publish_packet>(p); sent.qos == qos::at_least_once)
        send(ack(packet_type::puback, sent.id));
  }
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 0u);
  CAF_CHECK(port.deposits.empty());
}

CAF_TEST(what is promised is paid for by the store alone) {
  port.grants = 0;
  connect_with_window(1);
  for (const auto* payload : {"1", "2", "3"})
    promise(payload);
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 0u);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 2u);
  lose_connection();
  CAF_CHECK_EQUAL(port.deposits.size(), 3u);
}

CAF_TEST(a publisher hears a refusal at once although the message is under way) {
  connect_with_window(10);
  promise("1");
  pass(50ms);
  CAF_REQUIRE_EQUAL(port.deposits.size(), 1u);
  constexpr settlement why{reason_code::quota_exceeded, limit::bank, 9};
  port.deposits[0].what.promise->refuse(why);
  port.deposits[0].what.promise = nullptr;
  CAF_CHECK(!fates[0].settled);
  stored(0, why);
  CAF_CHECK(fates[0].settled);
  CAF_CHECK(fates[0].outcome == why);
  CAF_CHECK_EQUAL(take<publish_packet>().payload, "1"); // which its subscriber has all the same
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
}

CAF_TEST(one copy has one charge) {
  connect_with_window(1);
  deliver("1", qos::at_least_once);
  deliver("2", qos::at_least_once);
  CAF_CHECK_EQUAL(port.reserved, bytes_of("x"));
  lose_connection(); // now it must survive
  CAF_REQUIRE_EQUAL(port.deposits.size(), 2u);
  CAF_CHECK_EQUAL(port.reserved, bytes_of("x"));
  stored(1);
  CAF_CHECK_EQUAL(port.reserved, 0u);
}

CAF_TEST(what expires in the queue is paid back) {
  connect_with_window(1, false);
  deliver("1", qos::at_least_once);
  deliver_on(terms(qos::at_least_once), message("t", "2", qos::at_least_once, now + 1s));
  CAF_CHECK_EQUAL(port.reserved, bytes_of("x"));
  pass(2s);
  received();
  send(ack(packet_type::puback, id(1)));
  expect_nothing();
  CAF_CHECK_EQUAL(port.reserved, 0u);
  CAF_CHECK_EQUAL(counts.publishes_expired.get(), 1u);
}

CAF_TEST(QoS 0 is not held for a session that is away) {
  connect_with_window(10);
  lose_connection();
  deliver("0", qos::at_most_once);
  CAF_CHECK_EQUAL(counts.publishes_away.get(), 1u);
  CAF_CHECK_EQUAL(counts.publishes_dropped.get(), 0u);
  CAF_CHECK(port.deposits.empty());
  CAF_CHECK_EQUAL(port.reserved, 0u);
  connect_with_window(10);
  expect_nothing();
}

CAF_TEST_FIXTURE_SCOPE_END()
