// Connections, received messages, subscriptions and keep alive, without I/O.
#define CAF_SUITE sdk.machine
#include "sdk/machine.hpp"

#include "scripted.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::sdk::test;
using mqtt::packet_type;
using sdk::receipt_number;

namespace {

const std::error_code ok;

mqtt::publish_packet incoming(std::string_view payload, int id, mqtt::qos level) {
  mqtt::publish_packet p;
  p.topic = "t";
  p.payload = payload;
  p.id = mqtt::packet_id{static_cast<std::uint16_t>(id)};
  p.qos = level;
  return p;
}

mqtt::suback_packet granted(mqtt::packet_id id, mqtt::reason_code reason) {
  return {id, {reason}, {}, {}};
}

} // namespace

CAF_TEST(acknowledgements go out in the order of arrival) {
  scripted s;
  s.connect();
  for (int i = 1; i <= 3; ++i)
    s.say(incoming("x", i, mqtt::qos::at_least_once));
  for (const auto& each : s.got)
    s.m.hold(each.number);
  s.m.release(s.got[2].number);
  s.m.release(s.got[1].number);
  CAF_CHECK(s.silent());
  s.m.release(s.got[0].number);
  for (int i = 1; i <= 3; ++i)
    CAF_CHECK(s.take<mqtt::ack_packet>().id == mqtt::packet_id{static_cast<std::uint16_t>(i)});
}

CAF_TEST(a message is acknowledged when its last holder lets go) {
  scripted s;
  s.connect();
  s.say(incoming("x", 1, mqtt::qos::at_least_once));
  s.m.hold(s.got[0].number);
  s.m.hold(s.got[0].number);
  s.m.release(s.got[0].number);
  CAF_CHECK(s.silent());
  s.m.release(s.got[0].number);
  CAF_CHECK(s.take<mqtt::ack_packet>().type == packet_type::puback);
}

CAF_TEST(QoS 2 is delivered once however often it is sent) {
  scripted s{lasting()};
  s.connect();
  s.say(incoming("x", 1, mqtt::qos::exactly_once));
  s.m.hold(s.got[0].number);
  s.say(incoming("x", 1, mqtt::qos::exactly_once)); // while it is held
  CAF_CHECK(s.silent());
  s.m.release(s.got[0].number);
  CAF_CHECK(s.take<mqtt::ack_packet>().type == packet_type::pubrec);
  s.say(incoming("x", 1, mqtt::qos::exactly_once)); // PUBREC was lost
  CAF_CHECK(s.take<mqtt::ack_packet>().type == packet_type::pubrec);
  s.say_ack(packet_type::pubrel, mqtt::packet_id{1});
  CAF_CHECK(s.take<mqtt::ack_packet>().type == packet_type::pubcomp);
  CAF_CHECK_EQUAL(s.got.size(), 1u);
  s.say(incoming("y", 1, mqtt::qos::exactly_once)); // another message
  CAF_CHECK_EQUAL(s.got.size(), 2u);
}

CAF_TEST(QoS 2 that is held while its connection breaks is not delivered again) {
  scripted s{lasting()};
  s.connect();
  s.say(incoming("x", 1, mqtt::qos::exactly_once));
  s.say(incoming("y", 2, mqtt::qos::exactly_once));
  for (const auto& each : s.got)
    s.m.hold(each.number);
  s.m.release(s.got[1].number); // behind the first one
  s.m.end();
  s.connect([](auto& p) { p.session_present = true; });
  s.say(incoming("x", 1, mqtt::qos::exactly_once));
  CAF_CHECK(s.silent());
  s.say(incoming("y", 2, mqtt::qos::exactly_once));
  CAF_CHECK_EQUAL(s.got.size(), 2u);
  s.m.release(s.got[0].number);
  CAF_CHECK(s.take<mqtt::ack_packet>().id == mqtt::packet_id{1});
  CAF_CHECK(s.take<mqtt::ack_packet>().id == mqtt::packet_id{2});
}

