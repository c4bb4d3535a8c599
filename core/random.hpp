// Randomness as an injected dependency: the same seed makes the same choices, in tests and in a
// replay.
//
// One source per owner; not thread-safe. Not for secrets: for those there is system_bits().
#pragma once

#include <cassert>
#include <cstdint>
#include <limits>
#include <random>

namespace mqttzoo::core {

/// Drawn by the system, so that nobody can guess them. Thread-safe.
inline std::uint64_t system_bits() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

/// A seeded source of uniform 64-bit numbers; models std::uniform_random_bit_generator.
class random_source {
public:
  using result_type = std::uint64_t;

  explicit random_source(std::uint64_t seed) : engine_(seed), seed_(seed) {}

  /// Seeded by the operating system; log `seed()` where a run must be repeatable.
  static random_source from_system() { return random_source{system_bits()}; }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  result_type operator()() { return engine_(); }

  /// Uniform in [0, bound); `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound) {
    assert(bound > 0);
    // Draws from the incomplete last range are thrown away, so that no remainder is favoured.
    // Written out because std::uniform_int_distribution differs between standard libraries.
    const auto unfair = max() - max() % bound;
    auto drawn = engine_();
    while (drawn >= unfair)
      drawn = engine_();
    return drawn % bound;
  }

  /// Uniform in [least, most].
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    assert(least <= most);
    return most - least == max() ? engine_() : least + below(most - least + 1);
  }

  std::uint64_t seed() const noexcept { return seed_; }

private:
  std::mt19937_64 engine_; // specified to the bit, unlike the distributions
  std::uint64_t seed_;
};

} // namespace mqttzoo::core
