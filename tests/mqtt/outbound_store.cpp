// The sender's half and the store: what is deposited and when, promises, failures, restarts.
#define CAF_SUITE outbound_store
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

using policy = ticket::policy;
constexpr auto full = reason_code::quota_exceeded;

struct fixture : session_fixture {
  fixture() { connect_with_window(10); }

  void connect_with_window(std::uint16_t window) {
    auto p = persistent_hello(protocol_version::v5);
    p.receive_maximum = window;
    connect(p);
  }
  void promise(std::string_view payload, qos q, test_ticket::fate& fate) {
    deliver(payload, q,
            mqttzoo::make_ref<test_ticket>(
                q == qos::exactly_once ? policy::store_first : policy::store_if_needed, fate));
  }
  void check_deposit(std::size_t i, std::string_view payload, stored_state state,
                     packet_id as = packet_id::none) {
    if (i >= port.deposits.size())
      CAF_FAIL("there is no deposit " << i);
    const auto& d = port.deposits[i];
    CAF_CHECK_EQUAL(d.what.message->payload(), payload);
    CAF_CHECK(d.pointer.state == state);
    CAF_CHECK(d.pointer.id == as);
  }
  /// What the store would hold after `i` deposits, as a new process finds it.
  void restore(std::string_view payload, std::uint64_t number, qos q, stored_state state,
               packet_id as = packet_id::none) {
    machine->sender().restore({message("topic", payload, q), terms(q), nullptr},
                              {stored_number{number}, as, state, q});
  }
  void restart() {
    renew();
    machine->restore(3600, {}, now + 3600s);
  }

  test_ticket::fate first;
  test_ticket::fate second;
  test_ticket::fate third;
  test_ticket::fate fourth;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outbound_store_tests, fixture)

CAF_TEST(a quick acknowledgement keeps a promise without the store) {
  promise("x", qos::at_least_once, first);
  CAF_CHECK(!first.settled);
  pass(49ms);
  send(ack(packet_type::puback, id(1)));
  CAF_CHECK(first.settled);
  CAF_CHECK(!is_failure(first.outcome));
  pass(10s);
  CAF_CHECK(port.deposits.empty());
  CAF_CHECK(port.forgotten.empty());
}

CAF_TEST(a slow acknowledgement sends the message to the store) {
  promise("x", qos::at_least_once, first);
  pass(50ms);
  check_deposit(0, "x", stored_state::sent, id(1));
  CAF_CHECK(!first.settled);
  port.deposits[0].what.promise = nullptr; // the store's reference
  stored(0);
  CAF_CHECK(first.settled);
  send(ack(packet_type::puback, id(1)));
  CAF_CHECK_EQUAL(port.forgotten.size(), 1u);
  pass(10s);
  CAF_CHECK_EQUAL(port.deposits.size(), 1u);
}

CAF_TEST(the grace follows the pace of the client) {
  limits.queue.grace_max = 400ms;
  promise("x", qos::at_least_once, first);
  pass(100ms);
  send(ack(packet_type::puback, id(1)));
  promise("y", qos::at_least_once, first);
  pass(199ms);
  CAF_CHECK_EQUAL(port.deposits.size(), 1u);
  pass(1ms);
  CAF_CHECK_EQUAL(port.deposits.size(), 2u);
}

CAF_TEST(what waits for the window is stored at once) {
  connect_with_window(1);
  deliver("1", qos::at_least_once);
  promise("2", qos::at_least_once, second);
  check_deposit(0, "2", stored_state::queued);
  deliver("3", qos::at_least_once); // promised to nobody, and its client is here
  CAF_CHECK_EQUAL(port.deposits.size(), 1u);
}

CAF_TEST(what is stored is not stored before what it follows) { // [MQTT-4.6.0-5] [MQTT-4.6.0-5 v3]
  connect_with_window(2);
  promise("1", qos::at_least_once, first);
  promise("2", qos::at_least_once, second);
  CAF_CHECK(port.deposits.empty());
  promise("3", qos::exactly_once, third); // of another QoS, to which no order binds it
  check_deposit(0, "3", stored_state::queued);
  promise("4", qos::at_least_once, fourth);
  check_deposit(1, "1", stored_state::sent, id(1));
  check_deposit(2, "2", stored_state::sent, id(2));
  check_deposit(3, "4", stored_state::queued);
  CAF_MESSAGE("once each");
  promise("5", qos::at_least_once, third);
  check_deposit(4, "5", stored_state::queued);
  pass(10s);
  CAF_CHECK_EQUAL(port.deposits.size(), 5u);
}

