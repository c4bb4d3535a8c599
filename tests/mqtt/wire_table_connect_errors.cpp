// CONNECT as it must be refused: section 3.1.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

/// [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-1 v3] [MQTT-3.1.2-2 v3]
void add_version_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view wire, reason_code error) {
    to.bad(std::move(name), unknown, peer::client, wire, error);
  };
  bad("a level of the future", "10 [ {MQTT} 06 02 003C 00 {a} ]", unsupported_protocol_version);
  bad("level 3 under the new name", "10 [ {MQTT} 03 02 003C {a} ]", unsupported_protocol_version);
  bad("level 4 under the old name", "10 [ {MQIsdp} 04 02 003C {a} ]", unsupported_protocol_version);
  bad("a bridge's private level", "10 [ {MQTT} 84 02 003C {a} ]", unsupported_protocol_version);
  bad("another name", "10 [ {HTTP} 04 02 003C {a} ]", unsupported_protocol_version);
  bad("a name in the wrong case", "10 [ {mqtt} 04 02 003C {a} ]", unsupported_protocol_version);
  bad("a name that is not UTF-8", "10 [ 0004 C0AF5454 04 02 003C {a} ]", malformed_packet);
  bad("an empty CONNECT", "10 00", malformed_packet);
}

void add_flag_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view v3, std::string_view v5_wire) {
    to.bad(name, v3_1_1, peer::client, v3, malformed_packet);
    to.bad(name, v5, peer::client, v5_wire, malformed_packet);
  };
  // [MQTT-3.1.2-3] [MQTT-3.1.2-3 v3]
  bad("the reserved connect flag", "10 [ {MQTT} 04 03 003C {a} ]",
      "10 [ {MQTT} 05 03 003C 00 {a} ]");
  // [MQTT-3.1.2-12] [MQTT-3.1.2-14 v3]
  bad("will QoS 3", "10 [ {MQTT} 04 1E 003C {a} {w} {x} ]",
      "10 [ {MQTT} 05 1E 003C 00 {a} 00 {w} {x} ]");
  // [MQTT-3.1.2-11] [MQTT-3.1.2-11 v3] [MQTT-3.1.2-13 v3]
  bad("will QoS without a will", "10 [ {MQTT} 04 0A 003C {a} ]", "10 [ {MQTT} 05 0A 003C 00 {a} ]");
  // [MQTT-3.1.2-13] [MQTT-3.1.2-15 v3]
  bad("will retain without a will", "10 [ {MQTT} 04 22 003C {a} ]",
      "10 [ {MQTT} 05 22 003C 00 {a} ]");
  // [MQTT-3.1.2-22 v3]
  to.bad("a password without a user name", v3_1_1, peer::client, "10 [ {MQTT} 04 42 003C {a} {p} ]",
         malformed_packet);
  to.bad("a password without a user name", v3_1, peer::client, "10 [ {MQIsdp} 03 42 003C {a} {p} ]",
         malformed_packet);
}

void add_payload_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view v3, std::string_view v5_wire,
                       reason_code error) {
    to.bad(name, v3_1_1, peer::client, v3, error);
    to.bad(name, v5, peer::client, v5_wire, error);
  };
  // [MQTT-3.1.3-3] [MQTT-3.1.3-3 v3]
  bad("no client id", "10 [ {MQTT} 04 02 003C ]", "10 [ {MQTT} 05 02 003C 00 ]", malformed_packet);
  // [MQTT-3.1.3-4] [MQTT-3.1.3-4 v3] [MQTT-1.5.4-1] [MQTT-1.5.3-1 v3]
  bad("a client id that is not UTF-8", "10 [ {MQTT} 04 02 003C 0003 EDA080 ]",
      "10 [ {MQTT} 05 02 003C 00 0003 EDA080 ]", malformed_packet);
  // [MQTT-1.5.4-2] [MQTT-1.5.3-2 v3]
  bad("a client id with U+0000", "10 [ {MQTT} 04 02 003C 0003 610062 ]",
      "10 [ {MQTT} 05 02 003C 00 0003 610062 ]", malformed_packet);
  // [MQTT-3.1.2-9] [MQTT-3.1.2-9 v3]
  bad("no will where one is announced", "10 [ {MQTT} 04 06 003C {a} ]",
      "10 [ {MQTT} 05 06 003C 00 {a} ]", malformed_packet);
  // [MQTT-3.1.2-11 v3]
  bad("a will that is not announced", "10 [ {MQTT} 04 02 003C {a} {w} {x} ]",
      "10 [ {MQTT} 05 02 003C 00 {a} 00 {w} {x} ]", malformed_packet);
  // [MQTT-3.1.3-11] [MQTT-3.1.3-10 v3]
  bad("a will topic that is not UTF-8", "10 [ {MQTT} 04 06 003C {a} 0001 FF {x} ]",
      "10 [ {MQTT} 05 06 003C 00 {a} 00 0001 FF {x} ]", malformed_packet);
  bad("a will topic with a wildcard", "10 [ {MQTT} 04 06 003C {a} {w/+} {x} ]",
      "10 [ {MQTT} 05 06 003C 00 {a} 00 {w/+} {x} ]", topic_name_invalid);
  bad("an empty will topic", "10 [ {MQTT} 04 06 003C {a} 0000 {x} ]",
      "10 [ {MQTT} 05 06 003C 00 {a} 00 0000 {x} ]", topic_name_invalid);
  // [MQTT-3.1.2-17] [MQTT-3.1.2-19 v3]
  bad("no user name where one is announced", "10 [ {MQTT} 04 82 003C {a} ]",
      "10 [ {MQTT} 05 82 003C 00 {a} ]", malformed_packet);
  // [MQTT-3.1.2-16] [MQTT-3.1.2-18 v3]
  bad("a user name that is not announced", "10 [ {MQTT} 04 02 003C {a} {u} ]",
      "10 [ {MQTT} 05 02 003C 00 {a} {u} ]", malformed_packet);
  // [MQTT-3.1.3-12] [MQTT-3.1.3-11 v3]
  bad("a user name that is not UTF-8", "10 [ {MQTT} 04 82 003C {a} 0001 80 ]",
      "10 [ {MQTT} 05 82 003C 00 {a} 0001 80 ]", malformed_packet);
  // [MQTT-3.1.2-19] [MQTT-3.1.2-21 v3]
  bad("no password where one is announced", "10 [ {MQTT} 04 C2 003C {a} {u} ]",
      "10 [ {MQTT} 05 C2 003C 00 {a} {u} ]", malformed_packet);
  // [MQTT-3.1.2-18] [MQTT-3.1.2-20 v3]
  bad("a password that is not announced", "10 [ {MQTT} 04 82 003C {a} {u} {p} ]",
      "10 [ {MQTT} 05 82 003C 00 {a} {u} {p} ]", malformed_packet);
  // [MQTT-3.1.3-8 v3]
  to.bad("no client id for a lasting session", v3_1_1, peer::client,
         "10 [ {MQTT} 04 00 003C 0000 ]", client_identifier_not_valid);
  to.bad("no client id in 3.1", v3_1, peer::client, "10 [ {MQIsdp} 03 02 003C 0000 ]",
         client_identifier_not_valid);
}

