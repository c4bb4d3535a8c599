// Networks as people write them, and who is in them.
#define CAF_SUITE core.ip_network

#include "core/ip_network.hpp"

#include <caf/test/dsl.hpp>

#include <arpa/inet.h>
#include <string>

using namespace mqttzoo::core;

namespace {

ip_bytes address(const std::string& text) {
  ip_bytes bytes{};
  const auto mapped = text.find(':') == text.npos ? "::ffff:" + text : text;
  CAF_REQUIRE_EQUAL(::inet_pton(AF_INET6, mapped.c_str(), bytes.data()), 1);
  return bytes;
}

bool has(const std::string& network, const std::string& text) {
  const auto n = ip_network::parse(network);
  CAF_REQUIRE(n.has_value());
  return n->contains(address(text));
}

} // namespace

CAF_TEST(one address is a network) {
  CAF_CHECK(has("192.0.2.7", "192.0.2.7"));
  CAF_CHECK(!has("192.0.2.7", "192.0.2.6"));
  CAF_CHECK(has("::1", "::1"));
  CAF_CHECK(!has("::1", "::2"));
  CAF_CHECK(!has("::1", "127.0.0.1"));
}

CAF_TEST(a prefix may end within a byte) {
  CAF_CHECK(has("10.0.0.0/8", "10.255.1.2"));
  CAF_CHECK(!has("10.0.0.0/8", "11.0.0.0"));
  CAF_CHECK(has("192.168.128.0/17", "192.168.255.1"));
  CAF_CHECK(!has("192.168.128.0/17", "192.168.127.1"));
  CAF_CHECK(has("2001:db8::/33", "2001:db8:7fff::1"));
  CAF_CHECK(!has("2001:db8::/33", "2001:db8:8000::1"));
}

CAF_TEST(everything of a kind) {
  CAF_CHECK(has("0.0.0.0/0", "203.0.113.9"));
  CAF_CHECK(!has("0.0.0.0/0", "2001:db8::1"));
  CAF_CHECK(has("::/0", "2001:db8::1"));
  CAF_CHECK(has("::/0", "203.0.113.9")); // as the address it is mapped to
  CAF_CHECK(has("::ffff:10.0.0.0/104", "10.1.1.1"));
}

CAF_TEST(what is no network) {
  for (const auto* text : {"", "/8", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",
                           "10.0.0.0/8x", "::/129", "localhost", "10.0.0.0 /8", "1.0.0.0/8/8",
                           "10.1.2.3/8", "10.1.0.1/16", "fd00::1/8", "192.168.192.0/17"})
    CAF_CHECK(!ip_network::parse(text));
}

CAF_TEST(who is mapped) {
  CAF_CHECK(is_mapped_ipv4(address("192.0.2.1")));
  CAF_CHECK(!is_mapped_ipv4(address("2001:db8::1")));
}