CAF_TEST(the end of a connection stores what
             is not ) { // [MQTT-4.1.0-1] [MQTT-4.1.0-1 v3] [MQTT-3.1.2-23]
  connect_with_window(2);
  deliver("1", qos::at_least_once);
  promise("2", qos::at_least_once, second);
  deliver("3", qos::at_least_once);
  CAF_CHECK(port.deposits.empty());
  lose_connection();
  check_deposit(0, "1", stored_state::sent, id(1));
  check_deposit(1, "2", stored_state::sent, id(2));
  check_deposit(2, "3", stored_state::queued);
  CAF_MESSAGE("numbers follow the order of arrival, whatever is stored first");
  CAF_CHECK(port.deposits[0].pointer.number < port.deposits[1].pointer.number);
  CAF_CHECK(port.deposits[1].pointer.number < port.deposits[2].pointer.number);
  deliver("4", qos::at_least_once);
  check_deposit(3, "4", stored_state::queued);
  connect_with_window(10);
  expect_payloads({"1", "2", "3", "4"});
}

CAF_TEST(QoS 2 is stored with its identifier before it is sent) { // [MQTT-4.3.3-2]
  promise("x", qos::exactly_once, first);
  expect_nothing();
  check_deposit(0, "x", stored_state::sent, id(1));
  stored(0);
  const auto p = take<publish_packet>();
  CAF_CHECK(p.id == id(1));
  CAF_CHECK(!p.dup);
  CAF_CHECK(port.records.empty());

  CAF_MESSAGE("PUBREL waits until the store knows");
  send(ack(packet_type::pubrec, id(1)));
  send(ack(packet_type::pubrec, id(1)));
  expect_nothing();
  CAF_REQUIRE_EQUAL(port.records.size(), 1u);
  CAF_CHECK(port.records[0].state == stored_state::released);
  CAF_CHECK(port.records[0].id == id(1));
  recorded(0);
  expect_ack(packet_type::pubrel, id(1));
  send(ack(packet_type::pubcomp, id(1)));
  CAF_CHECK_EQUAL(port.forgotten.size(), 1u);
}

CAF_TEST(QoS 2 without a promise is stored first too) {
  deliver("x", qos::exactly_once);
  expect_nothing();
  stored(0);
  expect_payloads({"x"});
}

CAF_TEST(a QoS 1 copy of a message that is stored first waits for it) {
  deliver_on(terms(qos::at_least_once), message("t", "x", qos::exactly_once),
             mqttzoo::make_ref<test_ticket>(policy::store_first, first));
  expect_nothing();
  check_deposit(0, "x", stored_state::queued);
  stored(0);
  expect_payloads({"x"});
}

CAF_TEST(behind the window QoS 2 gets its identifier later) {
  connect_with_window(1);
  deliver("1", qos::exactly_once);
  deliver("2", qos::exactly_once);
  check_deposit(0, "1", stored_state::sent, id(1));
  check_deposit(1, "2", stored_state::queued);
  stored(0);
  stored(1);
  expect_payloads({"1"});
  CAF_CHECK(port.records.empty());
  send(ack(packet_type::pubrec, id(1)));
  recorded(0);
  send(ack(packet_type::pubcomp, id(1)));
  received();
  CAF_REQUIRE_EQUAL(port.records.size(), 2u);
  CAF_CHECK(port.records[1].state == stored_state::sent);
  CAF_CHECK(port.records[1].id == id(2));
  recorded(1);
  expect_payloads({"2"});
}

CAF_TEST(order is kept when the store answers late) { // [MQTT-4.6.0-6] [MQTT-4.6.0-6 v3]
  deliver("1", qos::exactly_once);
  deliver("2", qos::at_least_once);
  deliver("3", qos::exactly_once);
  stored(1); // of "3"
  expect_nothing();
  stored(0);
  expect_payloads({"1", "2", "3"});
}

