// One listener for clients, as an entry of `net.listeners` or the options of net.*, net.tls.* and
// net.websocket.* describe it.
//
// Plain values; the entries are read by listener_options.cpp. An absent member counts as those
// options say, and listeners_of() fills it in.
#pragma once

#include "core/identity_rules.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::core {

struct settings;

/// Shown to clients that ask for one of `names`.
struct listener_certificate {
  std::vector<std::string> names; ///< in lower case; "*.example.org" for each name below that
  std::string certificate;        ///< paths of PEM files
  std::string key;
};

struct listener_tls {
  std::optional<std::string> certificate; ///< for clients that name none, or another; with its key
  std::optional<std::string> key;
  std::optional<std::string> ca; ///< empty: no client is asked for a certificate
  std::optional<bool> certificates_required;
  std::vector<listener_certificate> by_name;
};

struct listener_websocket {
  std::optional<std::string> path;
  std::optional<std::vector<std::string>> origins;
};

/// Each connection begins with a header of the PROXY protocol.
struct listener_proxy {
  std::vector<std::string> trusted; ///< networks of proxies; for a socket's file its mode decides
  std::chrono::milliseconds timeout{3'000}; ///< for the header to come
};

struct listener_settings {
  std::string address; ///< empty: `unix_path` counts
  std::uint16_t port{};
  std::string unix_path;
  std::uint16_t unix_mode = 0660;
  std::string name; ///< for logs and metrics; empty: its place
  std::optional<listener_tls> tls;
  std::optional<listener_websocket> websocket;
  std::optional<listener_proxy> proxy;
  certificate_identity identity = certificate_identity::none;
  std::optional<anonymous_rule> anonymous;
  std::optional<std::uint32_t> connections_max;
  std::optional<std::uint32_t> packet_bytes_max; ///< within mqtt.packet.bytes.max

  /// What errors call it: "net.tls", "net.listeners entry 2".
  std::string origin;
};

/// "127.0.0.1:1883", "[::1]:1883", "unix:/run/mqttzoo.sock".
std::string place_of(const listener_settings& l);

/// All listeners there are to be, those of the simple options first, with every member decided but
/// `anonymous`, `connections_max` and `packet_bytes_max`.
std::vector<listener_settings> listeners_of(const settings& s);

/// What is wrong with them together; each names the entry and the key.
std::vector<std::string> check_listeners(const settings& s);

} // namespace mqttzoo::core
