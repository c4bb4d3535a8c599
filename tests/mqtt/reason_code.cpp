#define CAF_SUITE reason_code
#include "mqtt/reason_code.hpp"

#include "mqtt/decoder.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo::mqtt;

namespace {

/// The codes that a packet may carry, in order, as hexadecimal digits.
std::string codes(packet_type type, peer sender) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned code = 0; code != 256; ++code) {
    if (!may_carry(type, sender, static_cast<reason_code>(code)))
      continue;
    out += digits[code >> 4];
    out += digits[code & 15];
    out += ' ';
  }
  return out;
}

} // namespace

// [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.9.3-2]
// [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
CAF_TEST(each packet has its own reason codes) {
  CAF_CHECK_EQUAL(codes(packet_type::connack, peer::server),
                  "00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F ");
  for (const auto sender : {peer::client, peer::server}) {
    CAF_CHECK_EQUAL(codes(packet_type::puback, sender), "00 10 80 83 87 90 91 97 99 ");
    CAF_CHECK_EQUAL(codes(packet_type::pubrec, sender), "00 10 80 83 87 90 91 97 99 ");
    CAF_CHECK_EQUAL(codes(packet_type::pubrel, sender), "00 92 ");
    CAF_CHECK_EQUAL(codes(packet_type::pubcomp, sender), "00 92 ");
  }
  CAF_CHECK_EQUAL(codes(packet_type::suback, peer::server), "00 01 02 80 83 87 8F 91 97 9E A1 A2 ");
  CAF_CHECK_EQUAL(codes(packet_type::unsuback, peer::server), "00 11 80 83 87 8F 91 ");
  CAF_CHECK_EQUAL(codes(packet_type::disconnect, peer::client),
                  "00 04 80 81 82 83 90 93 94 95 96 97 98 99 ");
  CAF_CHECK_EQUAL(
      codes(packet_type::disconnect, peer::server),
      "00 80 81 82 83 87 89 8B 8C 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 "
      "A1 A2 ");
  CAF_CHECK_EQUAL(codes(packet_type::auth, peer::client), "18 19 ");
  CAF_CHECK_EQUAL(codes(packet_type::auth, peer::server), "00 18 ");
}

CAF_TEST(every code has a name and failures start at 0x80) {
  CAF_CHECK_EQUAL(to_string(reason_code::success), "Success");
  CAF_CHECK_EQUAL(to_string(reason_code::wildcard_subscriptions_not_supported),
                  "Wildcard Subscriptions not supported");
  CAF_CHECK_EQUAL(to_string(static_cast<reason_code>(0x03)), "unknown reason code");
  CAF_CHECK_EQUAL(to_string(static_cast<reason_code>(0xFF)), "unknown reason code");
  CAF_CHECK(!is_failure(reason_code::re_authenticate));
  CAF_CHECK(is_failure(reason_code::unspecified_error));
}

CAF_TEST(return codes of 3_1_1 translate there and back) {
  for (std::uint8_t code = 0; code <= 5; ++code)
    CAF_CHECK(to_return_code(from_return_code(code)) == connect_return_code{code});
  CAF_CHECK(from_return_code(6) == reason_code::malformed_packet);
  CAF_CHECK(to_return_code(reason_code::banned) == connect_return_code::not_authorized);
  CAF_CHECK(to_return_code(reason_code::quota_exceeded) == connect_return_code::server_unavailable);
}
