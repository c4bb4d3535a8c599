// PUBACK, PUBREC, PUBREL and PUBCOMP: sections 3.4 to 3.7.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {
namespace {

/// What 5.0 may add to the packet identifier.
void read_reason_and_properties(wire_reader& in, peer from, ack_packet& out) {
  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  out.reason = read_reason(in, out.type, from);
  if (in.at_end())
    return; // without a property length there are no properties
  property_reader properties{in, place(out.type), from};
  while (const auto* value = properties.next()) {
    if (value->id == property::reason_string)
      out.reason_string = value->text;
    else
      add_user_property(out.users, *value);
  }
}

} // namespace

expected<void, decode_error> decode_ack(const frame& in, protocol_version version, peer from,
                                        ack_packet& out) {
  wire_reader body{in.body};
  out.type = in.type;
  out.id = read_packet_id(body);
  out.reason = reason_code::success; // what a missing reason code means
  out.reason_string.clear();
  out.users.clear();
  if (in.flags > 2) // [MQTT-3.6.1-1] [MQTT-3.6.1-1 v3]; MQTT 3.1 repeats a PUBREL with DUP
    body.require(version == protocol_version::v3_1, reason_code::malformed_packet,
                 "wrong flags for this packet type");
  if (version == protocol_version::v5) {
    require_shortest_length(body, in);
    if (!body.at_end())
      read_reason_and_properties(body, from, out);
  }
  body.require(body.at_end(), reason_code::malformed_packet, "packet is longer than its fields");
  return body.result();
}

} // namespace mqttzoo::mqtt
