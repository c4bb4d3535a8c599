// Address and port of a peer: as text, and whether it is on this machine.
#pragma once

#include "core/host_port.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>

namespace mqttzoo::net {

using endpoint = boost::asio::ip::tcp::endpoint;

/// A mapped IPv4 address is the one it maps.
inline boost::asio::ip::address address_of(const endpoint& e) {
  namespace ip = boost::asio::ip;
  const auto& a = e.address();
  const bool mapped = a.is_v6() && a.to_v6().is_v4_mapped();
  return mapped ? ip::address{ip::make_address_v4(ip::v4_mapped, a.to_v6())} : a;
}

inline bool is_loopback(const endpoint& e) {
  return address_of(e).is_loopback();
}

/// "127.0.0.1:51234" or "[::1]:51234"; a mapped IPv4 address is written as IPv4. "unix" for one
/// that is not specified: who came by a socket's file has none.
inline std::string to_string(const endpoint& e) {
  if (e == endpoint{})
    return "unix";
  return core::host_and_port(address_of(e).to_string(), e.port());
}

} // namespace mqttzoo::net
