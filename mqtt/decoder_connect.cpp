// CONNECT: section 3.1.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {
namespace {

/// The bits of the connect flags (3.1.2.3).
enum connect_flag : std::uint8_t {
  reserved = 0x01,
  clean_start = 0x02,
  has_will = 0x04,
  will_qos = 0x18,
  will_retain = 0x20,
  has_password = 0x40,
  has_user_name = 0x80,
};

constexpr unsigned will_qos_shift = 3;

/// The version that a protocol name and level stand for; unknown if for none.
protocol_version version_of(std::string_view name, std::uint8_t level) noexcept {
  if (name == "MQTT" && (level == 4 || level == 5))
    return protocol_version{level};
  return name == "MQIsdp" && level == 3 ? protocol_version::v3_1 : protocol_version::unknown;
}

/// [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT-3.1.2-1 v3] [MQTT-3.1.2-2 v3]
protocol_version read_version(wire_reader& in) noexcept {
  const auto name = in.text();
  const auto version = version_of(name, in.u8());
  in.require(version != protocol_version::unknown, reason_code::unsupported_protocol_version,
             "protocol name and level are not supported");
  return version;
}

std::uint8_t read_flags(wire_reader& in, protocol_version version) noexcept {
  using enum reason_code;
  const auto flags = in.u8();
  // [MQTT-3.1.2-3] [MQTT-3.1.2-3 v3]; 3.1 says "not used" of this bit
  in.require(!(flags & reserved) || version == protocol_version::v3_1, malformed_packet,
             "reserved connect flag is set");
  // [MQTT-3.1.2-12] [MQTT-3.1.2-14 v3]
  in.require((flags & will_qos) != will_qos, malformed_packet, "will QoS 3 does not exist");
  // [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-11 v3] [MQTT-3.1.2-13 v3] [MQTT-3.1.2-15 v3]
  in.require((flags & has_will) || !(flags & (will_qos | will_retain)), malformed_packet,
             "will QoS or will retain without a will");
  // [MQTT-3.1.2-22 v3]
  in.require((flags & has_user_name) || !(flags & has_password) || version == protocol_version::v5,
             malformed_packet, "password without a user name");
  return flags;
}

void read_properties(wire_reader& in, connect_packet& out) {
  property_reader properties{in, place(packet_type::connect), peer::client};
  while (const auto* value = properties.next()) {
    const auto number = value->number;
    switch (value->id) {
    case property::session_expiry_interval:
      out.session_expiry_interval_s = number;
      break;
    case property::receive_maximum:
      out.receive_maximum = static_cast<std::uint16_t>(number);
      break;
    case property::maximum_packet_size:
      out.maximum_packet_size = number;
      break;
    case property::topic_alias_maximum:
      out.topic_alias_maximum = static_cast<std::uint16_t>(number);
      break;
    case property::request_response_information:
      out.request_response_information = number == 1;
      break;
    case property::request_problem_information:
      out.request_problem_information = number == 1;
      break;
    case property::authentication_method:
      out.authentication_method = value->text;
      in.require(!value->text.empty(), reason_code::bad_authentication_method,
                 "authentication method is empty");
      break;
    case property::authentication_data:
      out.authentication_data = value->text;
      break;
    default:
      add_user_property(out.users, *value);
      break;
    }
  }
  in.require(!properties.has_seen(property::authentication_data) ||
                 properties.has_seen(property::authentication_method),
             reason_code::protocol_error, "authentication data without a method");
}

void read_will_properties(wire_reader& in, will& out) {
  property_reader properties{in, will_place, peer::client};
  while (const auto* value = properties.next()) {
    if (value->id == property::will_delay_interval)
      out.delay_interval_s = value->number;
    else if (value->id == property::message_expiry_interval)
      out.message_expiry_interval_s = value->number;
    else
      out.forwarded.append(value->encoded); // [MQTT-3.1.3-10] in order
    if (value->id == property::payload_format_indicator)
      out.payload_is_utf8 = value->number == 1;
  }
}

/// [MQTT-3.1.2-9] [MQTT-3.1.2-9 v3] [MQTT-3.1.3-11] [MQTT-3.1.3-10 v3]
will read_will(wire_reader& in, std::uint8_t flags, protocol_version version) {
  will result;
  result.qos = static_cast<qos>((flags & will_qos) >> will_qos_shift);
  result.retain = (flags & will_retain) != 0;
  if (version == protocol_version::v5)
    read_will_properties(in, result);
  result.topic = in.binary();
  const auto found = classify_topic(result.topic);
  in.require(found != topic_text::malformed, reason_code::malformed_packet,
             "will topic is not valid UTF-8");
  in.require(found == topic_text::name && !result.topic.empty(), reason_code::topic_name_invalid,
             "will topic is empty or has wildcards");
  result.payload = in.binary();
  return result;
}

/// [MQTT-3.1.3-3] [MQTT-3.1.3-4] [MQTT-3.1.3-3 v3] [MQTT-3.1.3-4 v3]
void read_client_id(wire_reader& in, connect_packet& out) {
  out.client_id = in.text();
  if (!out.client_id.empty() || out.version == protocol_version::v5)
    return;
  // [MQTT-3.1.3-8 v3] an assigned id is for clean sessions only; 3.1 has no assigned ids
  in.require(out.version == protocol_version::v3_1_1 && out.clean_start,
             reason_code::client_identifier_not_valid, "client identifier is empty");
}

/// User name and password. 3.1 lets a packet end before what its flags announce.
void read_credentials(wire_reader& in, std::uint8_t flags, connect_packet& out) {
  const auto present = [&](connect_flag flag) {
    return (flags & flag) != 0 && !(out.version == protocol_version::v3_1 && in.at_end());
  };
  // [MQTT-3.1.2-17] [MQTT-3.1.3-12] [MQTT-3.1.2-19 v3] [MQTT-3.1.3-11 v3]
  if (present(has_user_name))
    out.user_name = in.text();
  if (present(has_password)) // [MQTT-3.1.2-19] [MQTT-3.1.2-21 v3]
    out.password = in.binary();
}

} // namespace