CAF_TEST(a full store refuses the promise and the message goes) {
  promise("1", qos::exactly_once, first);
  promise("2", qos::exactly_once, second);
  port.deposits[0].what.promise = nullptr;
  stored(0, full);
  CAF_CHECK(first.settled);
  CAF_CHECK(first.outcome == full);
  stored(1);
  CAF_CHECK(take<publish_packet>().payload == "2");
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 0u);
}

CAF_TEST(a full store does not take what nobody can be told) {
  deliver("1", qos::at_least_once);
  deliver("2", qos::exactly_once);
  lose_connection();
  stored(0, full);
  stored(1, full);
  pass(1s); // asked again
  CAF_REQUIRE_EQUAL(port.deposits.size(), 4u);
  check_deposit(2, "1", stored_state::sent, id(1));
  stored(2, full);
  stored(3);
  connect_with_window(10);
  received();
  lose_connection(); // "1" is still not stored
  CAF_CHECK_EQUAL(port.deposits.size(), 5u);
  stored(4);
  connect_with_window(10);
  expect_payloads({"1", "2"});
}

CAF_TEST(a full store leaves the promise to the client) {
  promise("x", qos::at_least_once, first);
  pass(50ms);
  port.deposits[0].what.promise = nullptr;
  stored(0, full);
  CAF_CHECK(!first.settled);
  pass(1s); // asked again
  CAF_CHECK_EQUAL(port.deposits.size(), 2u);
  port.deposits[1].what.promise = nullptr;
  send(ack(packet_type::puback, id(1)));
  CAF_CHECK(first.settled);
  CAF_CHECK(!is_failure(first.outcome));
}

CAF_TEST(the identifier is recorded again when the store could not ) {
  connect_with_window(1);
  deliver("1", qos::exactly_once);
  deliver("2", qos::exactly_once);
  stored(0);
  stored(1);
  received();
  send(ack(packet_type::pubrec, id(1)));
  recorded(0, full);
  expect_nothing();
  pass(1s);
  CAF_REQUIRE_EQUAL(port.records.size(), 2u);
  recorded(1);
  expect_ack(packet_type::pubrel, id(1));
  send(ack(packet_type::pubcomp, id(1)));
  CAF_REQUIRE_EQUAL(port.records.size(), 3u);
  recorded(2, full);
  expect_nothing();
  pass(1s);
  recorded(3);
  expect_payloads({"2"});
}

CAF_TEST(PUBREL comes with the next connection if the store was late) { // [MQTT-4.4.0-1]
  deliver("1", qos::exactly_once);
  stored(0);
  received();
  send(ack(packet_type::pubrec, id(1)));
  lose_connection();
  connect_with_window(10);
  expect_nothing();
  recorded(0);
  expect_ack(packet_type::pubrel, id(1));
  lose_connection();
  connect_with_window(10);
  expect_ack(packet_type::pubrel, id(1));
}

CAF_TEST(a full queue refuses the promise) {
  limits.queue.messages_max = 1;
  connect_with_window(1);
  promise("1", qos::at_least_once, first);
  promise("2", qos::at_least_once, first);
  promise("3", qos::at_least_once, second);
  CAF_CHECK(second.settled);
  CAF_CHECK(second.outcome == settlement(full, limit::session_queue, 0));
  CAF_CHECK_EQUAL(port.deposits.size(), 2u); // of "1" and "2"
}

CAF_TEST(late answers for what is done are ignored) {
  promise("x", qos::at_least_once, first);
  pass(50ms);
  send(ack(packet_type::puback, id(1)));
  deliver("y", qos::at_least_once);
  stored(0);
  stored(0, full);
  expect_payloads({"x", "y"});
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
}

CAF_TEST(a session that is not kept any more leaves nothing in the store) {
  deliver("1", qos::exactly_once);
  promise("2", qos::at_least_once, first);
  stored(0);
  lose_connection();
  auto p = persistent_hello(protocol_version::v5);
  p.session_expiry_interval_s = 0;
  CAF_CHECK(connect(p).session_present);
  CAF_CHECK_EQUAL(port.forgotten.size(), 2u);
  received();
  stored(1);
  send(ack(packet_type::pubrec, id(1)));
  expect_ack(packet_type::pubrel, id(1)); // no store to wait for
  CAF_CHECK(port.records.empty());
}

