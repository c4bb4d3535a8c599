#include "wire_table.hpp"

#include <cassert>

namespace mqttzoo::mqtt::testing {
namespace {

unsigned digit(char c) {
  const auto found = std::string_view{"0123456789abcdef"}.find(c | 0x20);
  assert(found != std::string_view::npos);
  return static_cast<unsigned>(found);
}

/// A length as a variable byte integer, written apart from the code under test.
std::string length_field(std::size_t length) {
  std::string out;
  do {
    const auto low = length % 128;
    length /= 128;
    out += static_cast<char>(low + (length != 0 ? 128 : 0));
  } while (length != 0);
  return out;
}

std::string with_two_byte_length(std::string_view text) {
  std::string out;
  out += static_cast<char>(text.size() / 256);
  out += static_cast<char>(text.size() % 256);
  return out.append(text);
}

std::string_view take_until(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  assert(at != std::string_view::npos);
  const auto taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

/// Translates up to the end of the notation or of the group.
std::string translate(std::string_view& rest) {
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == ' ')
      continue;
    if (c == ']')
      return out;
    if (c == '\'') {
      out.append(take_until(rest, '\''));
    } else if (c == '{') {
      out += with_two_byte_length(take_until(rest, '}'));
    } else if (c == '[') {
      const auto inner = translate(rest);
      out += length_field(inner.size()) + inner;
    } else {
      out += static_cast<char>(digit(c) * 16 + digit(rest.front()));
      rest.remove_prefix(1);
    }
  }
  return out;
}

} // namespace

std::string bytes(std::string_view notation) {
  return translate(notation);
}

const std::vector<wire_case>& wire_table() {
  static const wire_rows table = [] {
    wire_rows rows;
    add_frame_rows(rows);
    add_connect_rows(rows);
    add_connect_errors(rows);
    add_connack_rows(rows);
    add_publish_rows(rows);
    add_ack_rows(rows);
    add_subscribe_rows(rows);
    add_misc_rows(rows);
    return rows;
  }();
  return table.rows();
}

} // namespace mqttzoo::mqtt::testing
