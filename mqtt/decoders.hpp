// The decoders of the packet families and what they share; internal to decoder*.cpp.
#pragma once

#include "mqtt/decoder.hpp"
#include "mqtt/properties.hpp"
#include "mqtt/wire.hpp"

#include <utility>

namespace mqttzoo::mqtt {

using decoded = expected<packet, decode_error>;

decoded decode_connect(const frame& in);
decoded decode_connack(const frame& in, protocol_version version);
decoded decode_subscribe(const frame& in, protocol_version version);
decoded decode_suback(const frame& in, protocol_version version);
decoded decode_unsubscribe(const frame& in, protocol_version version);
decoded decode_unsuback(const frame& in, protocol_version version);
decoded decode_disconnect(const frame& in, protocol_version version, peer from);
decoded decode_auth(const frame& in, peer from);

/// A packet identifier, which is never 0. [MQTT-2.3.1-1 v3]
inline packet_id read_packet_id(wire_reader& in) noexcept {
  const auto id = in.u16();
  in.require(id != 0, reason_code::protocol_error, "packet identifier is 0");
  return packet_id{id};
}

/// The reason code of a packet of this type.
inline reason_code read_reason(wire_reader& in, packet_type type, peer from) noexcept {
  const auto code = static_cast<reason_code>(in.u8());
  in.require(may_carry(type, from, code), reason_code::protocol_error,
             "reason code is not this packet's");
  return code;
}

/// 5.0 wants the remaining length in its shortest form [MQTT-1.5.5-1]; 3.x does not say so.
inline void require_shortest_length(wire_reader& in, const frame& of) noexcept {
  const auto header_size = of.wire_size_bytes - of.body.size();
  in.require(header_size == 1 + varint_size(static_cast<std::uint32_t>(of.body.size())),
             reason_code::malformed_packet, "remaining length is longer than needed");
}

inline void add_user_property(user_properties& to, const property_value& value) {
  to.emplace_back(value.text, value.second);
}

/// The packet, if the reader came to its end without a failure.
template<class Packet>
decoded finish(wire_reader& in, Packet&& result) {
  in.require(in.at_end(), reason_code::malformed_packet, "packet is longer than its fields");
  if (!in.ok())
    return unexpected<decode_error>{in.error()};
  return packet{std::forward<Packet>(result)};
}

} // namespace mqttzoo::mqtt
