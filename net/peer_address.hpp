// Address and port of a peer, in 20 bytes: a hundred thousand connections remember theirs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <sys/socket.h>

namespace mqttzoo::net {

class peer_address {
public:
  peer_address() = default;
  /// Of AF_INET or AF_INET6; anything else is unknown.
  explicit peer_address(const sockaddr_storage& from) noexcept;

  std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:51234", "[::1]:51234" or "unknown". A mapped IPv4 address is written as IPv4.
  std::string str() const;

private:
  enum class family : std::uint8_t { none, ipv4, ipv6 };

  std::array<unsigned char, 16> bytes_{};
  std::uint16_t port_ = 0;
  family family_ = family::none;
};

} // namespace mqttzoo::net
