// Wills: when they are published, when not, and with what.
#define CAF_SUITE session_will
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  connect_packet with_will(connect_packet p, std::uint32_t delay_s = 0) {
    p.will.emplace();
    p.will->topic = "will";
    p.will->payload = "gone";
    p.will->delay_interval_s = delay_s;
    return p;
  }
  connect_packet delayed(std::uint32_t delay_s, std::uint32_t expiry_s = 100) {
    auto p = with_will(persistent_hello(protocol_version::v5), delay_s);
    p.session_expiry_interval_s = expiry_s;
    return p;
  }
  std::size_t wills() const { return port.published.size(); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_will_tests, fixture)

CAF_TEST(a lost connection publishes the will) {
  // [MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT-3.1.2-14] [MQTT-3.1.2-8 v3] [MQTT-3.1.2-16 v3]
  for (const auto v : all_versions) {
    connect(with_will(hello(v)));
    lose_connection();
    CAF_CHECK_EQUAL(wills(), 1u);
    const auto& m = *port.published[0].message;
    CAF_CHECK_EQUAL(m.topic(), "will");
    CAF_CHECK_EQUAL(m.payload(), "gone");
    CAF_CHECK(m.qos() == qos::at_most_once);
    CAF_CHECK(!m.retain());
    CAF_CHECK(port.published[0].id == packet_id::none);
    port.published.clear();
    renew();
  }
}

CAF_TEST(a connection that is refused after all leaves no will) { // [MQTT-3.1.4-2]
  for (const auto v : all_versions) {
    connect(with_will(persistent_hello(v)));
    machine->turn_away(reason_code::quota_exceeded, "no room", now);
    const auto v5 = v == protocol_version::v5;
    CAF_CHECK(take<connack_packet>().reason ==
              (v5 ? reason_code::quota_exceeded : reason_code::server_unavailable));
    CAF_CHECK(port.closed.has_value());
    CAF_CHECK(machine->persistent());
    CAF_CHECK_EQUAL(counts.clients_connected.get(), 0u);
    CAF_CHECK_EQUAL(wills(), 0u);
    renew();
  }
}

CAF_TEST(it has the QoS and the retain flag and the properties of the CONNECT) {
  // [MQTT-3.1.2-15] [MQTT-3.1.2-17 v3] [MQTT-3.1.3-10]
  auto p = with_will(hello(protocol_version::v5));
  p.will->qos = qos::exactly_once;
  p.will->retain = true;
  p.will->message_expiry_interval_s = 30;
  p.will->forwarded = std::string{"\x03\x00\x01z", 4};
  connect(p);
  now += 5s;
  lose_connection();
  const auto& m = *port.published.at(0).message;
  CAF_CHECK(m.qos() == qos::exactly_once);
  CAF_CHECK(m.retain());
  CAF_CHECK(m.expires_at() == now + 30s);
  CAF_CHECK_EQUAL(m.forwarded(), (std::string_view{"\x03\x00\x01z", 4}));
}

CAF_TEST(DISCONNECT discards the will) {
  // [MQTT-3.14.4-3] [MQTT-3.1.2-10] [MQTT-3.14.4-3 v3] [MQTT-3.1.2-10 v3]
  for (const auto v : all_versions) {
    connect(with_will(hello(v)));
    send(disconnect_packet{});
    CAF_CHECK_EQUAL(wills(), 0u);
  }
}

CAF_TEST(DISCONNECT with another reason does not ) { // [MQTT-3.1.2-8]
  for (const auto why :
       {reason_code::disconnect_with_will_message, reason_code::unspecified_error}) {
    connect(with_will(hello(protocol_version::v5)));
    disconnect_packet bye;
    bye.reason = why;
    send(bye);
  }
  CAF_CHECK_EQUAL(wills(), 2u);
}

CAF_TEST(a violation and a keep alive that ran out publish it) { // [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3]
  connect(with_will(hello(protocol_version::v5)));
  feed(std::string_view{"\xD0\x00", 2});
  CAF_CHECK_EQUAL(wills(), 1u);
  auto p = with_will(hello(protocol_version::v3_1_1));
  p.keep_alive_s = 10;
  connect(p);
  pass(15s);
  CAF_CHECK_EQUAL(wills(), 2u);
}

CAF_TEST(a delayed will waits) { // [MQTT-3.1.3-9]
  connect(delayed(10));
  lose_connection();
  pass(9s);
  CAF_CHECK_EQUAL(wills(), 0u);
  pass(1s);
  CAF_CHECK_EQUAL(wills(), 1u);
  pass(200s); // [MQTT-3.1.2-10] once
  CAF_CHECK_EQUAL(wills(), 1u);
}

CAF_TEST(a client that comes back in time has no will) { // [MQTT-3.1.3-9]
  connect(delayed(10));
  lose_connection();
  pass(5s);
  connect(persistent_hello(protocol_version::v5)); // without one
  pass(60s);
  CAF_CHECK_EQUAL(wills(), 0u);
  lose_connection();
  pass(60s);
  CAF_CHECK_EQUAL(wills(), 0u);
}

CAF_TEST(the end of the session comes before that of the delay) { // [MQTT-3.1.2-8]
  connect(delayed(50, 20));
  lose_connection();
  pass(19s);
  CAF_CHECK_EQUAL(wills(), 0u);
  pass(1s);
  CAF_CHECK_EQUAL(wills(), 1u);
  CAF_CHECK(port.ended);
}

CAF_TEST(a session that ends with its connection does not delay) {
  auto p = with_will(hello(protocol_version::v5), 50);
  connect(p);
  lose_connection();
  CAF_CHECK_EQUAL(wills(), 1u);
}

CAF_TEST(DISCONNECT with an expiry of 0 ends the delay) {
  connect(delayed(50));
  disconnect_packet bye;
  bye.reason = reason_code::disconnect_with_will_message;
  bye.session_expiry_interval_s = 0;
  send(bye);
  CAF_CHECK_EQUAL(wills(), 1u);
}

CAF_TEST(takeover publishes a will without delay) { // [MQTT-3.1.2-8]
  connect(delayed(0));
  connect(delayed(0));
  CAF_CHECK_EQUAL(wills(), 1u);
}

CAF_TEST(takeover keeps a delayed will back if the session goes on) { // [MQTT-3.1.3-9]
  connect(delayed(10));
  connect(delayed(10));
  pass(60s);
  CAF_CHECK_EQUAL(wills(), 0u);
}

CAF_TEST(a clean start ends the session and so the delay) { // [MQTT-3.1.2-8]
  connect(delayed(10));
  connect(hello(protocol_version::v5));
  CAF_CHECK_EQUAL(wills(), 1u);
  lose_connection();
  renew();
  connect(delayed(10));
  lose_connection();
  connect(hello(protocol_version::v5));
  CAF_CHECK_EQUAL(wills(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
