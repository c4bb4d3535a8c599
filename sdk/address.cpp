#include "sdk/address.hpp"

#include "core/numbers.hpp"
#include "sdk/include/mqttzoo/error.hpp"

#include <utility>

namespace mqttzoo::sdk {
namespace {

constexpr std::pair<std::string_view, scheme> schemes[] = {
    {"mqtt://", scheme::tcp},   {"mqtts://", scheme::tls},    {"tcp://", scheme::tcp},
    {"ssl://", scheme::tls},    {"ws://", scheme::websocket}, {"wss://", scheme::secure_websocket},
    {"unix://", scheme::local},
};

std::uint16_t usual_port(scheme s) noexcept {
  switch (s) {
  case scheme::tcp:
    return 1883;
  case scheme::tls:
    return 8883;
  case scheme::websocket:
    return 80;
  case scheme::secure_websocket:
    return 443;
  case scheme::local:
    return 0;
  }
  return 1883;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  const auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// A '%' that no two hexadecimal digits follow stands for itself.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    plain +=
        escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    i += escape ? 2 : 0;
  }
  return plain;
}

void read_user(std::string_view text, address& out) {
  const auto colon = text.find(':');
  out.user_name = unescape(text.substr(0, colon));
  if (colon != std::string_view::npos)
    out.password = unescape(text.substr(colon + 1));
}

/// `host`, `host:port`, `[::1]` or `[::1]:port`.
bool read_host(std::string_view text, address& out) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = bracket == std::string_view::npos ? text.find(':') : text.find(':', bracket);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  out.host = host;
  if (colon == std::string_view::npos)
    return !out.host.empty();
  const auto port = core::read_number<decltype(out.port)>(text.substr(colon + 1), 1);
  out.port = port.value_or(0);
  return !out.host.empty() && port;
}

} // namespace

expected<address, std::error_code> parse_address(std::string_view url, scheme fallback) {
  address out;
  out.how = fallback;
  for (const auto& [prefix, how] : schemes) {
    if (!url.starts_with(prefix))
      continue;
    url.remove_prefix(prefix.size());
    out.how = how;
    break;
  }
  if (out.how == scheme::local && !url.empty()) {
    out.path = url;
    out.port = 0;
    return out;
  }
  if (url.find("://") != std::string_view::npos)
    return unexpected<std::error_code>{errc::invalid_address};
  const bool is_web = out.how == scheme::websocket || out.how == scheme::secure_websocket;
  if (const auto slash = url.find('/'); slash != std::string_view::npos) {
    out.path = is_web ? std::string{url.substr(slash)} : unescape(url.substr(slash + 1));
    url = url.substr(0, slash);
  } else if (!is_web) {
    out.path.clear();
  }
  if (const auto at = url.rfind('@'); at != std::string_view::npos) {
    read_user(url.substr(0, at), out);
    url.remove_prefix(at + 1);
  }
  out.port = usual_port(out.how);
  if (!read_host(url, out))
    return unexpected<std::error_code>{errc::invalid_address};
  return out;
}

std::string host_and_port(const address& of) {
  const bool is_ipv6 = of.host.find(':') != std::string::npos;
  return (is_ipv6 ? '[' + of.host + ']' : of.host) + ':' + std::to_string(of.port);
}

std::vector<address> parse_reference(std::string_view text, const address& from) {
  std::vector<address> found;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto one = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    auto parsed =
        one.empty()
            ? expected<address, std::error_code>{unexpected<std::error_code>{errc::invalid_address}}
            : parse_address(one, from.how);
    if (!parsed)
      continue;
    if (parsed->how == from.how)
      parsed->path = from.path;
    found.push_back(std::move(*parsed));
  }
  return found;
}

} // namespace mqttzoo::sdk
