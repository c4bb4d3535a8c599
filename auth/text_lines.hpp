// The lines of a file of accounts or rights, without what surrounds them.
//
// Pure functions over views.
#pragma once

#include <cstddef>
#include <string_view>

namespace mqttzoo::auth {

/// Without blanks, tabs and carriage returns at both ends.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\f\v";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes the line in front off `text`, without its end.
constexpr std::string_view take_line(std::string_view& text) noexcept {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// Takes what stands before the first blank off `text`, and the blanks behind it.
constexpr std::string_view take_word(std::string_view& text) noexcept {
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

} // namespace mqttzoo::auth
