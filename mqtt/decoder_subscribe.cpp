// SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: sections 3.8 to 3.11.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {
namespace {

constexpr std::string_view shared_prefix = "$share/";

/// A topic filter; its syntax is checked elsewhere.
std::string_view read_filter(wire_reader& in) noexcept {
  const auto filter = in.text();
  // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
  in.require(!filter.empty(), reason_code::protocol_error, "topic filter is empty");
  return filter;
}

/// The subscription options of 5.0 (3.8.3.1).
subscription_options read_options(wire_reader& in, std::string_view filter) noexcept {
  using enum reason_code;
  const auto bits = in.u8();
  const auto level = bits & 0x03;
  const auto handling = (bits >> 4) & 0x03;
  in.require((bits & 0xC0) == 0, malformed_packet, // [MQTT-3.8.3-5]
             "reserved subscription option is set");
  in.require(level != 3, protocol_error, "QoS 3 does not exist");
  in.require(handling != 3, protocol_error, "retain handling 3 does not exist");
  const subscription_options result{static_cast<qos>(level), (bits & 0x04) != 0, (bits & 0x08) != 0,
                                    static_cast<retain_handling>(handling)};
  in.require(!result.no_local || !filter.starts_with(shared_prefix), protocol_error,
             "no local on a shared subscription"); // [MQTT-3.8.3-4]
  return result;
}

/// The requested QoS of 3.x.
subscription_options read_requested_qos(wire_reader& in) noexcept {
  const auto level = in.u8();
  in.require(level < 3, reason_code::malformed_packet, // [MQTT-3-8.3-4 v3]
             "requested QoS is not 0, 1 or 2");
  subscription_options result;
  result.qos = static_cast<qos>(level);
  return result;
}

/// Reason string and user properties, all that SUBACK and UNSUBACK have.
template<class Packet>
void read_ack_properties(wire_reader& in, packet_type type, Packet& out) {
  property_reader properties{in, place(type), peer::server};
  while (const auto* value = properties.next()) {
    if (value->id == property::reason_string)
      out.reason_string = value->text;
    else
      add_user_property(out.users, *value);
  }
}

/// The reason codes that fill the rest of a SUBACK or UNSUBACK.
void read_reasons(wire_reader& in, packet_type type, std::vector<reason_code>& out) {
  in.require(!in.at_end(), reason_code::protocol_error, "no reason code");
  out.reserve(in.left());
  while (!in.at_end())
    out.push_back(read_reason(in, type, peer::server));
}

bool is_return_code_of_v3(reason_code code) noexcept {
  return code <= reason_code::granted_qos_2 || code == reason_code::unspecified_error;
}

} // namespace

decoded decode_subscribe(const frame& in, protocol_version version) {
  wire_reader body{in.body};
  subscribe_packet result;
  result.id = read_packet_id(body);
  if (version == protocol_version::v5) {
    property_reader properties{body, place(packet_type::subscribe), peer::client};
    while (const auto* value = properties.next()) {
      if (value->id == property::subscription_identifier)
        result.subscription_identifier = value->number;
      else
        add_user_property(result.users, *value);
    }
  }
  // [MQTT-3.8.3-2] [MQTT-3.8.3-3 v3]
  body.require(!body.at_end(), reason_code::protocol_error, "no topic filter");
  while (!body.at_end()) {
    const auto filter = read_filter(body); // [MQTT-3.8.3-1] [MQTT-3.8.3-1 v3]
    const auto options =
        version == protocol_version::v5 ? read_options(body, filter) : read_requested_qos(body);
    result.entries.push_back({std::string{filter}, options});
  }
  return finish(body, std::move(result));
}

decoded decode_suback(const frame& in, protocol_version version) {
  wire_reader body{in.body};
  suback_packet result;
  result.id = read_packet_id(body);
  if (version == protocol_version::v5)
    read_ack_properties(body, packet_type::suback, result);
  read_reasons(body, packet_type::suback, result.reasons); // [MQTT-3.9.3-2]
  if (version != protocol_version::v5) {
    for (const auto code : result.reasons) // [MQTT-3.9.3-2 v3]
      body.require(is_return_code_of_v3(code), reason_code::malformed_packet,
                   "return code is reserved");
  }
  return finish(body, std::move(result));
}

decoded decode_unsubscribe(const frame& in, protocol_version version) {
  wire_reader body{in.body};
  unsubscribe_packet result;
  result.id = read_packet_id(body);
  if (version == protocol_version::v5) {
    property_reader properties{body, place(packet_type::unsubscribe), peer::client};
    while (const auto* value = properties.next())
      add_user_property(result.users, *value);
  }
  // [MQTT-3.10.3-2] [MQTT-3.10.3-2 v3]
  body.require(!body.at_end(), reason_code::protocol_error, "no topic filter");
  while (!body.at_end())
    result.filters.emplace_back(read_filter(body)); // [MQTT-3.10.3-1] [MQTT-3.10.3-1 v3]
  return finish(body, std::move(result));
}

decoded decode_unsuback(const frame& in, protocol_version version) {
  wire_reader body{in.body};
  unsuback_packet result;
  result.id = read_packet_id(body);
  if (version == protocol_version::v5) {
    read_ack_properties(body, packet_type::unsuback, result);
    read_reasons(body, packet_type::unsuback, result.reasons); // [MQTT-3.11.3-2]
  }
  return finish(body, std::move(result));
}

} // namespace mqttzoo::mqtt
