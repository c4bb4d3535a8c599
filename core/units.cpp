#include "core/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace mqttzoo::core::units {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, which is the order in which the shortest form is looked for.
constexpr auto byte_units = std::to_array<unit>({{"TiB", std::uint64_t{1} << 40},
                                                 {"GiB", std::uint64_t{1} << 30},
                                                 {"MiB", std::uint64_t{1} << 20},
                                                 {"KiB", std::uint64_t{1} << 10},
                                                 {"B", 1}});
constexpr auto duration_units = std::to_array<unit>(
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}});
constexpr std::string_view never_word = "never";

struct quantity {
  std::uint64_t number;
  std::string_view unit;
};

std::optional<quantity> split(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{})
    return std::nullopt;
  return quantity{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::optional<std::uint64_t> scale(const quantity& q, std::span<const unit> units) {
  for (const auto& u : units)
    if (u.name == q.unit) {
      if (q.number > std::numeric_limits<std::uint64_t>::max() / u.factor)
        return std::nullopt;
      return q.number * u.factor;
    }
  return std::nullopt;
}

std::string show(std::uint64_t value, std::span<const unit> units) {
  for (const auto& u : units)
    if (value != 0 && value % u.factor == 0)
      return std::to_string(value / u.factor) + std::string{u.name};
  return "0";
}

} // namespace

std::optional<std::uint64_t> read_integer(std::string_view text) {
  const auto q = split(text);
  if (!q || !q->unit.empty())
    return std::nullopt;
  return q->number;
}

std::optional<std::uint64_t> read_bytes(std::string_view text) {
  const auto q = split(text);
  if (q && q->unit.empty())
    return q->number;
  return q ? scale(*q, byte_units) : std::nullopt;
}

std::optional<std::uint64_t> read_duration_ms(std::string_view text) {
  if (text == never_word)
    return std::chrono::milliseconds{never}.count();
  const auto q = split(text);
  if (q && q->unit.empty() && q->number == 0)
    return 0;
  return q ? scale(*q, duration_units) : std::nullopt;
}

std::string show_bytes(std::uint64_t bytes) {
  return show(bytes, byte_units);
}

std::string show_duration(std::chrono::milliseconds duration) {
  if (duration == never)
    return std::string{never_word};
  return show(static_cast<std::uint64_t>(duration.count()), duration_units);
}

} // namespace mqttzoo::core::units
