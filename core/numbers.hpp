// Whole texts as decimal numbers, as people and other programs write them.
//
// Pure functions; thread-safe.
#pragma once

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace mqttzoo::core {

/// A whole number, decimal, from `least` to `most`; nothing if `text` is anything else.
template<class Number>
std::optional<Number> read_number(std::string_view text, Number least = 0,
                                  Number most = std::numeric_limits<Number>::max()) {
  Number value{};
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || value < least || value > most)
    return std::nullopt;
  return value;
}

/// A number with or without a fraction; nothing if `text` is anything else.
inline std::optional<double> read_decimal(std::string_view text) {
  double value = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{} || parsed.ptr != end || !std::isfinite(value))
    return std::nullopt;
  return value;
}

} // namespace mqttzoo::core
