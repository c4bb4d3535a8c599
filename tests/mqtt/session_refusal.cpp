// What a publisher is told when no promise can be made, and how one waits that cannot be told.
#define CAF_SUITE session_refusal
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

constexpr settlement no_credit{reason_code::quota_exceeded, limit::bank, 7};
constexpr settlement no_share{reason_code::quota_exceeded, limit::client_share, 0};

struct fixture : session_fixture {
  fixture() { limits.patience = 30s; }

  void connect_old(bool kept = false) {
    auto p = kept ? persistent_hello(protocol_version::v3_1_1) : hello(protocol_version::v3_1_1);
    p.keep_alive_s = 4;
    connect(p);
  }
  void publish_once(std::string_view payload, std::uint16_t as, qos q = qos::at_least_once) {
    send(publish("t", payload, q, id(as)));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_refusal_tests, fixture)

CAF_TEST(a refusal says which limit was hit and when to try again) {
  connect(protocol_version::v5);
  for (const auto q : {qos::at_least_once, qos::exactly_once}) {
    publish_once("x", 1, q);
    receipt(id(1), no_credit);
    const auto p = take<ack_packet>();
    CAF_CHECK(p.type == (q == qos::exactly_once ? packet_type::pubrec : packet_type::puback));
    CAF_CHECK(p.reason == reason_code::quota_exceeded);
    CAF_CHECK_EQUAL(p.reason_string, mqttzoo::mqtt::describe(limit::bank));
    CAF_REQUIRE_EQUAL(p.users.size(), 1u);
    CAF_CHECK_EQUAL(p.users[0].first, "retry-after");
    CAF_CHECK_EQUAL(p.users[0].second, "7");
  }
  CAF_CHECK(!port.paused);
}

CAF_TEST(a limit without a time has no retry after) {
  connect(protocol_version::v5);
  publish_once("x", 1);
  receipt(id(1), no_share);
  const auto p = take<ack_packet>();
  CAF_CHECK(p.reason_string.find("bank.client.share") != std::string::npos);
  CAF_CHECK(p.users.empty());
}

CAF_TEST(a client that asked not to be told why hears the code alone) { // [MQTT-3.1.2-29]
  auto hello = testing::hello(protocol_version::v5);
  hello.request_problem_information = false;
  connect(hello);
  publish_once("x", 1);
  receipt(id(1), no_credit);
  const auto p = take<ack_packet>();
  CAF_CHECK(p.reason == reason_code::quota_exceeded);
  CAF_CHECK(p.reason_string.empty());
  CAF_CHECK(p.users.empty());
}

CAF_TEST(what does not fit into the maximum packet size of the client is left out) {
  // [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
  ack_packet whole;
  whole.id = id(1);
  whole.reason = reason_code::quota_exceeded;
  whole.reason_string = mqttzoo::mqtt::describe(limit::bank);
  const auto with_reason = encoded(whole).size();
  whole.users.emplace_back("retry-after", "7");
  const auto with_all = encoded(whole).size();
  struct {
    std::size_t maximum;
    bool reason;
    bool retry;
  } const rows[] = {{with_all, true, true},
                    {with_all - 1, true, false},
                    {with_reason, true, false},
                    {with_reason - 1, false, false}};
  for (const auto q : {qos::at_least_once, qos::exactly_once})
    for (const auto& row : rows) {
      auto hello = testing::hello(protocol_version::v5);
      hello.maximum_packet_size = static_cast<std::uint32_t>(row.maximum);
      connect(hello);
      received();
      publish_once("x", 1, q);
      receipt(id(1), no_credit);
      const auto p = take<ack_packet>();
      CAF_CHECK(p.reason == reason_code::quota_exceeded);
      CAF_CHECK_EQUAL(!p.reason_string.empty(), row.reason);
      CAF_CHECK_EQUAL(!p.users.empty(), row.retry);
      lose_connection();
    }
}

CAF_TEST(only what 3 x clients publish with a promise says that they wait) {
  connect_old();
  send(publish("t", "0"));
  publish_once("1", 1);
  publish_once("2", 2, qos::exactly_once);
  connect(protocol_version::v5);
  publish_once("3", 3);
  CAF_REQUIRE_EQUAL(port.published.size(), 4u);
  const bool waits[] = {false, true, true, false};
  for (std::size_t i = 0; i < 4; ++i)
    CAF_CHECK_EQUAL(port.published[i].message->publisher_waits(), waits[i]);
}

CAF_TEST(a 3 x client whose promise is delayed is read up to its next PUBLISH) {
  for (const auto q : {qos::at_least_once, qos::exactly_once}) {
    connect_old();
    publish_once("1", 1, q);
    delayed(id(1));
    expect_nothing();
    send(pingreq_packet{});
    take<pingresp_packet>();
    CAF_CHECK(!port.paused);
    const auto ping = encoded(pingreq_packet{});
    CAF_CHECK_EQUAL(feed(ping + encoded(publish("t", "2")) + ping), ping.size());
    CAF_CHECK(port.paused);
    take<pingresp_packet>();
    receipt(id(1));
    CAF_CHECK(!port.paused);
    expect_ack(q == qos::exactly_once ? packet_type::pubrec : packet_type::puback, id(1));
    send(publish("t", "2"));
    CAF_CHECK_EQUAL(port.published.back().message->payload(), "2");
    pass(5s); // nothing waits any more: only its keep alive counts
    CAF_CHECK(machine->connected());
    lose_connection();
  }
  CAF_CHECK_EQUAL(counts.publishes_delayed.get(), 2u);
  CAF_CHECK_EQUAL(counts.publishes_refused.get(), 0u);
}

CAF_TEST(a client that is not read is not silent and still gets its messages) {
  // [MQTT-3.1.2-24 v3]
  connect_old();
  publish_once("1", 1);
  delayed(id(1));
  feed(encoded(publish("t", "2")));
  CAF_CHECK(port.paused);
  pass(29s); // far beyond its keep alive
  CAF_CHECK(machine->connected());
  deliver("a", qos::at_most_once);
  deliver("b", qos::at_least_once);
  expect_payloads({"a", "b"});
  receipt(id(1));
  pass(5999ms); // from now on it counts again
  CAF_CHECK(machine->connected());
  pass(1ms);
  CAF_CHECK(!machine->connected());
}

CAF_TEST(a 3 x client is left when its patience is over) { // [MQTT-3.3.5-2 v3]
  connect_old();
  publish_once("1", 1);
  publish_once("2", 2);
  delayed(id(1));
  pass(1s);
  delayed(id(2));
  feed(encoded(publish("t", "3")));
  pass(5s);
  receipt(id(1)); // the other one began to wait a second later
  expect_ack(packet_type::puback, id(1));
  delayed(id(2)); // hears it again: that is no new beginning
  pass(24s);
  CAF_CHECK(machine->connected());
  pass(1s);
  expect_closed(reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(counts.publishers_given_up.get(), 1u);
  CAF_CHECK_EQUAL(counts.publishes_delayed.get(), 2u);
}

CAF_TEST(a 3 x client whose message was refused for good waits just as long) {
  // [MQTT-3.3.5-2 v3]
  connect_old();
  publish_once("1", 1);
  receipt(id(1), no_credit);
  expect_nothing();
  send(pingreq_packet{});
  take<pingresp_packet>();
  CAF_CHECK_EQUAL(feed(encoded(publish("t", "2"))), 0u);
  CAF_CHECK(port.paused);
  pass(29s);
  CAF_CHECK(machine->connected());
  pass(1s);
  expect_closed(reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(counts.publishes_refused.get(), 1u);
}

CAF_TEST(a refusal after a delay ends the patience that began with the delay) {
  connect(protocol_version::v3_1_1);
  publish_once("1", 1);
  delayed(id(1));
  pass(20s);
  receipt(id(1), no_credit);
  pass(9s);
  send(pingreq_packet{});
  CAF_CHECK(machine->connected());
  pass(1s);
  CAF_CHECK(!machine->connected());
}

CAF_TEST(a refused QoS 2 message of a 3 x client may come again) {
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  receipt(id(1), no_credit);
  lose_connection();
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  CAF_CHECK_EQUAL(port.published.size(), 2u);
  receipt(id(1));
  expect_ack(packet_type::pubrec, id(1));
  pass(5s);
  CAF_CHECK(machine->connected());
}

CAF_TEST(a delayed QoS 2 message that comes again is not published twice) { // [MQTT-4.3.3-10]
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  delayed(id(1));
  pass(3s);
  lose_connection();
  connect_old(true);
  feed(encoded(publish("t", "x", qos::exactly_once, id(1)))); // it waits with the first one
  CAF_CHECK(port.paused);
  CAF_CHECK_EQUAL(port.published.size(), 1u);
  pass(29s); // with the connection its patience is new
  CAF_CHECK(machine->connected());
  receipt(id(1));
  CAF_CHECK(!port.paused);
  expect_ack(packet_type::pubrec, id(1));
  publish_once("x", 1, qos::exactly_once);
  expect_ack(packet_type::pubrec, id(1));
  CAF_CHECK_EQUAL(port.published.size(), 1u);
}

CAF_TEST(a delayed QoS 2 message that is refused while its client is away may come again) {
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  publish_once("y", 2, qos::exactly_once);
  delayed(id(1));
  delayed(id(2));
  pass(3s);
  lose_connection();
  receipt(id(1), no_credit);
  CAF_CHECK_EQUAL(machine->waiting_publishes().size(), 1u); // the other one has no end yet
  receipt(id(2), no_credit);
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  CAF_CHECK_EQUAL(port.published.size(), 3u);
  CAF_CHECK(!port.paused);
  receipt(id(1));
  expect_ack(packet_type::pubrec, id(1));
  for (int i = 0; i < 10; ++i) { // longer than its patience
    pass(5s);
    send(pingreq_packet{});
    take<pingresp_packet>();
  }
  CAF_CHECK_EQUAL(counts.publishers_given_up.get(), 0u);
}

CAF_TEST(a delayed QoS 1 message goes with its connection) {
  connect_old(true);
  publish_once("x", 1);
  delayed(id(1));
  lose_connection();
  connect_old(true);
  machine->on_delayed(last_epoch(), {id(1), qos::at_least_once}, no_credit,
                      now); // of the older connection
  publish_once("x", 1);
  CAF_CHECK_EQUAL(port.published.size(), 2u);
  CAF_CHECK(!port.paused);
  receipt(id(1));
  expect_ack(packet_type::puback, id(1));
}

CAF_TEST(a client that comes back with 5 0 is told) {
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  delayed(id(1));
  lose_connection();
  connect(persistent_hello(protocol_version::v5));
  publish_once("y", 2);
  CAF_CHECK_EQUAL(port.published.size(), 2u);
  receipt(id(1), no_credit);
  CAF_CHECK(take<ack_packet>().reason == reason_code::quota_exceeded);
  pass(60s);
  CAF_CHECK(machine->connected());
}

CAF_TEST(a clean start forgets what was delayed) {
  connect_old(true);
  publish_once("x", 1, qos::exactly_once);
  delayed(id(1));
  lose_connection();
  connect(hello(protocol_version::v3_1_1));
  publish_once("y", 2);
  CAF_CHECK_EQUAL(port.published.size(), 2u);
  CAF_CHECK(!port.paused);
}

CAF_TEST_FIXTURE_SCOPE_END()
