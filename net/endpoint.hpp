// Address and port of a peer, as text.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace mqttzoo::net {

using endpoint = boost::asio::ip::tcp::endpoint;

/// "127.0.0.1:51234" or "[::1]:51234"; a mapped IPv4 address is written as IPv4. "unix" for one
/// that is not specified: who came by a socket's file has none.
inline std::string to_string(const endpoint& e) {
  namespace ip = boost::asio::ip;
  if (e == endpoint{})
    return "unix";
  const auto port = ':' + std::to_string(e.port());
  if (e.address().is_v4())
    return e.address().to_string() + port;
  const auto v6 = e.address().to_v6();
  if (v6.is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, v6).to_string() + port;
  return '[' + v6.to_string() + ']' + port;
}

} // namespace mqttzoo::net
