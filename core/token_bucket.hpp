// How fast something may happen: so often a second, and some of it at once.
//
// A value of eight bytes; whoever owns it says with each call which rate holds, so that a reload
// changes nothing but that. It may be overdrawn: what is larger than what is left is taken whole
// and paid for by waiting, so the rate holds over time whatever the sizes are. Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace mqttzoo::core {

struct rate_limit {
  std::uint64_t per_second = 0;          ///< 0: no limit; at most 10 GiB
  std::chrono::milliseconds burst{1000}; ///< so much time's worth may come at once

  explicit operator bool() const noexcept { return per_second != 0; }
};

class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::nanoseconds;

  /// How much may be taken without overdrawing.
  std::uint64_t left(const rate_limit& rate, time_point now) const noexcept {
    if (!rate)
      return std::numeric_limits<std::uint64_t>::max();
    const duration spare = window(rate) - std::max(full_at_ - now, duration{0});
    return spare.count() <= 0 ? 0 : worth(rate, spare);
  }

  void take(std::uint64_t n, const rate_limit& rate, time_point now) noexcept {
    if (rate)
      full_at_ = std::max(full_at_, now) + cost(rate, n);
  }

  /// When `n` are left, or all that there can be: not before, so that whoever waits finds them.
  time_point has(std::uint64_t n, const rate_limit& rate) const noexcept {
    return rate ? full_at_ - window(rate) + std::min(time_for(rate, n), window(rate))
                : time_point::min();
  }

  /// As if nothing had ever been taken.
  bool full(time_point now) const noexcept { return full_at_ <= now; }

private:
  static constexpr std::uint64_t second = 1'000'000'000;

  /// Time in which it fills; one thing at least must fit in.
  static duration window(const rate_limit& rate) noexcept {
    return std::max<duration>(rate.burst, time_for(rate, 1));
  }
  // In two steps each: the product with all of it would not fit into 64 bits. What is taken costs
  // rather too little, or the last of a burst would not be there.
  static duration cost(const rate_limit& rate, std::uint64_t n) noexcept {
    return duration{static_cast<std::int64_t>(n / rate.per_second * second +
                                              n % rate.per_second * second / rate.per_second)};
  }
  static duration time_for(const rate_limit& rate, std::uint64_t n) noexcept {
    const auto rest = n % rate.per_second * second;
    const auto ns = n / rate.per_second * second + (rest + rate.per_second - 1) / rate.per_second;
    return duration{static_cast<std::int64_t>(ns)};
  }
  static std::uint64_t worth(const rate_limit& rate, duration d) noexcept {
    const auto ns = static_cast<std::uint64_t>(d.count());
    return ns / second * rate.per_second + ns % second * rate.per_second / second;
  }

  time_point full_at_{};
};

} // namespace mqttzoo::core