CAF_TEST(QoS 2 of a session that the server lost is new) {
  scripted s{lasting()};
  s.connect();
  s.say(incoming("x", 1, mqtt::qos::exactly_once));
  s.m.hold(s.got[0].number);
  s.m.end();
  s.connect();
  s.say(incoming("z", 1, mqtt::qos::exactly_once));
  CAF_CHECK_EQUAL(s.got.size(), 2u);
}

CAF_TEST(a server that exceeds the receive maximum is borne with as far as there are identifiers) {
  client_options o;
  o.inbox.receive_maximum = 2;
  scripted s{o};
  s.connect();
  for (std::size_t i = 1; i <= sdk::inbox::pending_max; ++i)
    CAF_REQUIRE(s.say(incoming("x", static_cast<int>(i), mqtt::qos::at_least_once)) == ok);
  CAF_CHECK(s.say(incoming("x", 1, mqtt::qos::at_least_once)) ==
            make_error_code(reason::receive_maximum_exceeded));
  CAF_CHECK(s.take<mqtt::disconnect_packet>().reason ==
            mqtt::reason_code::receive_maximum_exceeded);
}

CAF_TEST(aliases of the server are resolved and wrong ones refused) {
  scripted s;
  s.connect();
  auto p = incoming("x", 0, mqtt::qos::at_most_once);
  p.topic = "long/topic";
  p.properties.topic_alias = 16;
  s.say(p);
  p.topic = {};
  s.say(p);
  CAF_CHECK(s.got.size() == 2 && s.got[1].topic == "long/topic");
  p.properties.topic_alias = 17;
  CAF_CHECK(s.say(p) == make_error_code(errc::malformed_packet));
  CAF_CHECK(s.take<mqtt::disconnect_packet>().reason == mqtt::reason_code::topic_alias_invalid);
}

CAF_TEST(packets may come in any pieces) {
  scripted s;
  s.m.begin(s.now);
  std::string bytes;
  mqtt::encode(mqtt::connack_packet{}, s.version(), 0, bytes);
  for (int i = 0; i < 50; ++i)
    mqtt::encode(
        incoming(std::string(static_cast<std::size_t>(i), 'x'), 0, mqtt::qos::at_most_once),
        s.version(), 0, bytes);
  for (std::size_t at = 0; at < bytes.size(); at += 7)
    CAF_CHECK(s.m.received(std::string_view{bytes}.substr(at, 7), s.now) == ok);
  CAF_CHECK_EQUAL(s.got.size(), 50u);
  CAF_CHECK_EQUAL(s.got[49].payload.size(), 49u);
}

CAF_TEST(subscriptions are asked for again when the session was lost and only then) {
  scripted s{lasting()};
  answer a, b;
  s.subscribe(a, "a"); // before there is a connection
  s.connect();
  auto first = s.take<mqtt::subscribe_packet>();
  CAF_CHECK(first.entries[0].filter == "a");
  s.say(granted(first.id, mqtt::reason_code::granted_qos_1));
  CAF_CHECK(a == ok);
  s.subscribe(b, "b");
  s.take<mqtt::subscribe_packet>(); // whose answer never comes
  s.m.end();
  s.connect([](auto& p) { p.session_present = true; });
  first = s.take<mqtt::subscribe_packet>();
  CAF_CHECK(first.entries[0].filter == "b");
  s.say(granted(first.id, mqtt::reason_code::granted_qos_1));
  CAF_CHECK(b == ok && s.silent());
  s.m.end();
  s.connect();
  CAF_CHECK(s.take<mqtt::subscribe_packet>().entries[0].filter == "a");
  CAF_CHECK(s.take<mqtt::subscribe_packet>().entries[0].filter == "b");
}

CAF_TEST(a refused subscription is not asked for again) {
  scripted s;
  s.connect();
  answer a;
  s.subscribe(a, "a");
  s.say(granted(s.take<mqtt::subscribe_packet>().id, mqtt::reason_code::not_authorized));
  CAF_CHECK(a == make_error_code(reason::not_authorized));
  s.m.end();
  s.connect();
  CAF_CHECK(s.silent());
}

