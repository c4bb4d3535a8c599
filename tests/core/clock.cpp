// Time moves only when a test says so; the real clocks move by themselves.
#define CAF_SUITE core.clock

#include "core/clock.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::core;
using namespace std::chrono_literals;

CAF_TEST(a manual clock stands still until it is moved) {
  manual_clock clock;
  const auto start = clock.now();
  const auto start_ms = clock.unix_ms();
  CAF_CHECK(clock.now() == start);
  clock.advance(1500ms);
  CAF_CHECK(clock.now() - start == 1500ms);
  CAF_CHECK_EQUAL(clock.unix_ms() - start_ms, 1500);
}

CAF_TEST(the system clock does not go back and knows the year) {
  const mqttzoo::core::system_clock clock;
  const auto before = clock.now();
  CAF_CHECK(clock.now() >= before);
  CAF_CHECK_GREATER(clock.unix_ms(), 1'700'000'000'000); // November 2023
}
