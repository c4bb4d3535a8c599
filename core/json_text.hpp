// JSON as text, and back.
//
// Pure functions, for each kind of nlohmann's JSON, whose flags they name; any thread. Text that is
// no UTF-8 is replaced, never refused.
#pragma once

#include <string>
#include <string_view>

namespace mqttzoo::core {

/// In one line, for programs.
template<class Json>
std::string to_text(const Json& j) {
  constexpr int in_one_line = -1;
  constexpr bool ascii_only = false;
  return j.dump(in_one_line, ' ', ascii_only, Json::error_handler_t::replace);
}

/// A line for each member, for people.
template<class Json>
std::string to_lines(const Json& j) {
  constexpr int indent = 2;
  constexpr bool ascii_only = false;
  return j.dump(indent, ' ', ascii_only, Json::error_handler_t::replace);
}

/// `is_discarded()` if it is no JSON.
template<class Json>
Json parse_json(std::string_view text) {
  constexpr bool throws = false;
  return Json::parse(text, nullptr, throws);
}

} // namespace mqttzoo::core
