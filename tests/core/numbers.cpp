// Whole texts as numbers: bounds, and what is no number.
#define CAF_SUITE core.numbers
#include "core/numbers.hpp"

#include <caf/test/dsl.hpp>

#include <cstdint>

using mqttzoo::core::read_decimal;
using mqttzoo::core::read_number;

CAF_TEST(the whole of a text is a number) {
  CAF_CHECK(read_number<std::uint32_t>("0") == 0u);
  CAF_CHECK(read_number<std::uint32_t>("4294967295") == 4294967295u);
  for (const auto* text : {"", " 1", "1 ", "1x", "x1", "+1", "0x1", "1.5", "-1"})
    CAF_CHECK(!read_number<std::uint32_t>(text));
}

CAF_TEST(a number that does not fit its type is none) {
  CAF_CHECK(!read_number<std::uint32_t>("4294967296"));
  CAF_CHECK(!read_number<std::uint8_t>("256"));
}

CAF_TEST(a number has bounds and is not negative unless they say so) {
  CAF_CHECK(!read_number<int>("-1"));
  CAF_CHECK(read_number<int>("-1", -1) == -1);
  CAF_CHECK(!read_number<int>("0", 1, 3));
  CAF_CHECK(read_number<int>("1", 1, 3) == 1);
  CAF_CHECK(read_number<int>("3", 1, 3) == 3);
  CAF_CHECK(!read_number<int>("4", 1, 3));
}

CAF_TEST(a decimal has a fraction or none) {
  CAF_CHECK(read_decimal("2.5") == 2.5);
  CAF_CHECK(read_decimal("2") == 2.0);
  for (const auto* text : {"", "2.5s", "inf", "nan", "1e999"})
    CAF_CHECK(!read_decimal(text));
}
