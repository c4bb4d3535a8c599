// A count of time that costs a few nanoseconds to read, for measuring how long work takes.
//
// Free functions, any thread. Ticks of one machine are comparable across its cores; what they are
// in seconds is measured against the monotonic clock between the first use of tick_scale and the
// moment of asking. Not for deadlines: those go by core::clock.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace mqttzoo::core {

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// How long a tick is. Made once, some time before it is asked; immutable.
class tick_scale {
public:
  /// Some milliseconds after it was made at the earliest: before, the answer is inexact.
  std::chrono::nanoseconds time_of(std::uint64_t n) const noexcept {
    const auto passed = ticks() - ticks_;
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - made_at_;
    if (passed == 0)
      return {};
    const auto each = static_cast<double>(took.count()) / static_cast<double>(passed);
    return std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(n) * each)};
  }

private:
  std::uint64_t ticks_ = ticks();
  std::chrono::steady_clock::time_point made_at_ = std::chrono::steady_clock::now();
};

} // namespace mqttzoo::core
