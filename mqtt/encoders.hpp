// What the encoders of the packet families share; internal to encoder*.cpp.
#pragma once

#include "mqtt/encoder.hpp"
#include "mqtt/properties.hpp"
#include "mqtt/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace mqttzoo::mqtt {

/// How much of what a sender may leave out goes into a packet.
enum class extras : std::uint8_t { all, reason_string, none };

/// The first byte of a packet.
constexpr std::uint8_t first_byte(packet_type type, unsigned flags = 0) noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

/// The flags that section 2.1.3 wants for packets whose flags mean nothing.
/// [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3]
constexpr unsigned reserved_flags(packet_type type) noexcept {
  const bool two = type == packet_type::pubrel || type == packet_type::subscribe ||
                   type == packet_type::unsubscribe;
  return two ? 2 : 0;
}

/// Appends one packet, whose body `write_body(wire_writer&)` writes. Returns its size, or 0 with
/// nothing appended if it is larger than `max_size_bytes` (0: no limit) or cannot be encoded.
template<class WriteBody>
std::size_t append_packet(std::string& out, packet_type type, std::size_t max_size_bytes,
                          WriteBody&& write_body) {
  const auto start = out.size();
  wire_writer writer{out};
  writer.u8(first_byte(type, reserved_flags(type)));
  const auto body = writer.position();
  write_body(writer);
  writer.insert_length(body);
  const auto size = out.size() - start;
  if (writer.fits() && (max_size_bytes == 0 || size <= max_size_bytes))
    return size;
  out.resize(start);
  return 0;
}

/// The same for packets with a reason string and user properties: `write_body(wire_writer&,
/// extras)` is asked for less of them until the packet fits into `max_size_bytes`. [MQTT-3.2.2-19]
/// [MQTT-3.2.2-20] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2]
/// [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1]
/// [MQTT-3.11.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2] [MQTT-3.15.2-3]
template<class WriteBody>
std::size_t append_trimmed(std::string& out, packet_type type, std::size_t max_size_bytes,
                           WriteBody&& write_body) {
  for (const auto wanted : {extras::all, extras::reason_string, extras::none}) {
    const auto size = append_packet(out, type, max_size_bytes,
                                    [&](wire_writer& body) { write_body(body, wanted); });
    if (size != 0)
      return size;
  }
  return 0;
}

/// The reason string and the user properties of `p`, as far as wanted.
template<class Packet>
void write_extras(property_writer& properties, const Packet& p, extras wanted) {
  if (wanted != extras::none)
    properties.text_if_any(property::reason_string, p.reason_string);
  if (wanted == extras::all)
    properties.users(p.users);
}

/// True if there is a reason string or a user property to write.
template<class Packet>
bool has_extras(const Packet& p, extras wanted) noexcept {
  return (wanted != extras::none && !p.reason_string.empty()) ||
         (wanted == extras::all && !p.users.empty());
}

/// A property of its own for an optional value.
template<class Optional>
void write_if_set(property_writer& properties, property id, const Optional& value) {
  if (value)
    properties.number(id, static_cast<std::uint32_t>(*value));
}

inline void write_id(wire_writer& body, packet_id id) {
  body.u16(static_cast<std::uint16_t>(id));
}

inline void write_reason(wire_writer& body, reason_code code) {
  body.u8(static_cast<std::uint8_t>(code));
}

} // namespace mqttzoo::mqtt