/// The payload's fields have one order: [MQTT-3.1.3-1] [MQTT-3.1.3-1 v3]. A field without its flag
/// ends up as trailing bytes and is refused: [MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT-3.1.2-18 v3]
/// [MQTT-3.1.2-20 v3].
decoded decode_connect(const frame& in) {
  wire_reader body{in.body};
  connect_packet result;
  result.version = read_version(body);
  if (result.version == protocol_version::v5)
    require_shortest_length(body, in);
  const auto flags = read_flags(body, result.version);
  result.clean_start = (flags & clean_start) != 0;
  result.keep_alive_s = body.u16();
  if (result.version == protocol_version::v5)
    read_properties(body, result);
  read_client_id(body, result);
  if (flags & has_will)
    result.will = read_will(body, flags, result.version);
  read_credentials(body, flags, result);
  return finish(body, std::move(result));
}

protocol_version connect_version_of(const frame& in) noexcept {
  if (in.type != packet_type::connect)
    return protocol_version::unknown;
  // Bridges mark the level with this bit when they try a private variant, and want to be refused
  // in the version that they fall back to.
  constexpr std::uint8_t bridge_bit = 0x80;
  wire_reader body{in.body};
  const auto name = body.binary();
  const auto level = static_cast<std::uint8_t>(body.u8() & ~bridge_bit);
  if (!body.ok())
    return protocol_version::unknown;
  if (name == "MQTT")
    return level >= 5 ? protocol_version::v5 : protocol_version::v3_1_1;
  return name == "MQIsdp" ? protocol_version::v3_1 : protocol_version::unknown;
}

} // namespace mqttzoo::mqtt
