#include "mqtt/decoder.hpp"

#include <algorithm>
#include <array>

namespace mqttzoo::mqtt {
namespace {

constexpr std::size_t length_field_size_bytes_max = 4;

unexpected<decode_error> refuse(reason_code reason, const char* what) {
  return unexpected<decode_error>{decode_error{reason, what}};
}

/// The flags of each packet type (table 2-2), 0xFF where they carry a meaning.
constexpr std::array<std::uint8_t, 16> required_flags = {0, 0, 0, 0xFF, 0, 0, 2, 0,
                                                         2, 0, 2, 0,    0, 0, 0, 0};

/// MQTT 3.1 sets DUP when it repeats a PUBREL, SUBSCRIBE or UNSUBSCRIBE; decode() knows the version
/// and refuses it for the others.
constexpr std::uint8_t dup_flag = 8;

bool flags_allowed(unsigned type, std::uint8_t flags) noexcept {
  const auto required = required_flags[type];
  return required == 0xFF || flags == required || (required == 2 && flags == (required | dup_flag));
}

} // namespace

expected<frame_status, decode_error> next_frame(std::string_view input,
                                                std::size_t max_packet_size_bytes, frame& out) {
  out.wire_size_bytes = 0;
  if (input.empty())
    return frame_status::need_more;
  const auto first = static_cast<std::uint8_t>(input[0]);
  const unsigned type = first >> 4;
  if (type == 0) [[unlikely]]
    return refuse(reason_code::malformed_packet, "packet type 0 is reserved");
  out.type = packet_type{static_cast<std::uint8_t>(type)};
  out.flags = first & 0x0F;
  // [MQTT-2.1.3-1] [MQTT-2.2.2-1 v3] [MQTT-2.2.2-2 v3], by name for the last packets of the table:
  // [MQTT-3.14.1-1] [MQTT-3.15.1-1] [MQTT-3.14.1-1 v3]
  if (!flags_allowed(type, out.flags)) [[unlikely]]
    return refuse(reason_code::malformed_packet, "wrong flags for this packet type");

  std::size_t body_size = 0;
  std::size_t header_size = 1;
  for (unsigned shift = 0;; shift += 7) {
    if (header_size > length_field_size_bytes_max) [[unlikely]]
      return refuse(reason_code::malformed_packet, "remaining length has more than four bytes");
    if (header_size == input.size())
      return frame_status::need_more;
    const auto byte = static_cast<std::uint8_t>(input[header_size++]);
    body_size |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80)
      break;
  }
  // [MQTT-3.2.2-15]
  if (max_packet_size_bytes != 0 && header_size + body_size > max_packet_size_bytes) [[unlikely]]
    return refuse(reason_code::packet_too_large, "packet is larger than the limit");
  out.wire_size_bytes = header_size + body_size;
  if (input.size() < out.wire_size_bytes)
    return frame_status::need_more;
  out.body = input.substr(header_size, body_size);
  return frame_status::complete;
}

} // namespace mqttzoo::mqtt
