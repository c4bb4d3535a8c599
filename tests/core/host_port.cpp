// Hosts and ports as text.
#define CAF_SUITE core.host_port

#include "core/host_port.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::core;

CAF_TEST(only IPv6 addresses get brackets and only once) {
  CAF_CHECK_EQUAL(in_brackets("::1"), "[::1]");
  CAF_CHECK_EQUAL(in_brackets("[::1]"), "[::1]");
  CAF_CHECK_EQUAL(in_brackets("127.0.0.1"), "127.0.0.1");
  CAF_CHECK_EQUAL(in_brackets("mqtt.example"), "mqtt.example");
  CAF_CHECK_EQUAL(in_brackets(""), "");
  CAF_CHECK_EQUAL(host_and_port("fd00::1", 1883), "[fd00::1]:1883");
  CAF_CHECK_EQUAL(host_and_port("mqtt.example", "1883"), "mqtt.example:1883");
}

CAF_TEST(a port that is named counts) {
  for (const auto& [at, with] : {std::pair{"ops", "ops:8080"},
                                 {"ops:9090", "ops:9090"},
                                 {"10.0.0.1", "10.0.0.1:8080"},
                                 {"10.0.0.1:9090", "10.0.0.1:9090"},
                                 {"fd00::1", "[fd00::1]:8080"},
                                 {"::1:9090", "[::1:9090]:8080"}, // an address as well
                                 {"[fd00::1]", "[fd00::1]:8080"},
                                 {"[fd00::1]:9090", "[fd00::1]:9090"}})
    CAF_CHECK_EQUAL(with_port(at, 8080), with);
  CAF_CHECK_EQUAL(with_port("ops", std::nullopt), "ops");
  CAF_CHECK_EQUAL(with_port("fd00::1", std::nullopt), "[fd00::1]");
  CAF_CHECK_EQUAL(with_port("", std::nullopt), "");
}