CAF_TEST(who is refused a shared subscription may take it back at once) {
  scripted s;
  s.connect([](auto& p) { p.shared_subscription_available = false; });
  answer a, b;
  s.m.filters().subscribe("$share/g/a", {}, {}, 1, [&](std::error_code e, mqtt::qos) {
    a = e;
    s.m.filters().unsubscribe("$share/g/a", {}, {});
  });
  s.subscribe(b, "b");
  CAF_CHECK(a == make_error_code(reason::shared_subscriptions_not_supported));
  CAF_CHECK(s.take<mqtt::subscribe_packet>().entries[0].filter == "b");
}

CAF_TEST(an unsubscription that was not sent is made up for if the session lives) {
  scripted s{lasting()};
  s.connect();
  answer a, gone;
  s.subscribe(a, "a");
  s.say(granted(s.take<mqtt::subscribe_packet>().id, mqtt::reason_code::granted_qos_1));
  s.m.end();
  s.m.filters().unsubscribe("a", {}, [&](std::error_code e) { gone = e; });
  s.connect([](auto& p) { p.session_present = true; });
  const auto p = s.take<mqtt::unsubscribe_packet>();
  CAF_CHECK(p.filters[0] == "a" && !gone);
  s.say(mqtt::unsuback_packet{p.id, {mqtt::reason_code::success}, {}, {}});
  CAF_CHECK(gone == ok);
}

CAF_TEST(keep alive pings and notices silence) {
  client_options o;
  o.keep_alive_s = 10;
  o.ping_timeout = 5s;
  scripted s{o};
  s.connect([](auto& p) { p.server_keep_alive_s = std::uint16_t{20}; }); // which counts
  CAF_CHECK(s.m.wakeup() == s.now + 20s);
  s.now += 20s;
  CAF_CHECK(s.m.tick(s.now) == ok);
  s.take<mqtt::pingreq_packet>();
  s.say(mqtt::pingresp_packet{});
  s.written();
  s.now += 20s;
  CAF_CHECK(s.m.tick(s.now) == ok);
  s.take<mqtt::pingreq_packet>();
  s.now += 5s;
  CAF_CHECK(s.m.tick(s.now) == make_error_code(errc::keep_alive_timeout));
}

CAF_TEST(nothing follows DISCONNECT and nothing is taken after it) { // [MQTT-3.14.4-1]
  scripted s{lasting()};
  s.connect();
  s.say(incoming("x", 1, mqtt::qos::at_least_once));
  s.m.hold(s.got[0].number);
  s.m.disconnect(disconnect_options{});
  s.take<mqtt::disconnect_packet>();
  s.m.release(s.got[0].number);
  answer a;
  s.publish(a, "t", "a", qos::at_least_once);
  s.written();
  CAF_CHECK(s.say(incoming("y", 2, mqtt::qos::at_least_once)) == ok);
  CAF_CHECK_EQUAL(s.got.size(), 1u);
  s.now += 1h;
  CAF_CHECK(s.m.tick(s.now) == ok); // no ping either
  CAF_CHECK(s.silent() && !a);
  s.m.end();
  s.connect([](auto& p) { p.session_present = true; });
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "a");
}

CAF_TEST(a refusal says why and where else) {
  scripted s;
  s.m.begin(s.now);
  mqtt::connack_packet p;
  p.reason = mqtt::reason_code::use_another_server;
  p.server_reference = "other:1884";
  CAF_CHECK(s.say(p) == make_error_code(reason::use_another_server));
  CAF_CHECK_EQUAL(s.m.server_reference(), "other:1884");
  CAF_CHECK_EQUAL(s.connections, 0);
}

CAF_TEST(what no server may send ends the connection) {
  scripted s;
  s.connect();
  CAF_CHECK(s.m.received("\xF0\x7F", s.now) == ok); // AUTH, the rest has not come
  s.m.end();
  s.connect();
  std::string subscribe;
  mqtt::encode(mqtt::subscribe_packet{mqtt::packet_id{1}, 0, {{"a", {}}}, {}}, s.version(),
               subscribe);
  CAF_CHECK(s.m.received(subscribe, s.now) == make_error_code(errc::malformed_packet));
  CAF_CHECK(s.take<mqtt::disconnect_packet>().reason == mqtt::reason_code::protocol_error);
}
