// Latencies in buckets that grow with the value: each is told to within 1/64 of itself.
//
// Plain value of one thread; 15 KiB, whatever it counts. Debian 12 has no package of HdrHistogram
// for C.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace mqttzoo::cli {

class histogram {
public:
  void add(std::uint64_t value) {
    ++buckets_[index(value)];
    ++count_;
    max_ = std::max(max_, value);
  }
  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }

  /// The value that `part` of all do not exceed, 0 < part <= 1; 0 if there are none.
  std::uint64_t quantile(double part) const noexcept {
    // 0.999 has no exact double: a product that is whole on paper must not become one more.
    constexpr double inexact = 1e-12;
    const double share = part * static_cast<double>(count_);
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * (1 - inexact)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > 0 && seen >= rank)
        return std::min(upper(i), max_);
    }
    return max_;
  }

private:
  static constexpr unsigned fine_bits = 6; ///< 64 buckets for each power of two
  static constexpr std::size_t fine = std::size_t{1} << fine_bits;
  static constexpr unsigned powers = 64 - fine_bits;

  static std::size_t index(std::uint64_t value) noexcept {
    if (value < fine)
      return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - fine_bits - 1;
    return (shift + 1) * fine + static_cast<std::size_t>((value >> shift) - fine);
  }
  /// The largest value of a bucket.
  static std::uint64_t upper(std::size_t i) noexcept {
    if (i < fine)
      return i;
    const auto shift = i / fine - 1;
    return ((std::uint64_t{i % fine} + fine + 1) << shift) - 1;
  }

  std::array<std::uint64_t, fine*(powers + 1)> buckets_{};
  std::uint64_t count_ = 0, max_ = 0;
};

} // namespace mqttzoo::cli
