// Bounds of the links of a pod, as the settings give them (links.*).
#pragma once

#include "core/settings.hpp"
#include "net/connection_limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mqttzoo::net {

struct link_limits {
  std::size_t frame_bytes_max = 2 * 1024 * 1024; ///< of a body that is received
  std::size_t queue_bytes_max = 16 * 1024 * 1024;
  std::uint32_t queue_frames_max = 65'536;
  std::chrono::milliseconds heartbeat{1'000};
  std::chrono::milliseconds silence_max{5'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds greeting_timeout{3'000};
  std::chrono::milliseconds backoff_min{100};
  std::chrono::milliseconds backoff_max{2'000};
  std::chrono::milliseconds close_timeout{2'000}; ///< for close() to write what is queued
};

link_limits link_limits_of(const core::links_settings& settings) noexcept;

/// A queue that is full is drained once it holds no more bytes than this: few enough that neither
/// its bytes nor its frames, however short, are above half of their bounds.
std::size_t low_water_bytes(const link_limits& limits) noexcept;

/// For the connection below a link.
connection_limits stream_limits_of(const link_limits& limits) noexcept;

} // namespace mqttzoo::net
