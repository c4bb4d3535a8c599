// SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: sections 3.8 to 3.11.
#include "mqtt/encoders.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::mqtt {
namespace {

std::uint8_t options_byte(const subscription_options& options, protocol_version version) noexcept {
  auto bits = static_cast<unsigned>(options.qos);
  if (version == protocol_version::v5) {
    bits |= options.no_local ? 0x04U : 0U;
    bits |= options.retain_as_published ? 0x08U : 0U;
    bits |= static_cast<unsigned>(options.retained) << 4;
  }
  return static_cast<std::uint8_t>(bits);
}

/// Reason string and user properties, all that SUBACK and UNSUBACK have.
template<class Packet>
void write_ack_properties(wire_writer& body, const Packet& p, extras wanted) {
  property_writer properties{body};
  write_extras(properties, p, wanted);
  properties.finish();
}

[[maybe_unused]] bool all_allowed(packet_type type, const std::vector<reason_code>& reasons) {
  return std::ranges::all_of(
      reasons, [type](reason_code code) { return may_carry(type, peer::server, code); });
}

} // namespace

std::size_t encode(const subscribe_packet& p, protocol_version version, std::string& out) {
  return append_packet(out, packet_type::subscribe, 0, [&](wire_writer& body) {
    write_id(body, p.id);
    if (version == protocol_version::v5) {
      property_writer properties{body};
      if (p.subscription_identifier != 0)
        properties.number(property::subscription_identifier, p.subscription_identifier);
      properties.users(p.users);
      properties.finish();
    }
    for (const auto& entry : p.entries) {
      body.binary(entry.filter);
      body.u8(options_byte(entry.options, version));
    }
  });
}

std::size_t encode(const suback_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out) {
  assert(all_allowed(packet_type::suback, p.reasons)); // [MQTT-3.9.3-2]
  const auto write_body = [&](wire_writer& body, extras wanted) {
    write_id(body, p.id);
    if (version == protocol_version::v5)
      write_ack_properties(body, p, wanted);
    for (const auto code : p.reasons) { // [MQTT-3.9.3-1] [MQTT-3.9.3-1 v3]
      // [MQTT-3.9.3-2 v3] 3.x knows one failure
      const bool plain_failure = version != protocol_version::v5 && is_failure(code);
      write_reason(body, plain_failure ? reason_code::unspecified_error : code);
    }
  };
  return append_trimmed(out, packet_type::suback, max_packet_size_bytes, write_body);
}

std::size_t encode(const unsubscribe_packet& p, protocol_version version, std::string& out) {
  return append_packet(out, packet_type::unsubscribe, 0, [&](wire_writer& body) {
    write_id(body, p.id);
    if (version == protocol_version::v5) {
      property_writer properties{body};
      properties.users(p.users);
      properties.finish();
    }
    for (const auto& filter : p.filters)
      body.binary(filter);
  });
}

std::size_t encode(const unsuback_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out) {
  assert(all_allowed(packet_type::unsuback, p.reasons)); // [MQTT-3.11.3-2]
  const auto write_body = [&](wire_writer& body, extras wanted) {
    write_id(body, p.id);
    if (version != protocol_version::v5)
      return;
    write_ack_properties(body, p, wanted);
    for (const auto code : p.reasons) // [MQTT-3.11.3-1]
      write_reason(body, code);
  };
  return append_trimmed(out, packet_type::unsuback, max_packet_size_bytes, write_body);
}

} // namespace mqttzoo::mqtt
