// PUBLISH: section 3.3.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

publish_packet message(qos level) {
  return with<publish_packet>([&](auto& p) {
    p.topic = "a/b";
    p.payload = "hello";
    p.qos = level;
    if (level != qos::at_most_once)
      p.id = packet_id{10};
  });
}

/// What is the same in 3.1 and 3.1.1. [MQTT-3.3.2-1 v3] [MQTT-2.3.1-5 v3]
void add_v3_rows(wire_rows& to, protocol_version version) {
  to.good("PUBLISH QoS 0", version, peer::client, "30 0A 00 03 61 2F 62 68 65 6C 6C 6F",
          message(qos::at_most_once));
  to.good("PUBLISH QoS 1", version, peer::client, "32 [ {a/b} 000A 'hello' ]",
          message(qos::at_least_once));
  auto again = message(qos::exactly_once);
  again.dup = true;
  again.retain = true;
  to.good("PUBLISH QoS 2 with DUP and RETAIN", version, peer::server, "3D [ {a/b} 000A 'hello' ]",
          again);
  auto erase = message(qos::at_most_once);
  erase.retain = true;
  erase.payload = {};
  to.good("PUBLISH without a payload", version, peer::client, "31 [ {a/b} ]", erase);
}

void add_v5_rows(wire_rows& to) {
  to.good("PUBLISH QoS 0", v5, peer::client, "30 [ {a/b} 00 'hello' ]", message(qos::at_most_once));
  to.good("PUBLISH QoS 2", v5, peer::client, "34 [ {a/b} 000A 00 'hello' ]",
          message(qos::exactly_once));
  static const auto passed_on = bytes("01 01 03 {text} 08 {re/ply} 09 {c} 26 {b}{2} 26 {a}{1}");
  auto full = message(qos::at_least_once);
  full.properties.message_expiry_interval_s = 7;
  full.properties.topic_alias = 3;
  full.properties.payload_is_utf8 = true;
  full.properties.forwarded = passed_on;
  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  to.good("PUBLISH with everything a client sends", v5, peer::client,
          "32 [ {a/b} 000A [ 02 00000007 23 0003"
          "  01 01 03 {text} 08 {re/ply} 09 {c} 26 {b}{2} 26 {a}{1} ] 'hello' ]",
          full);
  to.also("PUBLISH with the own properties at the end", v5, peer::client,
          "32 [ {a/b} 000A [ 01 01 03 {text} 08 {re/ply} 09 {c} 26 {b}{2} 26 {a}{1}"
          "  23 0003 02 00000007 ] 'hello' ]",
          full);
  to.also("PUBLISH with the own properties in between", v5, peer::client,
          "32 [ {a/b} 000A [ 01 01 03 {text} 23 0003 08 {re/ply} 09 {c} 26 {b}{2} 02 00000007"
          "  26 {a}{1} ] 'hello' ]",
          full);
  full.properties.topic_alias = 0;
  full.properties.subscription_identifiers = {1, 268'435'455, 1}; // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
  to.good("PUBLISH with everything a server sends", v5, peer::server,
          "32 [ {a/b} 000A [ 02 00000007 0B 01 0B FFFFFF7F 0B 01"
          "  01 01 03 {text} 08 {re/ply} 09 {c} 26 {b}{2} 26 {a}{1} ] 'hello' ]",
          full);
  auto alias = message(qos::at_most_once);
  alias.topic = {};
  alias.properties.topic_alias = 0xFFFF;
  to.good("PUBLISH with an alias for a topic", v5, peer::client, "30 [ 0000 [ 23 FFFF ] 'hello' ]",
          alias);
  auto opaque = message(qos::at_most_once);
  opaque.properties.forwarded = std::string_view{"\1\0", 2};
  to.good("PUBLISH with payload format 0", v5, peer::client, "30 [ {a/b} [ 01 00 ] 'hello' ]",
          opaque);
}

