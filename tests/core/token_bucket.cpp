// A rate holds over time, whatever is taken at once.
#define CAF_SUITE core.token_bucket

#include "core/token_bucket.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::core;
using namespace std::chrono_literals;

namespace {

constexpr token_bucket::time_point start{1h};

} // namespace

CAF_TEST(without a rate there is no limit) {
  token_bucket b;
  b.take(1'000'000'000, {}, start);
  CAF_CHECK_EQUAL(b.left({}, start), std::numeric_limits<std::uint64_t>::max());
  CAF_CHECK(b.has(1, {}) < start);
}

CAF_TEST(a burst and then the rate) {
  const rate_limit rate{10, 2s};
  token_bucket b;
  CAF_CHECK_EQUAL(b.left(rate, start), 20u);
  b.take(20, rate, start);
  CAF_CHECK_EQUAL(b.left(rate, start), 0u);
  CAF_CHECK(b.has(1, rate) == start + 100ms);
  CAF_CHECK_EQUAL(b.left(rate, start + 99ms), 0u);
  CAF_CHECK_EQUAL(b.left(rate, start + 100ms), 1u);
  CAF_CHECK_EQUAL(b.left(rate, start + 1s), 10u);
  CAF_CHECK(!b.full(start + 1999ms));
  CAF_CHECK(b.full(start + 2s));
  CAF_CHECK_EQUAL(b.left(rate, start + 1h), 20u);
  CAF_CHECK(b.has(1'000, rate) == start + 2s); // all there can be
}

CAF_TEST(what is overdrawn is waited for) {
  const rate_limit rate{1000, 1s};
  token_bucket b;
  b.take(5000, rate, start);
  CAF_CHECK_EQUAL(b.left(rate, start + 4s), 0u);
  CAF_CHECK_EQUAL(b.left(rate, start + 4s + 1ms), 1u);
  CAF_CHECK_EQUAL(b.left(rate, start + 5s), 1000u);
}

CAF_TEST(a burst shorter than one thing takes one) {
  const rate_limit rate{1, 100ms};
  token_bucket b;
  CAF_CHECK_EQUAL(b.left(rate, start), 1u);
  b.take(1, rate, start);
  CAF_CHECK_EQUAL(b.left(rate, start + 999ms), 0u);
  CAF_CHECK_EQUAL(b.left(rate, start + 1s), 1u);
}

CAF_TEST(a burst is there to the last of it whatever the rate is) {
  for (const std::uint64_t per_second : {3u, 7u, 49u, 999u, 2999u}) {
    const rate_limit rate{per_second, 1s};
    token_bucket b;
    for (std::uint64_t n = per_second; n > 0; --n) {
      CAF_REQUIRE_EQUAL(b.left(rate, start), n);
      b.take(1, rate, start);
    }
    CAF_CHECK_EQUAL(b.left(rate, start), 0u);
  }
}

CAF_TEST(who waits as long as it is told finds what it waited for) {
  for (const std::uint64_t per_second : {1u, 3u, 7u, 999u, 999'983u, 10'000'019u}) {
    const rate_limit rate{per_second, 1s};
    token_bucket b;
    auto now = start;
    for (const std::uint64_t n : {1u, 2u, 3u, 100u, 999u}) {
      b.take(b.left(rate, now) + n, rate, now);
      now = b.has(n, rate);
      CAF_CHECK_GREATER_OR_EQUAL(b.left(rate, now), std::min(n, per_second));
    }
  }
}

CAF_TEST(what is taken greedily is the rate) {
  for (const std::uint64_t per_second : {1u, 3u, 7u, 1000u, 999'983u}) {
    const rate_limit rate{per_second, 100ms};
    token_bucket b;
    std::uint64_t taken = 0;
    for (auto now = start; now < start + 10s; now += 1ms) {
      const auto n = b.left(rate, now);
      taken += n;
      b.take(n, rate, now);
    }
    const auto most = 10 * per_second + std::max<std::uint64_t>(per_second / 10, 1);
    CAF_CHECK_LESS_OR_EQUAL(taken, most);
    CAF_CHECK_GREATER_OR_EQUAL(taken, most - most / 100 - 1);
  }
}

CAF_TEST(the largest rates and bursts do not overflow) {
  const rate_limit rate{std::uint64_t{10} << 30, 1h};
  token_bucket b;
  CAF_CHECK_EQUAL(b.left(rate, start), 3600 * rate.per_second);
  b.take(std::uint64_t{1} << 40, rate, start);
  CAF_CHECK_LESS(b.left(rate, start), 3600 * rate.per_second);
  CAF_CHECK_GREATER(b.left(rate, start), 3400 * rate.per_second);
  CAF_CHECK_EQUAL(b.left(rate, start + 1h), 3600 * rate.per_second);
}
