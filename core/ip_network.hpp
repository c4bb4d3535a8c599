// IP addresses as bytes, and networks of them as people write them.
//
// Values, any thread. An IPv4 address is the IPv6 address it is mapped to (::ffff:192.0.2.1), so
// that it is the same however a socket came by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mqttzoo::core {

using ip_bytes = std::array<std::uint8_t, 16>;

/// Where the bytes of an IPv4 address begin among those of the address it is mapped to.
inline constexpr unsigned mapped_ipv4_bits = 96;

bool is_mapped_ipv4(const ip_bytes& address) noexcept;

class ip_network {
public:
  /// "10.0.0.0/8", "2001:db8::/32", or one address. Nothing if it is neither,
  /// or if bits stand behind the prefix.
  static std::optional<ip_network> parse(std::string_view text);

  bool contains(const ip_bytes& address) const noexcept;

private:
  bool ends_at_prefix() const noexcept;

  ip_bytes first_{};
  unsigned prefix_bits_ = 128;
};

} // namespace mqttzoo::core