void add_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view v3, std::string_view v5_wire,
                       reason_code error) {
    to.bad(name, v3_1, peer::client, v3, error);
    to.bad(name, v3_1_1, peer::client, v3, error);
    to.bad(name, v5, peer::client, v5_wire, error);
    to.bad(name, v5, peer::server, v5_wire, error);
  };
  // [MQTT-3.3.1-4] [MQTT-3.3.1-4 v3]
  bad("PUBLISH QoS 3", "36 [ {a} 0001 'x' ]", "36 [ {a} 0001 00 'x' ]", malformed_packet);
  // [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3]
  bad("PUBLISH QoS 0 with DUP", "38 [ {a} 'x' ]", "38 [ {a} 00 'x' ]", malformed_packet);
  // [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
  bad("PUBLISH without a topic", "30 00", "30 00", malformed_packet);
  bad("PUBLISH with a topic that is not UTF-8", "30 [ 0002 C080 ]", "30 [ 0002 C080 00 ]",
      malformed_packet);
  // [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3]
  bad("PUBLISH with U+0000 in its topic", "30 [ 0003 610062 ]", "30 [ 0003 610062 00 ]",
      malformed_packet);
  // [MQTT-3.3.2-2] [MQTT-3.3.2-2 v3] [MQTT-4.7.1-1] [MQTT-4.7.1-1 v3]
  bad("PUBLISH to a + wildcard", "30 [ {a/+/b} ]", "30 [ {a/+/b} 00 ]", topic_name_invalid);
  bad("PUBLISH to a # wildcard", "30 [ {a/#} ]", "30 [ {a/#} 00 ]", topic_name_invalid);
  // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
  bad("PUBLISH to nothing", "30 [ 0000 'x' ]", "30 [ 0000 00 'x' ]", protocol_error);
  // [MQTT-2.3.1-1 v3]
  bad("PUBLISH with packet id 0", "32 [ {a} 0000 'x' ]", "32 [ {a} 0000 00 'x' ]", protocol_error);
  bad("PUBLISH that ends inside its packet id", "32 [ {a} 00 ]", "32 [ {a} 00 ]", malformed_packet);
  bad("PUBLISH that ends inside its topic", "30 [ 0005 'ab' ]", "30 [ 0005 'ab' ]",
      malformed_packet);
  to.bad("PUBLISH without a property length", v5, peer::client, "30 [ {a} ]", malformed_packet);
}

void add_property_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view properties, reason_code error) {
    const auto wire = "30 [ {a} [ " + std::string{properties} + " ] 'x' ]";
    to.bad("PUBLISH: " + name, v5, peer::client, wire, error);
  };
  bad("payload format 2", "01 02", protocol_error);
  bad("payload format twice", "01 01 01 01", protocol_error);
  bad("message expiry twice", "02 00000001 02 00000001", protocol_error);
  bad("topic alias 0", "23 0000", topic_alias_invalid); // [MQTT-3.3.2-8]
  bad("topic alias twice", "23 0001 23 0001", protocol_error);
  bad("response topic twice", "08 {a} 08 {a}", protocol_error);
  bad("response topic that is not UTF-8", "08 0001 FF", malformed_packet); // [MQTT-3.3.2-13]
  bad("response topic with a wildcard", "08 {a/+}", protocol_error);       // [MQTT-3.3.2-14]
  bad("empty response topic", "08 0000", protocol_error);
  bad("correlation data twice", "09 {a} 09 {a}", protocol_error);
  bad("content type twice", "03 {a} 03 {a}", protocol_error);
  bad("content type that is not UTF-8", "03 0001 FF", malformed_packet);        // [MQTT-3.3.2-19]
  bad("subscription identifier of a client", "0B 01", protocol_error);          // [MQTT-3.3.4-6]
  bad("user property that is not UTF-8", "26 {a} 0002 C328", malformed_packet); // [MQTT-1.5.7-1]
  bad("a property of a CONNECT", "11 00000001", malformed_packet);
  bad("a property that ends early", "02 000000", malformed_packet);
  to.bad("PUBLISH: subscription identifier 0", v5, peer::server, "30 [ {a} [ 0B 00 ] ]",
         protocol_error);
  // [MQTT-1.5.5-1]
  to.bad("PUBLISH: subscription identifier not the shortest", v5, peer::server,
         "30 [ {a} [ 0B 8100 ] ]", malformed_packet);
}

} // namespace

void add_publish_rows(wire_rows& to) {
  add_v3_rows(to, v3_1);
  add_v3_rows(to, v3_1_1);
  add_v5_rows(to);
  add_errors(to);
  add_property_errors(to);
}

} // namespace mqttzoo::mqtt::testing
