// Hosts with their ports, as URLs and logs write them: "mqtt.example:1883", "[::1]:1883".
//
// Functions of text that look nothing up; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqttzoo::core {

/// An IPv6 address in brackets, if it has none; names and IPv4 addresses as they are.
inline std::string in_brackets(std::string_view host) {
  const bool bare_v6 = host.find(':') != host.npos && !host.starts_with('[');
  return bare_v6 ? '[' + std::string{host} + ']' : std::string{host};
}

inline std::string host_and_port(std::string_view host, std::string_view port) {
  return in_brackets(host) + ':' + std::string{port};
}

inline std::string host_and_port(std::string_view host, std::uint16_t port) {
  return host_and_port(host, std::to_string(port));
}

/// `at` is a host, or one with its port; if it names no port, `port` counts.
inline std::string with_port(std::string_view at, std::optional<std::uint16_t> port) {
  const bool bare_v6 = std::count(at.begin(), at.end(), ':') > 1 && !at.starts_with('[');
  const bool names_port = !bare_v6 && !at.ends_with(']') && at.find(':') != at.npos;
  if (names_port)
    return std::string{at};
  return port ? host_and_port(at, *port) : in_brackets(at);
}

} // namespace mqttzoo::core
