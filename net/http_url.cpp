#include "net/http_url.hpp"

#include <algorithm>

namespace mqttzoo::net {

namespace {

bool is_port(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<http_url> parse_http_url(std::string_view text) {
  http_url url;
  if (text.starts_with("https://"))
    url.secure = true;
  else if (!text.starts_with("http://"))
    return std::nullopt;
  text.remove_prefix(url.secure ? 8 : 7);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable || text.find_first_of("@#") != std::string_view::npos)
    return std::nullopt;
  const auto authority = text.substr(0, text.find_first_of("/?"));
  url.authority = authority;
  url.target = text.substr(authority.size());
  if (!url.target.starts_with('/'))
    url.target.insert(0, 1, '/');
  url.port = url.secure ? "443" : "80";
  auto host = authority;
  const auto in_brackets = authority.starts_with('[') ? authority.find(']') : 0;
  if (in_brackets == std::string_view::npos)
    return std::nullopt;
  if (const auto colon = authority.find(':', in_brackets); colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    host = authority.substr(0, colon);
  }
  if (in_brackets > 0 && host.size() == in_brackets + 1)
    host = host.substr(1, in_brackets - 1);
  url.host = host;
  if (url.host.empty() || !is_port(url.port))
    return std::nullopt;
  return url;
}

} // namespace mqttzoo::net
