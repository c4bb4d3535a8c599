// Connections of one session: CONNACK, resuming, takeover, the end; violations that end them;
// re-authentication.
#define CAF_SUITE session_connect
#include "mqtt/handshake.hpp"
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  /// Opens with an exchange of a method that accepts "ok" and asks for more at "more".
  void connect_authenticated() {
    class method final : public authentication {
      step on_data(std::string_view data) override {
        if (data == "more")
          return {reason_code::continue_authentication, "go on"};
        return {data == "ok" ? reason_code::success : reason_code::bad_user_name_or_password,
                "end"};
      }
    };
    accepted_connect a;
    a.packet = hello(protocol_version::v5);
    a.packet.authentication_method = "m";
    a.exchange = std::make_unique<method>();
    version = protocol_version::v5;
    machine->open(std::move(a), presence::fresh, ++epoch, now);
    CAF_CHECK_EQUAL(take<connack_packet>().authentication_method, "m");
  }
  void authenticate(std::string data, reason_code reason) {
    auth_packet p;
    p.reason = reason;
    p.authentication_method = "m";
    p.authentication_data = std::move(data);
    send(p);
  }
};

constexpr auto again = reason_code::re_authenticate;
constexpr auto go_on = reason_code::continue_authentication;

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_connect_tests, fixture)

CAF_TEST(CONNACK comes first and says what was kept) {
  // [MQTT-3.2.0-1] [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6]
  // [MQTT-3.2.0-1 v3] [MQTT-3.2.2-1 v3] [MQTT-3.2.2-2 v3] [MQTT-3.2.2-3 v3] [MQTT-3.1.2-4 v3]
  for (const auto v : {protocol_version::v3_1_1, protocol_version::v5}) {
    CAF_CHECK(!connect(persistent_hello(v)).session_present);
    deliver("kept", qos::at_least_once);
    expect_payloads({"kept"});
    lose_connection();
    CAF_CHECK(connect(persistent_hello(v)).session_present);
    expect_payloads({"kept"});
    lose_connection();
    CAF_CHECK(!connect(hello(v)).session_present);
    expect_nothing();
    lose_connection();
    CAF_CHECK(port.ended);
    renew();
  }
}

CAF_TEST(a clean session ends with its connection) { // [MQTT-3.1.2-6 v3] [MQTT-4.1.0-2]
  connect(protocol_version::v3_1_1);
  send(subscribe(id(1), {"a", "b"}));
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 2u);
  CAF_CHECK_EQUAL(counts.clients_connected.get(), 1u);
  lose_connection();
  CAF_CHECK(port.ended);
  CAF_CHECK(machine->subscriptions().empty());
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 0u);
  CAF_CHECK_EQUAL(counts.clients_connected.get(), 0u);
}

CAF_TEST(a new connection takes over) { // [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3]
  for (const auto v : all_versions) {
    connect(persistent_hello(v));
    machine->taken_over(presence::resumed, now);
    expect_closed(reason_code::session_taken_over);
    CAF_CHECK(port.closed == close_mode::after_flush);
    CAF_CHECK_EQUAL(counts.clients_connected.get(), 0u);
    CAF_CHECK(!port.ended);
    renew();
  }
}

CAF_TEST(a clean start drops everything) { // [MQTT-3.1.4-4] [MQTT-3.1.2-4]
  connect(persistent_hello(protocol_version::v5));
  send(subscribe(id(1), {"a"}));
  machine->on_subscribed(id(1), reason_code::success, now);
  send(publish("t", "x", qos::exactly_once, id(9)));
  deliver("old", qos::exactly_once);
  lose_connection();
  CAF_CHECK(!connect(hello(protocol_version::v5)).session_present);
  expect_nothing();
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 0u);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 0u);
  CAF_CHECK(machine->receiver().empty());
  CAF_CHECK_EQUAL(port.forgotten.size(), 1u);

  CAF_MESSAGE("a receipt of the old session is not one of the new");
  send(publish("t", "y", qos::exactly_once, id(9)));
  CAF_CHECK_EQUAL(port.published.size(), 2u);
  machine->on_receipt(last_epoch(), {id(9), qos::exactly_once}, reason_code::success, now);
  expect_nothing();
  receipt(id(9));
  expect_ack(packet_type::pubrec, id(9));
}

