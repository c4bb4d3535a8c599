#include "core/ip_network.hpp"

#include "core/numbers.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <string>

namespace mqttzoo::core {

namespace {

constexpr ip_bytes mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t mapped_bytes = mapped_ipv4_bits / 8;

struct parsed_address {
  ip_bytes bytes = mapped_prefix;
  unsigned prefix_begins = mapped_ipv4_bits; ///< the bit that its own prefix counts from
};

std::optional<parsed_address> parse_address(const std::string& text) {
  parsed_address a;
  if (::inet_pton(AF_INET, text.c_str(), a.bytes.data() + mapped_bytes) == 1)
    return a;
  a.prefix_begins = 0;
  if (::inet_pton(AF_INET6, text.c_str(), a.bytes.data()) == 1)
    return a;
  return std::nullopt;
}

} // namespace

bool is_mapped_ipv4(const ip_bytes& address) noexcept {
  return std::equal(address.begin(), address.begin() + mapped_bytes, mapped_prefix.begin());
}

std::optional<ip_network> ip_network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(std::string{text.substr(0, slash)});
  if (!address)
    return std::nullopt;
  ip_network n;
  n.first_ = address->bytes;
  if (slash == text.npos)
    return n;
  const auto digits = text.substr(slash + 1);
  const auto bits = read_number<unsigned>(digits, 0, 128 - address->prefix_begins);
  if (!bits)
    return std::nullopt;
  n.prefix_bits_ = address->prefix_begins + *bits;
  return n.ends_at_prefix() ? std::optional{n} : std::nullopt;
}

bool ip_network::ends_at_prefix() const noexcept {
  const auto whole = prefix_bits_ / 8;
  const auto rest = prefix_bits_ % 8;
  const auto next = first_.begin() + whole + (rest == 0 ? 0 : 1);
  return (rest == 0 || static_cast<std::uint8_t>(first_[whole] << rest) == 0) &&
         std::all_of(next, first_.end(), [](std::uint8_t b) { return b == 0; });
}

bool ip_network::contains(const ip_bytes& address) const noexcept {
  const auto whole = prefix_bits_ / 8;
  if (!std::equal(address.begin(), address.begin() + whole, first_.begin()))
    return false;
  const auto rest = prefix_bits_ % 8;
  return rest == 0 || ((address[whole] ^ first_[whole]) >> (8 - rest)) == 0;
}

} // namespace mqttzoo::core
