// How often something took how long: buckets that double, from 64 µs to 67 s.
//
// One writer (a unit's thread), any number of readers, as mqtt::counter; a reader may see a count
// and not yet its sum.
#pragma once

#include "mqtt/counter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mqttzoo::mqtt {

class latency_histogram {
public:
  /// The last one is for whatever takes longer.
  static constexpr std::size_t buckets = 22;
  static constexpr unsigned first_bits = 6;

  void add(std::chrono::nanoseconds took) noexcept {
    const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) / 1000;
    const auto bits = static_cast<std::size_t>(std::bit_width(us));
    const auto at = bits <= first_bits ? 0 : std::min(bits - first_bits, buckets - 1);
    counts_[at].add();
    sum_us_.add(us);
  }

  /// Microseconds that those in bucket `i` took less than; not for the last one.
  static constexpr std::uint64_t bound_us(std::size_t i) noexcept {
    return std::uint64_t{1} << (first_bits + i);
  }
  std::uint64_t count(std::size_t i) const noexcept { return counts_[i].get(); }
  std::uint64_t sum_us() const noexcept { return sum_us_.get(); }

private:
  std::array<counter, buckets> counts_;
  counter sum_us_;
};

} // namespace mqttzoo::mqtt
