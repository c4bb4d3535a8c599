// Quantiles against a sorted list of the same values.
#define CAF_SUITE tools.histogram
#include "tools/cli/bench/histogram.hpp"

#include "core/random.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <vector>

using mqttzoo::cli::histogram;

CAF_TEST(an empty one says nothing) {
  histogram h;
  CAF_CHECK_EQUAL(h.count(), 0u);
  CAF_CHECK_EQUAL(h.quantile(0.5), 0u);
}

CAF_TEST(quantiles are told to within a sixty fourth) {
  mqttzoo::core::random_source random{1};
  histogram h;
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = random.below(std::uint64_t{1} << random.below(64));
    all.push_back(value);
    h.add(value);
  }
  std::ranges::sort(all);
  CAF_CHECK_EQUAL(h.max(), all.back());
  for (const double part : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto wanted = all[static_cast<std::size_t>(part * 20'000) - 1];
    CAF_CHECK_GREATER_OR_EQUAL(h.quantile(part), wanted);
    CAF_CHECK_LESS_OR_EQUAL(h.quantile(part), wanted + wanted / 64 + 1);
  }
}

CAF_TEST(the slowest of few is in the tail) {
  histogram h;
  for (int i = 0; i < 99; ++i)
    h.add(5'000);
  h.add(5'000'000);
  CAF_CHECK_LESS(h.quantile(0.99), 5'100u);
  CAF_CHECK_EQUAL(h.quantile(0.999), 5'000'000u);
  CAF_CHECK_EQUAL(h.quantile(0.9999), 5'000'000u);
}

CAF_TEST(a part that is whole on paper is not rounded up) {
  histogram h;
  for (int i = 0; i < 999; ++i)
    h.add(5);
  h.add(50);
  CAF_CHECK_EQUAL(h.quantile(0.999), 5u);
  CAF_CHECK_EQUAL(h.quantile(0.9999), 50u);
}
