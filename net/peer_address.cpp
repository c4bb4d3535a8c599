#include "net/peer_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

namespace mqttzoo::net {

peer_address::peer_address(const sockaddr_storage& from) noexcept {
  if (from.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    std::memcpy(bytes_.data(), &v4.sin_addr, sizeof v4.sin_addr);
    port_ = ntohs(v4.sin_port);
    family_ = family::ipv4;
  } else if (from.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from, sizeof v6);
    port_ = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::copy_n(v6.sin6_addr.s6_addr + 12, 4, bytes_.begin());
      family_ = family::ipv4;
    } else {
      std::copy_n(v6.sin6_addr.s6_addr, 16, bytes_.begin());
      family_ = family::ipv6;
    }
  }
}

std::string peer_address::str() const {
  if (family_ == family::none)
    return "unknown";
  const bool v6 = family_ == family::ipv6;
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
  const auto port = std::to_string(port_);
  return v6 ? '[' + std::string{text} + "]:" + port : text + (':' + port);
}

} // namespace mqttzoo::net