void add_property_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view properties, reason_code error) {
    const auto wire = "10 [ {MQTT} 05 02 003C [ " + std::string{properties} + " ] {a} ]";
    to.bad("CONNECT: " + name, v5, peer::client, wire, error);
  };
  bad("session expiry twice", "11 00000001 11 00000001", protocol_error);
  bad("receive maximum 0", "21 0000", protocol_error);
  bad("receive maximum twice", "21 0001 21 0001", protocol_error);
  bad("maximum packet size 0", "27 00000000", protocol_error);
  bad("maximum packet size twice", "27 00000001 27 00000001", protocol_error);
  bad("topic alias maximum twice", "22 0001 22 0001", protocol_error);
  bad("request response information 2", "19 02", protocol_error);
  bad("request response information twice", "19 01 19 01", protocol_error);
  bad("request problem information 2", "17 02", protocol_error);
  bad("request problem information twice", "17 01 17 01", protocol_error);
  bad("authentication method twice", "15 {m} 15 {m}", protocol_error);
  bad("authentication data twice", "15 {m} 16 {d} 16 {d}", protocol_error);
  bad("authentication data without a method", "16 {d}", protocol_error);
  bad("an empty authentication method", "15 0000", bad_authentication_method);
  bad("a property of a PUBLISH", "23 0001", malformed_packet);
  bad("an unknown property", "7F 00", malformed_packet);
  bad("an identifier of two bytes", "A600 {a}{b}", malformed_packet);
  bad("a value that does not fit the length", "11 0000", malformed_packet);
  // [MQTT-1.5.7-1]
  bad("a user property's name that is not UTF-8", "26 0001 FF {b}", malformed_packet);
  bad("a user property's value that is not UTF-8", "26 {a} 0001 FF", malformed_packet);
  to.bad("CONNECT: properties longer than the packet", v5, peer::client,
         "10 [ {MQTT} 05 02 003C 7F {a} ]", malformed_packet);
  // [MQTT-1.5.5-1]
  to.bad("CONNECT: a property length that is not the shortest", v5, peer::client,
         "10 [ {MQTT} 05 02 003C 8000 {a} ]", malformed_packet);
  to.bad("CONNECT: a property length of five bytes", v5, peer::client,
         "10 [ {MQTT} 05 02 003C 8080808001 {a} ]", malformed_packet);
}

void add_will_property_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view properties, reason_code error) {
    const auto wire = "10 [ {MQTT} 05 06 003C 00 {a} [ " + std::string{properties} + " ] {w} {x} ]";
    to.bad("will: " + name, v5, peer::client, wire, error);
  };
  bad("delay twice", "18 00000001 18 00000001", protocol_error);
  bad("payload format 2", "01 02", protocol_error);
  bad("payload format twice", "01 01 01 01", protocol_error);
  bad("message expiry twice", "02 00000001 02 00000001", protocol_error);
  bad("content type twice", "03 {a} 03 {a}", protocol_error);
  bad("response topic twice", "08 {a} 08 {a}", protocol_error);
  bad("response topic with a wildcard", "08 {a/#}", protocol_error);
  bad("correlation data twice", "09 {a} 09 {a}", protocol_error);
  bad("topic alias", "23 0001", malformed_packet);
}

} // namespace

void add_connect_errors(wire_rows& to) {
  add_version_errors(to);
  add_flag_errors(to);
  add_payload_errors(to);
  add_property_errors(to);
  add_will_property_errors(to);
}

} // namespace mqttzoo::mqtt::testing
