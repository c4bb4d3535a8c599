// The machine's steady clock, which all its processes share.
//
// Pure function; thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

namespace mqttzoo::cli {

inline std::int64_t steady_ns() noexcept {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

} // namespace mqttzoo::cli
