// Fixed headers: sections 1.5.5 and 2.1.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

/// Reserved flags: [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3] [MQTT-2.2.2-2 v3]
void add_flag_errors(wire_rows& to) {
  for (const auto version : {v3_1_1, v5}) {
    to.bad("CONNECT with flags", version, peer::client, "11 [ {MQTT} 04 02 003C {a} ]",
           malformed_packet);
    to.bad("CONNACK with flags", version, peer::server, "28 [ 00 00 ]", malformed_packet);
    to.bad("PUBACK with flags", version, peer::client, "42 [ 0001 ]", malformed_packet);
    to.bad("PUBREC with flags", version, peer::client, "54 [ 0001 ]", malformed_packet);
    // [MQTT-3.6.1-1] [MQTT-3.6.1-1 v3]
    to.bad("PUBREL without its flags", version, peer::client, "60 [ 0001 ]", malformed_packet);
    to.bad("PUBREL with DUP", version, peer::client, "6A [ 0001 ]", malformed_packet);
    to.bad("PUBCOMP with flags", version, peer::client, "71 [ 0001 ]", malformed_packet);
    // [MQTT-3.8.1-1] [MQTT-3.8.1-1 v3]
    to.bad("SUBSCRIBE without its flags", version, peer::client, "80 [ 0001 {a} 00 ]",
           malformed_packet);
    to.bad("SUBSCRIBE with DUP", version, peer::client, "8A [ 0001 {a} 00 ]", malformed_packet);
    to.bad("SUBACK with flags", version, peer::server, "92 [ 0001 00 ]", malformed_packet);
    // [MQTT-3.10.1-1] [MQTT-3.10.1-1 v3]
    to.bad("UNSUBSCRIBE without its flags", version, peer::client, "A0 [ 0001 {a} ]",
           malformed_packet);
    to.bad("UNSUBSCRIBE with DUP", version, peer::client, "AA [ 0001 {a} ]", malformed_packet);
    to.bad("UNSUBACK with flags", version, peer::server, "B2 [ 0001 ]", malformed_packet);
    to.bad("PINGREQ with flags", version, peer::client, "C1 00", malformed_packet);
    to.bad("PINGRESP with flags", version, peer::server, "D8 00", malformed_packet);
    // [MQTT-3.14.1-1] [MQTT-3.14.1-1 v3]
    to.bad("DISCONNECT with flags", version, peer::client, "E1 00", malformed_packet);
  }
  // [MQTT-3.15.1-1]
  to.bad("AUTH with flags", v5, peer::client, "F4 [ 18 [ 15 {m} ] ]", malformed_packet);
}

void add_length_errors(wire_rows& to) {
  for (const auto version : {v3_1, v3_1_1, v5}) {
    to.bad("packet type 0", version, peer::client, "00 00", malformed_packet);
    to.bad("a length of five bytes", version, peer::client, "30 8080808001", malformed_packet);
  }
  // [MQTT-1.5.5-1]
  to.bad("a length of two bytes for none", v5, peer::client, "C0 8000", malformed_packet);
  to.bad("a length that is not the shortest", v5, peer::client, "30 8500 {a} 00 'x'",
         malformed_packet);
  to.bad("an acknowledgement's length that is not the shortest", v5, peer::client, "40 828000 0001",
         malformed_packet);
  to.bad("a CONNECT's length that is not the shortest", v5, peer::client,
         "10 8E8000 {MQTT} 05 02 003C 00 {a}", malformed_packet);
  to.also("3.1.1 takes a length that is not the shortest", v3_1_1, peer::client, "C0 8000",
          pingreq_packet{});
}

/// Packets that the other side alone may send.
void add_direction_errors(wire_rows& to) {
  for (const auto version : {v3_1, v3_1_1, v5}) {
    to.bad("CONNACK of a client", version, peer::client, "20 [ 00 00 ]", protocol_error);
    to.bad("SUBACK of a client", version, peer::client, "90 [ 0001 00 ]", protocol_error);
    to.bad("UNSUBACK of a client", version, peer::client, "B0 [ 0001 ]", protocol_error);
    to.bad("PINGRESP of a client", version, peer::client, "D0 00", protocol_error);
    to.bad("CONNECT of a server", version, peer::server, "10 [ {MQTT} 04 02 003C {a} ]",
           protocol_error);
    to.bad("SUBSCRIBE of a server", version, peer::server, "82 [ 0001 {a} 00 ]", protocol_error);
    to.bad("UNSUBSCRIBE of a server", version, peer::server, "A2 [ 0001 {a} ]", protocol_error);
    to.bad("PINGREQ of a server", version, peer::server, "C0 00", protocol_error);
  }
  to.bad("DISCONNECT of a 3.1.1 server", v3_1_1, peer::server, "E0 00", protocol_error);
  to.bad("packet type 15 in 3.1.1", v3_1_1, peer::client, "F0 00", malformed_packet);
  // [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
  to.bad("a first packet that is no CONNECT", unknown, peer::client, "C0 00", protocol_error);
}

} // namespace

void add_frame_rows(wire_rows& to) {
  add_flag_errors(to);
  add_length_errors(to);
  add_direction_errors(to);
}

} // namespace mqttzoo::mqtt::testing
