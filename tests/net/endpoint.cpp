// Peers as text.
#define CAF_SUITE net.endpoint

#include "net/endpoint.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::net;

CAF_TEST(each family is written in its own way) {
  const auto text = [](const char* address, std::uint16_t port) {
    return to_string(endpoint{boost::asio::ip::make_address(address), port});
  };
  CAF_CHECK_EQUAL(text("127.0.0.1", 51234), "127.0.0.1:51234");
  CAF_CHECK_EQUAL(text("2001:db8::7", 1883), "[2001:db8::7]:1883");
  CAF_CHECK_EQUAL(text("::ffff:10.1.2.3", 9), "10.1.2.3:9");
}

CAF_TEST(loopback is of each family and mapped) {
  const auto here = [](const char* address) {
    return is_loopback(endpoint{boost::asio::ip::make_address(address), 1});
  };
  for (const auto* address : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"})
    CAF_CHECK(here(address));
  for (const auto* address : {"10.1.2.3", "2001:db8::7", "::ffff:10.1.2.3", "::"})
    CAF_CHECK(!here(address));
}
