// encode() for a packet of any type, as tests need it.
#pragma once

#include "mqtt/encoder.hpp"

#include <string>
#include <type_traits>
#include <variant>

namespace mqttzoo::mqtt::testing {

/// Appends `p` without a limit to its size; returns the number of bytes.
inline std::size_t encode_any(const packet& p, protocol_version version, std::string& out) {
  return std::visit(
      [&](const auto& value) -> std::size_t {
        using type = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<type, connect_packet> ||
                      std::is_same_v<type, pingreq_packet> || std::is_same_v<type, pingresp_packet>)
          return encode(value, out);
        else if constexpr (std::is_same_v<type, auth_packet>)
          return encode(value, 0, out);
        else if constexpr (std::is_same_v<type, subscribe_packet> ||
                           std::is_same_v<type, unsubscribe_packet>)
          return encode(value, version, out);
        else
          return encode(value, version, 0, out);
      },
      p);
}

} // namespace mqttzoo::mqtt::testing
