#include "admin/http.hpp"

#include "core/json_text.hpp"

#include <nlohmann/json.hpp>

namespace mqttzoo::admin {

namespace {

int digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

enum class plus : std::uint8_t { is_plus, is_space };

std::optional<std::string> decode(std::string_view text, plus as) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && as == plus::is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
        return std::nullopt;
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    }
  }
  return out;
}

/// Takes what is before the next `mark` off the front.
std::string_view take(std::string_view& from, char mark) {
  const auto end = from.find(mark);
  const auto taken = from.substr(0, end);
  from = end == from.npos ? std::string_view{} : from.substr(end + 1);
  return taken;
}

} // namespace

std::optional<request> parse_target(std::string_view target) {
  if (!target.starts_with('/'))
    return std::nullopt;
  request r;
  auto path = take(target, '?');
  r.path = path;
  for (path.remove_prefix(1); !path.empty();) {
    auto segment = decode(take(path, '/'), plus::is_plus);
    if (!segment)
      return std::nullopt;
    r.segments.push_back(*std::move(segment));
  }
  while (!target.empty()) {
    auto pair = take(target, '&');
    auto name = decode(take(pair, '='), plus::is_space);
    auto value = decode(pair, plus::is_space);
    if (!name || !value)
      return std::nullopt;
    r.query[*std::move(name)] = *std::move(value);
  }
  return r;
}

response make_error(unsigned status, std::string_view message) {
  const nlohmann::json j{{"error", {{"status", status}, {"message", message}}}};
  return {status, "application/json", core::to_text(j) + '\n'};
}

} // namespace mqttzoo::admin
