// The same seed makes the same choices, and ranges are respected without favour.
#define CAF_SUITE core.random

#include "core/random.hpp"

#include <caf/test/dsl.hpp>

#include <array>

using mqttzoo::core::random_source;

CAF_TEST(a seed determines everything) {
  random_source a{42}, b{42}, c{43};
  const auto first = a();
  CAF_CHECK_EQUAL(first, b());
  CAF_CHECK_NOT_EQUAL(first, c());
  CAF_CHECK_EQUAL(first, 13930160852258120406u); // mt19937_64 is specified to the bit
}

CAF_TEST(ranges include their ends and nothing else) {
  random_source random{1};
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i)
    ++seen.at(random.between(5, 10) - 5);
  for (const auto n : seen) {
    CAF_CHECK_GREATER(n, 850); // 1000 expected, 5 standard deviations
    CAF_CHECK_LESS(n, 1150);
  }
  CAF_CHECK_EQUAL(random.below(1), 0u);
  CAF_CHECK_EQUAL(random.between(7, 7), 7u);
}
