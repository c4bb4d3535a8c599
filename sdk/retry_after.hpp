// What a server says about when to try again: 0x97 with the user property `retry-after` in seconds,
// as MQTTZoo's bank does.
#pragma once

#include "core/numbers.hpp"
#include "mqtt/packet.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace mqttzoo::sdk {

/// Longer waits are cut, so that a mistaken server cannot stop a client for a year.
inline constexpr std::chrono::seconds retry_after_max{3600};

/// Nothing if the answer is not "later".
inline std::optional<std::chrono::seconds> retry_after(const mqtt::ack_packet& ack) {
  if (ack.reason != mqtt::reason_code::quota_exceeded)
    return std::nullopt;
  for (const auto& [name, value] : ack.users) {
    if (name != "retry-after")
      continue;
    if (const auto seconds = core::read_number<std::int64_t>(value))
      return std::min(std::chrono::seconds{*seconds}, retry_after_max);
  }
  return std::nullopt;
}

} // namespace mqttzoo::sdk
