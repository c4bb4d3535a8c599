// Bounds of one connection, as the settings give them.
#pragma once

#include <chrono>
#include <cstddef>

namespace mqttzoo::net {

struct connection_limits {
  /// Above it a producer should stop; at half of it on_drained() says that it may go on.
  std::size_t outbox_bytes_max = 1024 * 1024;
  /// Time a peer may take nothing while something waits for it.
  std::chrono::milliseconds outbox_stall_timeout{60'000};
  /// Time close() has to write what is left and to see the peer's end of stream.
  std::chrono::milliseconds close_timeout{2'000};
};

} // namespace mqttzoo::net
