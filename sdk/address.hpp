// Where a server is: what a URL of client_options::servers, or a Server Reference, says.
//
// Plain values and a pure function.
#pragma once

#include "core/expected.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace mqttzoo::sdk {

enum class scheme : std::uint8_t { tcp, tls, websocket, secure_websocket, local };

struct address {
  scheme how = scheme::tcp;
  std::string host;
  std::uint16_t port = 1883;
  /// Of a WebSocket, or the socket's file; else what follows the host, without '/'.
  std::string path = "/mqtt";
  std::optional<std::string> user_name, password;
  bool operator==(const address&) const = default;
};

/// `mqtt://`, `mqtts://`, `ws://`, `wss://`, also `tcp://` and `ssl://`, and `unix://` before a
/// socket's file; without a scheme as `fallback` says. User, password and path may be
/// percent-encoded, but not a file's name.
expected<address, std::error_code> parse_address(std::string_view url,
                                                 scheme fallback = scheme::tcp);

/// `host:port` as a URL has it: with brackets around an IPv6 address.
std::string host_and_port(const address& of);

/// A Server Reference (section 4.13): addresses separated by spaces, to be reached as `from` was.
/// What cannot be understood is left out.
std::vector<address> parse_reference(std::string_view text, const address& from);

} // namespace mqttzoo::sdk
