// Peers as text.
#define CAF_SUITE net.peer_address

#include "net/peer_address.hpp"

#include <caf/test/dsl.hpp>

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>

using mqttzoo::net::peer_address;

namespace {

std::string v6_text(const char* address, std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  CAF_REQUIRE_EQUAL(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
  sockaddr_storage storage{};
  std::memcpy(&storage, &v6, sizeof v6);
  return peer_address{storage}.str();
}

} // namespace

CAF_TEST(each family is written in its own way) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(51234);
  v4.sin_addr.s_addr = htonl(0x7F000001);
  sockaddr_storage storage{};
  std::memcpy(&storage, &v4, sizeof v4);
  CAF_CHECK_EQUAL(peer_address{storage}.str(), "127.0.0.1:51234");
  CAF_CHECK_EQUAL(v6_text("2001:db8::7", 1883), "[2001:db8::7]:1883");
  CAF_CHECK_EQUAL(v6_text("::ffff:10.1.2.3", 9), "10.1.2.3:9");
  CAF_CHECK_EQUAL(peer_address{}.str(), "unknown");
  CAF_CHECK_LESS_OR_EQUAL(sizeof(peer_address), 20u);
}
