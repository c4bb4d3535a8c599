// What this broker grants and announces to every client (section 3.2.2.3), as plain numbers.
//
// Filled from core::settings by the pod, constant while sessions read it; any thread.
#pragma once

#include "mqtt/input_meter.hpp"
#include "mqtt/outbound.hpp"
#include "mqtt/packet.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::mqtt {

struct server_limits {
  std::size_t packet_bytes_max = std::size_t{1} << 20;
  std::uint16_t receive_maximum = 1000;
  std::uint16_t inflight_max = 1000;
  std::uint16_t topic_alias_maximum = 64; ///< accepted from clients, and the most we give out
  mqtt::qos qos_max = qos::exactly_once;
  bool retain_available = true;
  bool wildcard_available = true;
  bool shared_available = true;
  bool subscription_identifiers_available = true;
  std::uint16_t keep_alive_s_max = 0; ///< 0: as the client asks
  std::uint32_t session_expiry_s_max = 0xFFFF'FFFF;
  std::size_t topic_levels_max = 128;
  std::size_t subscriptions_max = 10'000;
  std::size_t subscriptions_bytes_max = std::size_t{512} << 10; ///< of their filters
  std::size_t client_id_bytes_max = 1024;
  std::vector<std::string> subscribe_deny; ///< filters answered with 0x87
  std::chrono::milliseconds packet_timeout{30'000};
  std::chrono::milliseconds patience{30'000}; ///< for 3.x publishers whose message was refused
  queue_limits queue;
  input_rates client; ///< of what one client sends
};

/// True for the topics that the broker alone publishes to: `$SYS` and all below it.
constexpr bool is_own_topic(std::string_view name) noexcept {
  return name == "$SYS" || name.starts_with("$SYS/");
}

} // namespace mqttzoo::mqtt