CAF_TEST(a clean start that takes over stores nothing first) {
  connect(persistent_hello(protocol_version::v5));
  deliver("old", qos::at_least_once);
  connect(hello(protocol_version::v5));
  expect_nothing();
  CAF_CHECK(port.deposits.empty());
}

CAF_TEST(a session expires when its client stays away) { // [MQTT-3.1.2-23] [MQTT-4.1.0-2]
  auto p = persistent_hello(protocol_version::v5);
  p.session_expiry_interval_s = 10;
  connect(p);
  send(subscribe(id(1), {"a"}));
  pass(20s); // connected: nothing expires
  lose_connection();
  CAF_CHECK_EQUAL(port.changes, 2);
  pass(9s);
  CAF_CHECK(!port.ended);
  connect(p);
  pass(20s);
  lose_connection();
  pass(9s);
  CAF_CHECK(!port.ended);
  pass(1s);
  CAF_CHECK(port.ended);
  CAF_CHECK_EQUAL(counts.clients_expired.get(), 1u);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 0u);
  CAF_CHECK(machine->next_due() == time_point::max());
}

CAF_TEST(a session of 3 1 1 without clean session never expires) { // [MQTT-3.1.2-5 v3]
  connect(persistent_hello(protocol_version::v3_1_1));
  lose_connection();
  CAF_CHECK(machine->next_due() == time_point::max());
}

CAF_TEST(DISCONNECT changes the expiry) { // [MQTT-3.14.2-2]
  auto p = persistent_hello(protocol_version::v5);
  connect(p);
  disconnect_packet bye;
  bye.session_expiry_interval_s = 5;
  send(bye);
  CAF_CHECK_EQUAL(machine->expiry_interval_s(), 5u);
  CAF_CHECK(!port.ended);
  connect(p);
  bye.session_expiry_interval_s = 0;
  deliver("waits", qos::at_least_once);
  send(bye);
  CAF_CHECK(port.ended);
  CAF_CHECK(port.deposits.empty()); // nothing is stored for nobody
}

CAF_TEST(a session without expiry cannot get one in DISCONNECT) { // [MQTT-3.14.2-2]
  connect(hello(protocol_version::v5));
  disconnect_packet bye;
  bye.session_expiry_interval_s = 5;
  send(bye);
  expect_closed(reason_code::protocol_error);
  CAF_CHECK(port.ended);
}

CAF_TEST(nothing is sent or taken after DISCONNECT) { // [MQTT-3.14.4-1] [MQTT-3.14.4-2]
  connect(protocol_version::v3_1_1);
  send(disconnect_packet{});
  CAF_CHECK(port.closed.has_value());
  CAF_CHECK_EQUAL(feed(encoded(pingreq_packet{})), 2u);
  expect_nothing();
}

CAF_TEST(a second CONNECT is a violation whatever is in it) { // [MQTT-3.1.0-2] [MQTT-3.1.0-2 v3]
  for (const auto v : all_versions) {
    connect(v);
    send(hello(v));
    expect_closed(reason_code::protocol_error);
    CAF_CHECK(counts.protocol_errors.get() > 0u);
  }
  connect(protocol_version::v5);
  feed(std::string_view{"\x10\x07\x00\x04WHAT\x63", 9}); // also of an unknown protocol
  expect_closed(reason_code::protocol_error);
}

CAF_TEST(a malformed packet ends the connection) { // [MQTT-4.13.1-1] [MQTT-4.8.0-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    feed(std::string_view{"\xC0\x01x", 3}); // PINGREQ with a body
    expect_closed(reason_code::malformed_packet);
    connect(v);
    feed(std::string_view{"\xD0\x00", 2}); // PINGRESP is not the client's
    expect_closed(reason_code::protocol_error);
    connect(v);
    feed(std::string_view{"\x36\x02\x00\x00", 4}); // QoS 3
    expect_closed(reason_code::malformed_packet);
  }
}

