#include "tools/cli/mosquitto_conf_values.hpp"

#include "core/numbers.hpp"

#include <cstdint>

namespace mqttzoo::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view white = " \t\r";

/// `14d` and the like; mosquitto's months and years are said in days.
std::optional<std::string> duration_of(std::string_view text) {
  if (text.empty())
    return std::nullopt;
  const auto n = core::read_number<std::uint64_t>(text.substr(0, text.size() - 1));
  if (!n)
    return std::nullopt;
  switch (text.back()) {
  case 'h':
  case 'd':
    return std::string{text};
  case 'w':
    return std::to_string(*n * 7) + 'd';
  case 'm':
    return std::to_string(*n * 30) + 'd';
  case 'y':
    return std::to_string(*n * 365) + 'd';
  default:
    return std::nullopt;
  }
}

} // namespace

std::string_view trim(std::string_view s) {
  const auto first = s.find_first_not_of(white);
  if (first == s.npos)
    return {};
  return s.substr(first, s.find_last_not_of(white) - first + 1);
}

std::string_view first_word(std::string_view s) {
  return s.substr(0, s.find_first_of(white));
}

std::optional<bool> truth_of(std::string_view text) {
  const auto word = first_word(text);
  if (word == "true" || word == "1")
    return true;
  if (word == "false" || word == "0")
    return false;
  return std::nullopt;
}

std::optional<json> value_of(std::string_view text, value_kind kind) {
  switch (kind) {
  case value_kind::text:
    return json(std::string{text});
  case value_kind::boolean:
    if (const auto truth = truth_of(text))
      return json(*truth);
    return std::nullopt;
  case value_kind::duration:
    if (auto d = duration_of(first_word(text)))
      return json(*d);
    return std::nullopt;
  case value_kind::number:
  case value_kind::seconds:
  case value_kind::bytes:
    break;
  }
  const auto n = core::read_number<std::uint64_t>(first_word(text));
  if (!n)
    return std::nullopt;
  if (kind == value_kind::number)
    return json(*n);
  return json(std::to_string(*n) + (kind == value_kind::seconds ? "s" : "B"));
}

} // namespace mqttzoo::cli
