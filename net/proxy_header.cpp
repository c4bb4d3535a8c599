#include "net/proxy_header.hpp"

#include "core/units.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace mqttzoo::net {

namespace {

namespace ip = boost::asio::ip;
using result = expected<std::optional<proxy_header>, proxy_fault>;
using relation = proxy_header::relation;

constexpr std::string_view line_start = "PROXY ";
constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t fixed_bytes = 16; // signature, version and command, family, length

result failed(proxy_fault why) {
  return unexpected<proxy_fault>{why};
}

/// Whether `bytes` could become `whole` with more behind them.
bool begins(std::string_view bytes, std::string_view whole) noexcept {
  return whole.starts_with(bytes.substr(0, whole.size()));
}

// --- version 1: a line ---

/// What stands before the next space, which goes too.
std::string_view next_word(std::string_view& line) noexcept {
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::optional<ip::address> read_address(std::string_view text, bool v6) {
  boost::system::error_code error;
  if (text.find('%') != text.npos) // an interface of another machine
    return std::nullopt;
  ip::address address;
  if (v6)
    address = ip::make_address_v6(std::string{text}, error);
  else
    address = ip::make_address_v4(std::string{text}, error);
  return error ? std::nullopt : std::optional{address};
}

std::optional<std::uint16_t> read_port(std::string_view text) {
  const auto port = core::units::read_integer(text);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (!port || *port > std::numeric_limits<std::uint16_t>::max() || leading_zero)
    return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

result read_line(std::string_view bytes) {
  const auto end = bytes.substr(0, proxy_line_bytes_max).find("\r\n");
  if (end == bytes.npos) {
    if (bytes.size() >= proxy_line_bytes_max)
      return failed(proxy_fault::too_long);
    return std::nullopt;
  }
  auto line = bytes.substr(line_start.size(), end - line_start.size());
  proxy_header header;
  header.size_bytes = end + 2;
  const auto family = next_word(line);
  if (family == "UNKNOWN") { // whatever follows
    header.speaks_for = relation::unknown;
    return header;
  }
  if (family != "TCP4" && family != "TCP6")
    return failed(proxy_fault::unsupported);
  const bool v6 = family == "TCP6";
  const auto source = read_address(next_word(line), v6);
  const auto destination = read_address(next_word(line), v6);
  const auto port = read_port(next_word(line));
  const auto destination_port = read_port(line);
  if (!source || !destination || !port || !destination_port)
    return failed(proxy_fault::malformed);
  header.speaks_for = relation::known;
  header.source = {*source, *port};
  return header;
}

// --- version 2: binary ---

std::size_t u16_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[at]) << 8 |
                                  static_cast<std::uint8_t>(bytes[at + 1]));
}

template<class Address>
endpoint source_of(std::string_view addresses) noexcept {
  typename Address::bytes_type bytes;
  std::copy_n(addresses.begin(), bytes.size(), bytes.begin());
  const auto port = u16_at(addresses, 2 * bytes.size());
  return {Address{bytes}, static_cast<std::uint16_t>(port)};
}

/// Types of one byte, lengths of two, values: one after the other to the very end.
bool are_whole(std::string_view additions) noexcept {
  while (!additions.empty()) {
    if (additions.size() < 3)
      return false;
    const auto size = 3 + u16_at(additions, 1);
    if (size > additions.size())
      return false;
    additions.remove_prefix(size);
  }
  return true;
}

/// The address family in the high half, the transport in the low one.
enum family : std::uint8_t { unspecified = 0x00, tcp4 = 0x11, tcp6 = 0x21, unix_stream = 0x31 };

result read_addresses(proxy_header header, std::uint8_t family, std::string_view rest) {
  constexpr std::size_t tcp4_bytes = 12, tcp6_bytes = 36, unix_bytes = 216;
  std::size_t size = 0;
  switch (family) {
  case unspecified:
    header.speaks_for = relation::unknown;
    return header; // whatever follows
  case tcp4:
    size = tcp4_bytes;
    break;
  case tcp6:
    size = tcp6_bytes;
    break;
  case unix_stream:
    size = unix_bytes;
    break;
  default:
    return failed(proxy_fault::unsupported);
  }
  if (rest.size() < size || !are_whole(rest.substr(size)))
    return failed(proxy_fault::malformed);
  header.speaks_for = family == unix_stream ? relation::unknown : relation::known;
  if (family == tcp4)
    header.source = source_of<ip::address_v4>(rest);
  else if (family == tcp6)
    header.source = source_of<ip::address_v6>(rest);
  return header;
}

result read_binary(std::string_view bytes) {
  if (bytes.size() < fixed_bytes)
    return std::nullopt;
  const auto version_command = static_cast<std::uint8_t>(bytes[12]);
  const auto family = static_cast<std::uint8_t>(bytes[13]);
  constexpr std::uint8_t version_2 = 0x20, local = 0, proxy = 1;
  const auto command = version_command & 0x0F;
  if ((version_command & 0xF0) != version_2 || command > proxy)
    return failed(proxy_fault::unsupported);
  proxy_header header;
  header.size_bytes = fixed_bytes + u16_at(bytes, 14);
  if (header.size_bytes > proxy_header_bytes_max)
    return failed(proxy_fault::too_long);
  if (bytes.size() < header.size_bytes)
    return std::nullopt;
  if (command == local) // whatever follows
    return header;
  return read_addresses(header, family, bytes.substr(fixed_bytes, header.size_bytes - fixed_bytes));
}

} // namespace

std::string_view to_string(proxy_fault f) noexcept {
  constexpr std::array<std::string_view, 4> words{
      "it does not begin with a header of the PROXY protocol", "its PROXY header is too long",
      "its PROXY header is malformed", "its PROXY header is of a kind that is not supported"};
  return words[static_cast<std::size_t>(f)];
}

result read_proxy_header(std::string_view bytes) {
  if (!begins(bytes, line_start) && !begins(bytes, signature))
    return failed(proxy_fault::no_header);
  if (bytes.size() >= line_start.size() && bytes.starts_with(line_start))
    return read_line(bytes);
  if (bytes.size() >= signature.size())
    return read_binary(bytes);
  return std::nullopt;
}

} // namespace mqttzoo::net
