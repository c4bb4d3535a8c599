// PUBACK, PUBREC, PUBREL and PUBCOMP: sections 3.4 to 3.7.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

struct kind {
  packet_type type;
  std::string name;
  std::string first; ///< first byte
  reason_code failure;
  std::string failure_byte;
};

const kind kinds[] = {
    {packet_type::puback, "PUBACK", "40 ", not_authorized, "87 "},
    {packet_type::pubrec, "PUBREC", "50 ", quota_exceeded, "97 "},
    {packet_type::pubrel, "PUBREL", "62 ", packet_identifier_not_found, "92 "},
    {packet_type::pubcomp, "PUBCOMP", "70 ", packet_identifier_not_found, "92 "},
};

ack_packet ack(packet_type type, reason_code reason) {
  return with<ack_packet>([&](auto& p) {
    p.type = type;
    p.id = packet_id{0x1234};
    p.reason = reason;
  });
}

void add_good_rows(wire_rows& to, const kind& k) {
  for (const auto from : {peer::client, peer::server}) {
    for (const auto version : {v3_1, v3_1_1, v5})
      to.good(k.name, version, from, k.first + "02 12 34", ack(k.type, success));
    to.also(k.name + " with a reason of success", v5, from, k.first + "03 12 34 00",
            ack(k.type, success));
    to.also(k.name + " with no properties", v5, from, k.first + "04 12 34 00 00",
            ack(k.type, success));
    to.good(k.name + " with a failure", v5, from, k.first + "[ 1234 " + k.failure_byte + "]",
            ack(k.type, k.failure));
    auto full = ack(k.type, k.failure);
    full.reason_string = "no";
    full.users = {{"b", "2"}, {"a", "1"}};
    to.good(k.name + " with everything", v5, from,
            k.first + "[ 1234 " + k.failure_byte + "[ 1F {no} 26 {b}{2} 26 {a}{1} ] ]", full);
    auto worded = ack(k.type, success);
    worded.reason_string = "yes";
    to.good(k.name + " with a reason string", v5, from, k.first + "[ 1234 00 [ 1F {yes} ] ]",
            worded);
  }
}

void add_errors(wire_rows& to, const kind& k) {
  const auto bad = [&](std::string name, protocol_version version, std::string_view rest,
                       reason_code error) {
    to.bad(k.name + name, version, peer::client, k.first + std::string{rest}, error);
  };
  for (const auto version : {v3_1, v3_1_1, v5}) {
    bad(" with packet id 0", version, "[ 0000 ]", protocol_error);
    bad(" that is too short", version, "[ 12 ]", malformed_packet);
    bad(" that is empty", version, "00", malformed_packet);
  }
  bad(" with a reason code in 3.1.1", v3_1_1, "[ 1234 00 ]", malformed_packet);
  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  bad(" with a reason of another packet", v5, "[ 1234 8E ]", protocol_error);
  bad(" with an unknown reason", v5, "[ 1234 FF ]", protocol_error);
  bad(" with a reason string twice", v5, "[ 1234 00 [ 1F {a} 1F {a} ] ]", protocol_error);
  bad(" with a property of a PUBLISH", v5, "[ 1234 00 [ 23 0001 ] ]", malformed_packet);
  bad(" with trailing bytes", v5, "[ 1234 00 00 00 ]", malformed_packet);
}

} // namespace

void add_ack_rows(wire_rows& to) {
  for (const auto& k : kinds) {
    add_good_rows(to, k);
    add_errors(to, k);
  }
  to.also("PUBREL of 3.1 that is sent again", v3_1, peer::client, "6A 02 12 34",
          ack(packet_type::pubrel, success));
  to.good("PUBACK: no matching subscribers", v5, peer::server, "40 [ 1234 10 ]",
          ack(packet_type::puback, no_matching_subscribers));
}

} // namespace mqttzoo::mqtt::testing
