// The notation of numbers: what is read, what is refused, and that both directions agree.
#define CAF_SUITE core.units

#include "core/units.hpp"

#include <caf/test/dsl.hpp>

namespace units = mqttzoo::core::units;

CAF_TEST(integers are plain digits) {
  CAF_CHECK(units::read_integer("1883") == 1883u);
  for (const auto* text : {"", "-1", "+1", "1.5", "1 ", " 1", "0x10", "18446744073709551616"})
    CAF_CHECK(!units::read_integer(text));
}

CAF_TEST(sizes take binary units) {
  CAF_CHECK(units::read_bytes("65536") == 65536u);
  CAF_CHECK(units::read_bytes("64KiB") == 65536u);
  CAF_CHECK(units::read_bytes("1TiB") == std::uint64_t{1} << 40);
  for (const auto* text : {"", "KiB", "64KB", "64kib", "64 KiB", "16777216TiB"})
    CAF_CHECK(!units::read_bytes(text));
}

CAF_TEST(durations need a unit unless they are zero or endless) {
  CAF_CHECK(units::read_duration_ms("500ms") == 500u);
  CAF_CHECK(units::read_duration_ms("30s") == 30'000u);
  CAF_CHECK(units::read_duration_ms("7d") == 7u * 86'400'000u);
  CAF_CHECK(units::read_duration_ms("0") == 0u);
  CAF_CHECK(units::read_duration_ms("never") == 4'294'967'295'000u);
  for (const auto* text : {"", "30", "s", "30sec", "-1s", "999999999999999999d"})
    CAF_CHECK(!units::read_duration_ms(text));
}

CAF_TEST(shown values are the shortest exact form and read back) {
  CAF_CHECK_EQUAL(units::show_bytes(1 << 20), "1MiB");
  CAF_CHECK_EQUAL(units::show_bytes(1500), "1500B");
  CAF_CHECK_EQUAL(units::show_duration(std::chrono::seconds{90}), "90s");
  CAF_CHECK_EQUAL(units::show_duration(std::chrono::minutes{60}), "1h");
  CAF_CHECK_EQUAL(units::show_duration(units::never), "never");
  for (const std::uint64_t value :
       {0u, 1u, 999u, 1000u, 1024u, 90'000u, 86'400'000u, 123'456'789u}) {
    CAF_CHECK(units::read_bytes(units::show_bytes(value)) == value);
    const auto shown = units::show_duration(std::chrono::milliseconds{value});
    CAF_CHECK(units::read_duration_ms(shown) == value);
  }
}
