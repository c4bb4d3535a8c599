// The parts of the address of a service: scheme, host, port and what stands behind.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::net {

struct http_url {
  bool secure = false;
  std::string host; ///< without the brackets of an IPv6 address
  std::string port;
  std::string target;    ///< from the '/' on
  std::string authority; ///< host and port as they were written, for the header `Host`
};

/// Nothing if `text` is no `http://` or `https://` address, or holds a user or a fragment.
std::optional<http_url> parse_http_url(std::string_view text);

} // namespace mqttzoo::net