CAF_TEST(a new process goes on where the old one was) { // [MQTT-4.4.0-1] [MQTT-4.1.0-1]
  restart();
  restore("released", 1, qos::exactly_once, stored_state::released, id(7));
  restore("sent", 2, qos::exactly_once, stored_state::sent, id(9));
  restore("queued 1", 3, qos::at_least_once, stored_state::queued);
  restore("queued 2", 5, qos::exactly_once, stored_state::queued);
  connect_with_window(10);
  const auto all = received();
  CAF_REQUIRE_EQUAL(all.size(), 3u);
  CAF_CHECK(std::get<ack_packet>(all[0]).type == packet_type::pubrel);
  CAF_CHECK(std::get<ack_packet>(all[0]).id == id(7));
  CAF_CHECK(std::get<publish_packet>(all[1]).id == id(9));
  CAF_CHECK(std::get<publish_packet>(all[1]).dup); // perhaps; the client must know
  CAF_CHECK_EQUAL(std::get<publish_packet>(all[2]).payload, "queued 1");
  CAF_CHECK(std::get<publish_packet>(all[2]).dup); // perhaps, as well
  recorded(0);
  expect_payloads({"queued 2"});
  deliver("new", qos::exactly_once);
  CAF_CHECK(port.deposits.back().pointer.number == stored_number{6});
}

CAF_TEST(a new process repeats QoS 1 with its identifier) { // [MQTT-4.4.0-1] [MQTT-3.3.1-1]
  restart();
  restore("sent 1", 1, qos::at_least_once, stored_state::sent, id(3));
  restore("not sent", 2, qos::exactly_once, stored_state::queued);
  restore("sent 2", 3, qos::at_least_once, stored_state::sent, id(5));
  connect_with_window(10);
  const auto first_packet = take<publish_packet>();
  CAF_CHECK_EQUAL(first_packet.payload, "sent 1");
  CAF_CHECK(first_packet.id == id(3));
  CAF_CHECK(first_packet.dup);
  recorded(0);
  const auto rest = received();
  CAF_REQUIRE_EQUAL(rest.size(), 2u);
  CAF_CHECK_EQUAL(std::get<publish_packet>(rest[0]).payload, "not sent");
  CAF_CHECK(!std::get<publish_packet>(rest[0]).dup);
  CAF_CHECK_EQUAL(std::get<publish_packet>(rest[1]).payload, "sent 2");
  CAF_CHECK(std::get<publish_packet>(rest[1]).id == id(5));
  CAF_CHECK(std::get<publish_packet>(rest[1]).dup);
}

CAF_TEST(an identifier found twice in the queue belongs to the newer message) {
  restart();
  restore("first", 1, qos::at_least_once, stored_state::queued);
  restore("old", 2, qos::at_least_once, stored_state::sent, id(4));
  restore("new", 3, qos::at_least_once, stored_state::sent, id(4));
  CAF_CHECK(port.forgotten == std::vector<stored_number>{stored_number{2}});
  connect_with_window(10);
  expect_payloads({"first", "new"});
}

CAF_TEST(what follows a message without an identifier was not sent) { // [MQTT-4.6.0-6]
  restart();
  restore("1", 1, qos::exactly_once, stored_state::queued);
  restore("2", 2, qos::exactly_once, stored_state::sent, id(4));
  connect_with_window(10);
  expect_nothing();
  recorded(0);
  const auto all = received();
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK_EQUAL(std::get<publish_packet>(all[0]).payload, "1");
  CAF_CHECK(std::get<publish_packet>(all[0]).id != id(4));
  CAF_CHECK_EQUAL(std::get<publish_packet>(all[1]).payload, "2");
  CAF_CHECK(std::get<publish_packet>(all[1]).id == id(4));
  CAF_CHECK(!std::get<publish_packet>(all[1]).dup);
}

CAF_TEST(an identifier found twice belongs to the newer message) {
  restart();
  restore("old", 1, qos::exactly_once, stored_state::released, id(4));
  restore("new", 2, qos::exactly_once, stored_state::sent, id(4));
  CAF_CHECK(port.forgotten == std::vector<stored_number>{stored_number{1}});
  connect_with_window(10);
  expect_payloads({"new"});
}

CAF_TEST_FIXTURE_SCOPE_END()