CAF_TEST(a packet above the limit ends the connection) { // [MQTT-3.2.2-15]
  limits.packet_bytes_max = 100;
  connect(protocol_version::v5);
  CAF_CHECK_EQUAL(feed(std::string_view{"\x30\x7F", 2}), 2u); // before its body came
  expect_closed(reason_code::packet_too_large);
}

CAF_TEST(what its listener accepts holds for a connection whatever becomes of the limits) {
  version = protocol_version::v5;
  accepted_connect a;
  a.packet = hello(version);
  a.packet_bytes_max = 100;
  machine->open(std::move(a), presence::fresh, ++epoch, now);
  CAF_CHECK(take<connack_packet>().maximum_packet_size == 100u);
  limits.packet_bytes_max = 50;
  CAF_CHECK_EQUAL(feed(std::string_view{"\x30\x60", 2}), 0u); // the rest may come
  CAF_CHECK_EQUAL(feed(std::string_view{"\x30\x7F", 2}), 2u);
  expect_closed(reason_code::packet_too_large);
}

CAF_TEST(PINGREQ is answered) { // [MQTT-3.12.4-1] [MQTT-3.12.4-1 v3]
  for (const auto v : all_versions) {
    connect(v);
    send(pingreq_packet{});
    take<pingresp_packet>();
  }
}

CAF_TEST(packets may come in pieces and in heaps) {
  connect(protocol_version::v5);
  const auto one = encoded(publish("t", "x"));
  CAF_CHECK_EQUAL(feed(one.substr(0, 3)), 0u);
  CAF_CHECK_EQUAL(feed(one + one + one.substr(0, 2)), 2 * one.size());
  CAF_CHECK_EQUAL(port.published.size(), 2u);
}

CAF_TEST(the server says why it ends a connection) { // [MQTT-3.14.0-1]
  connect(persistent_hello(protocol_version::v5));
  machine->disconnect(reason_code::server_shutting_down, "bye", now);
  expect_closed(reason_code::server_shutting_down);
  CAF_CHECK(!port.ended);
  machine->disconnect(reason_code::server_shutting_down, "bye", now); // nobody is there
  expect_nothing();
}

CAF_TEST(a client may authenticate again) { // [MQTT-4.12.1-1]
  connect_authenticated();
  for (int round = 0; round < 2; ++round) {
    authenticate("more", again);
    CAF_CHECK(take<auth_packet>().reason == go_on);
    send(pingreq_packet{}); // other packets flow meanwhile
    take<pingresp_packet>();
    authenticate("ok", go_on);
    const auto done = take<auth_packet>();
    CAF_CHECK(done.reason == reason_code::success);
    CAF_CHECK_EQUAL(done.authentication_method, "m"); // [MQTT-4.12.0-5]
    CAF_CHECK_EQUAL(done.authentication_data, "end");
  }
}

CAF_TEST(a failed re authentication ends the connection) { // [MQTT-4.12.1-2]
  connect_authenticated();
  authenticate("wrong", again);
  // "Bad user name or password" cannot be said in DISCONNECT.
  expect_closed(reason_code::not_authorized);
}

CAF_TEST(AUTH out of turn is a violation) { // [MQTT-4.12.0-6] [MQTT-4.12.1-1]
  connect_authenticated();
  authenticate("ok", go_on); // nothing was begun
  expect_closed(reason_code::protocol_error);
  connect_authenticated();
  authenticate("more", again);
  take<auth_packet>();
  authenticate("ok", again);
  expect_closed(reason_code::protocol_error);
  connect(protocol_version::v5); // without a method
  authenticate("ok", again);
  expect_closed(reason_code::protocol_error);
}

CAF_TEST(a restored session waits for its client) {
  machine->restore(100, {{"a", {}, 0, false}, {"b", {}, 3, false}}, now + 50s);
  CAF_CHECK(machine->persistent());
  CAF_CHECK_EQUAL(counts.subscriptions.get(), 2u);
  CAF_CHECK(machine->next_due() == now + 50s);
  CAF_CHECK(connect(persistent_hello(protocol_version::v5)).session_present);
  CAF_CHECK_EQUAL(machine->subscriptions().size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
