// PUBACK, PUBREC, PUBREL and PUBCOMP: sections 3.4 to 3.7.
#include "mqtt/encoders.hpp"

#include <cassert>

namespace mqttzoo::mqtt {
namespace {

/// [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
[[maybe_unused]] bool is_ack_reason(packet_type type, reason_code reason) noexcept {
  return may_carry(type, peer::server, reason) || may_carry(type, peer::client, reason);
}

} // namespace

std::size_t encode(const ack_packet& p, protocol_version version, std::size_t max_packet_size_bytes,
                   std::string& out) {
  assert(is_ack_reason(p.type, p.reason));
  const auto write_body = [&](wire_writer& body, extras wanted) {
    write_id(body, p.id);
    const bool has_properties = has_extras(p, wanted);
    if (version != protocol_version::v5 || (p.reason == reason_code::success && !has_properties))
      return;
    write_reason(body, p.reason);
    if (!has_properties)
      return;
    property_writer properties{body};
    write_extras(properties, p, wanted);
    properties.finish();
  };
  return append_trimmed(out, p.type, max_packet_size_bytes, write_body);
}

void append_ack(packet_type type, packet_id id, reason_code reason, protocol_version version,
                std::string& out) {
  assert(id != packet_id::none);
  assert(is_ack_reason(type, reason));
  const auto number = static_cast<std::uint16_t>(id);
  const bool with_reason = version == protocol_version::v5 && reason != reason_code::success;
  const char bytes[] = {
      static_cast<char>(first_byte(type, reserved_flags(type))),
      static_cast<char>(with_reason ? 3 : 2),
      static_cast<char>(number >> 8),
      static_cast<char>(number),
      static_cast<char>(reason),
  };
  out.append(bytes, with_reason ? 5 : 4);
}

} // namespace mqttzoo::mqtt
