#include "auth/base64.hpp"

namespace mqttzoo::auth {

namespace {

/// -1 if it is none.
int value_of(char c, base64_form form) noexcept {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  const bool url = form == base64_form::url;
  if (c == (url ? '-' : '+'))
    return 62;
  return c == (url ? '_' : '/') ? 63 : -1;
}

/// Without what pads it; nothing if that is not as it must be.
std::optional<std::string_view> without_padding(std::string_view text, base64_form form) noexcept {
  if (form != base64_form::padded)
    return text;
  if (text.size() % 4 != 0)
    return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i)
    text.remove_suffix(1);
  return text;
}

} // namespace

std::optional<std::string> decode_base64(std::string_view text, base64_form form) {
  const auto digits = without_padding(text, form);
  if (!digits || digits->size() % 4 == 1)
    return std::nullopt;
  std::string bytes;
  bytes.reserve(digits->size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : *digits) {
    const int value = value_of(c, form);
    if (value < 0)
      return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8)
      continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  if ((bits & ((1u << count) - 1)) != 0)
    return std::nullopt;
  return bytes;
}

} // namespace mqttzoo::auth
