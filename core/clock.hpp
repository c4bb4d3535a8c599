// Time as an injected dependency: nothing in the broker's logic asks the operating system for it.
//
// One `system_clock` lives in main for the whole process; tests own a `manual_clock` and move it by
// hand. Both may be read from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mqttzoo::core {

/// Two readings of time: one for waiting, which never jumps, and one for what is stored or shown.
class clock {
public:
  using time_point = std::chrono::steady_clock::time_point;

  clock() = default;
  clock(const clock&) = delete;
  clock& operator=(const clock&) = delete;
  virtual ~clock() = default;

  /// Monotonic: deadlines, keep alive, expiry while the process lives.
  virtual time_point now() const noexcept = 0;

  /// Milliseconds since 1970 UTC: the only reading that means anything after a restart. May jump.
  virtual std::int64_t unix_ms() const noexcept = 0;
};

/// The operating system's clocks.
class system_clock final : public clock {
public:
  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }

  std::int64_t unix_ms() const noexcept override {
    using namespace std::chrono;
    return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

/// A clock that moves only when told to; both readings move together.
class manual_clock final : public clock {
public:
  /// Starts at an arbitrary instant well away from zero, so that subtracting a timeout never
  /// underflows.
  manual_clock() = default;

  time_point now() const noexcept override { return time_point{elapsed()}; }
  std::int64_t unix_ms() const noexcept override {
    return unix_start_ms +
           std::chrono::duration_cast<std::chrono::milliseconds>(elapsed() - start).count();
  }

  void advance(std::chrono::nanoseconds by) noexcept { elapsed_ns_ += by.count(); }

private:
  static constexpr std::chrono::hours start{24 * 365};
  static constexpr std::int64_t unix_start_ms = 1'600'000'000'000; // September 2020

  std::chrono::nanoseconds elapsed() const noexcept {
    return std::chrono::nanoseconds{elapsed_ns_.load()};
  }

  std::atomic<std::int64_t> elapsed_ns_{std::chrono::nanoseconds{start}.count()};
};

} // namespace mqttzoo::core
