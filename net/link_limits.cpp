#include "net/link_limits.hpp"

#include "net/link_frame.hpp"

#include <algorithm>

namespace mqttzoo::net {

link_limits link_limits_of(const core::links_settings& settings) noexcept {
  link_limits limits;
  limits.frame_bytes_max = settings.frame_bytes_max;
  limits.queue_bytes_max = settings.queue_bytes_max;
  limits.queue_frames_max = settings.queue_frames_max;
  limits.heartbeat = settings.heartbeat;
  limits.silence_max = settings.silence_max;
  limits.stall_timeout = settings.stall_timeout;
  limits.connect_timeout = settings.connect_timeout;
  limits.greeting_timeout = settings.greeting_timeout;
  limits.backoff_min = settings.backoff_min;
  limits.backoff_max = std::max(settings.backoff_min, settings.backoff_max);
  return limits;
}

std::size_t low_water_bytes(const link_limits& limits) noexcept {
  return std::min(limits.queue_bytes_max / 2,
                  limits.queue_frames_max / 2 * link_frame_header_bytes);
}

connection_limits stream_limits_of(const link_limits& limits) noexcept {
  connection_limits stream;
  stream.outbox_bytes_max = 2 * low_water_bytes(limits); // it tells at half of it
  stream.outbox_stall_timeout = limits.stall_timeout;
  stream.close_timeout = limits.close_timeout;
  return stream;
}

} // namespace mqttzoo::net
