// Sizes as people write them.
#define CAF_SUITE tools.payload_sizes
#include "tools/cli/bench/payload_sizes.hpp"

#include <caf/test/dsl.hpp>

using mqttzoo::cli::payload_sizes;

CAF_TEST(one size) {
  mqttzoo::core::random_source random{1};
  const auto sizes = payload_sizes::parse("100");
  CAF_REQUIRE(sizes.has_value());
  CAF_CHECK_EQUAL(sizes->draw(random), 100u);
  CAF_CHECK_EQUAL(sizes->largest(), 100u);
}

CAF_TEST(a range reaches from end to end) {
  mqttzoo::core::random_source random{1};
  const auto sizes = payload_sizes::parse("24-27");
  CAF_REQUIRE(sizes.has_value());
  std::size_t seen[4] = {};
  for (int i = 0; i < 1000; ++i)
    ++seen[sizes->draw(random) - 24];
  for (const auto count : seen)
    CAF_CHECK_GREATER(count, 150u);
}

CAF_TEST(weights are kept) {
  mqttzoo::core::random_source random{1};
  const auto sizes = payload_sizes::parse("24:90,1000-2000:10");
  CAF_REQUIRE(sizes.has_value());
  CAF_CHECK_EQUAL(sizes->largest(), 2000u);
  int large = 0;
  for (int i = 0; i < 10'000; ++i)
    large += sizes->draw(random) >= 1000 ? 1 : 0;
  CAF_CHECK_GREATER(large, 800);
  CAF_CHECK_LESS(large, 1200);
}

CAF_TEST(what is no size) {
  for (const auto* text : {"", "23", "x", "64-", "-64", "100-64", "64:0", "64:", "64,", "64:x",
                           "1e3", "64-128:1:1", "300000000"})
    CAF_CHECK(!payload_sizes::parse(text).has_value());
}
