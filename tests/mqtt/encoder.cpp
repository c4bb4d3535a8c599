#define CAF_SUITE encoder
#include "mqtt/encoder.hpp"

#include "codec_any.hpp"
#include "mqtt/decoder.hpp"
#include "wire_table.hpp"

#include <caf/test/dsl.hpp>

#include <limits>

using namespace mqttzoo;
using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

constexpr auto v5 = protocol_version::v5;
constexpr auto v3_1_1 = protocol_version::v3_1_1;

/// What stands in the buffer before the packet, and must stay.
const std::string before = "before";

template<class Packet>
std::string encoded_within(const Packet& p, std::size_t max_packet_size_bytes) {
  auto out = before;
  std::size_t size = 0;
  if constexpr (std::is_same_v<Packet, auth_packet>) // which has no version
    size = encode(p, max_packet_size_bytes, out);
  else
    size = encode(p, v5, max_packet_size_bytes, out);
  CAF_CHECK(out.starts_with(before));
  CAF_CHECK_EQUAL(out.size(), before.size() + size);
  return out.substr(before.size());
}

} // namespace

CAF_TEST(every row of the table that holds both ways encodes as it says) {
  std::size_t rows = 0;
  for (const auto& row : wire_table()) {
    if (!row.packet || row.direction != holds::both_ways)
      continue;
    ++rows;
    CAF_MESSAGE(row.name);
    auto out = before;
    CAF_CHECK_EQUAL(encode_any(*row.packet, row.version, out), row.wire.size());
    CAF_CHECK_EQUAL(out, before + row.wire);
  }
  CAF_CHECK(rows > 80);
}

CAF_TEST(the header of a PUBLISH is the packet without its payload) {
  for (const auto& row : wire_table()) {
    const auto* p = row.packet ? std::get_if<publish_packet>(&*row.packet) : nullptr;
    if (!p || row.direction != holds::both_ways)
      continue;
    CAF_CHECK_EQUAL(encoded_size(*p, row.version), row.wire.size());
    auto out = before;
    CAF_CHECK_EQUAL(encode_publish_header(*p, row.version, out),
                    row.wire.size() - p->payload.size());
    CAF_CHECK_EQUAL(out.append(p->payload), before + row.wire);
  }
}

CAF_TEST(lengths grow a byte at 128 and 16384 and 2097152) {
  for (const std::size_t body : {127u, 128u, 16'383u, 16'384u, 2'097'151u, 2'097'152u}) {
    const std::string payload(body - 3, 'x');
    publish_packet p;
    p.topic = "t";
    p.payload = payload;
    std::string out;
    const auto size = encode(p, v3_1_1, 0, out);
    CAF_CHECK_EQUAL(size, encoded_size(p, v3_1_1));
    frame in;
    CAF_CHECK(*next_frame(out, 0, in) == frame_status::complete);
    CAF_CHECK_EQUAL(in.body.size(), body);
    CAF_CHECK_EQUAL(in.wire_size_bytes, size);
  }
}

// [MQTT-3.1.2-24]
CAF_TEST(a PUBLISH that is larger than the limit is not written) {
  publish_packet p;
  p.topic = "t";
  p.payload = "payload";
  p.properties.forwarded = "&\0\1a\0\1b"; // a user property, which must not be left out
  const auto size = encoded_size(p, v5);
  CAF_CHECK_EQUAL(encoded_within(p, size).size(), size);
  CAF_CHECK_EQUAL(encoded_within(p, size - 1), "");
}

CAF_TEST(what no packet can hold is not written) {
  const std::string long_text(65'536, 'x');
  publish_packet p;
  p.topic = long_text; // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
  auto out = before;
  CAF_CHECK_EQUAL(encode(p, v3_1_1, 0, out), 0u);
  CAF_CHECK_EQUAL(encode_publish_header(p, v3_1_1, out), 0u);
  CAF_CHECK_EQUAL(encoded_size(p, v3_1_1), std::numeric_limits<std::size_t>::max());
  connect_packet c;
  c.client_id = long_text;
  CAF_CHECK_EQUAL(encode(c, out), 0u);
  CAF_CHECK_EQUAL(out, before);
  c.client_id.pop_back();
  CAF_CHECK(encode(c, out) > 65'535);
}

// DUP goes with QoS 1 and 2 only: [MQTT-3.3.1-2] [MQTT-3.3.1-2 v3]
// and QoS 0 has no packet identifier: [MQTT-2.2.1-2] [MQTT-2.3.1-5 v3]
CAF_TEST(a QoS 0 message has neither DUP nor a packet identifier) {
  publish_packet p;
  p.topic = "t";
  p.dup = true;
  p.id = packet_id{7};
  std::string out;
  encode(p, v3_1_1, 0, out);
  CAF_CHECK_EQUAL(out, bytes("30 [ {t} ]"));
}

// [MQTT-3.2.2-6] [MQTT-3.2.2-4 v3]
CAF_TEST(a refused connection has no session) {
  const auto p = with<connack_packet>([](auto& c) {
    c.session_present = true;
    c.reason = reason_code::not_authorized;
  });
  std::string out;
  encode(p, v5, 0, out);
  encode(p, v3_1_1, 0, out);
  CAF_CHECK_EQUAL(out, bytes("20 [ 00 87 00 ] 20 [ 00 05 ]"));
}

CAF_TEST(a CONNACK of 3.1 says nothing about the session) {
  const auto p = with<connack_packet>([](auto& c) { c.session_present = true; });
  std::string out;
  encode(p, protocol_version::v3_1, 0, out);
  CAF_CHECK_EQUAL(out, bytes("20 [ 00 00 ]"));
}

// [MQTT-3.9.3-2 v3]
CAF_TEST(every failure of a SUBACK is 0x80 in 3_1_1) {
  const auto p = with<suback_packet>([](auto& s) {
    s.id = packet_id{1};
    s.reasons = {reason_code::granted_qos_2, reason_code::not_authorized,
                 reason_code::quota_exceeded};
  });
  std::string out;
  encode(p, v3_1_1, 0, out);
  CAF_CHECK_EQUAL(out, bytes("90 [ 0001 02 80 80 ]"));
}

CAF_TEST(what 3_1_1 lacks is left out) {
  std::string out;
  encode(with<ack_packet>([](auto& p) {
           p.id = packet_id{1};
           p.reason = reason_code::not_authorized;
           p.reason_string = "no";
         }),
         v3_1_1, 0, out);
  encode(with<disconnect_packet>([](auto& p) { p.reason = reason_code::server_busy; }), v3_1_1, 0,
         out);
  auto message = with<publish_packet>([](auto& p) { p.topic = "t"; });
  message.properties.topic_alias = 1;
  message.properties.forwarded = std::string_view{"\1\1"};
  encode(message, v3_1_1, 0, out);
  CAF_CHECK_EQUAL(out, bytes("40 [ 0001 ] E0 00 30 [ {t} ]"));
}

CAF_TEST(the short form of an acknowledgement equals the long one) {
  const std::pair<packet_type, reason_code> kinds[] = {
      {packet_type::puback, reason_code::quota_exceeded},
      {packet_type::pubrec, reason_code::no_matching_subscribers},
      {packet_type::pubrel, reason_code::packet_identifier_not_found},
      {packet_type::pubcomp, reason_code::packet_identifier_not_found},
  };
  for (const auto& [type, failure] : kinds) {
    for (const auto reason : {reason_code::success, failure}) {
      for (const auto version : {protocol_version::v3_1, v3_1_1, v5}) {
        std::string brief;
        append_ack(type, packet_id{0xABCD}, reason, version, brief);
        ack_packet p;
        p.type = type;
        p.id = packet_id{0xABCD};
        p.reason = reason;
        std::string full;
        encode(p, version, 0, full);
        CAF_CHECK_EQUAL(brief, full);
      }
    }
  }
}

namespace {

/// A packet with reason string "why" and a user property loses the one, then the other, then
/// everything as its limit shrinks. Wires are those of the three stages.
template<class Packet>
void check_trimming(Packet p, std::string_view all, std::string_view worded,
                    std::string_view bare) {
  p.reason_string = "why";
  p.users = {{"k", "v"}};
  const auto wires = {bytes(all), bytes(worded), bytes(bare)};
  for (const auto& wire : wires)
    CAF_CHECK_EQUAL(encoded_within(p, wire.size()), wire);
  CAF_CHECK_EQUAL(encoded_within(p, bytes(all).size() - 1), bytes(worded));
  CAF_CHECK_EQUAL(encoded_within(p, bytes(worded).size() - 1), bytes(bare));
  CAF_CHECK_EQUAL(encoded_within(p, bytes(bare).size() - 1), "");
  CAF_CHECK_EQUAL(encoded_within(p, 0), bytes(all));
}

} // namespace

// [MQTT-3.2.2-19] [MQTT-3.2.2-20]
CAF_TEST(a CONNACK fits the limit) {
  check_trimming(connack_packet{}, "20 [ 00 00 [ 1F {why} 26 {k}{v} ] ]",
                 "20 [ 00 00 [ 1F {why} ] ]", "20 [ 00 00 00 ]");
}

// [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
// [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]
CAF_TEST(the acknowledgements of a PUBLISH fit the limit) {
  constexpr std::pair<packet_type, std::string_view> kinds[] = {
      {packet_type::puback, "40 "},
      {packet_type::pubrec, "50 "},
      {packet_type::pubrel, "62 "},
      {packet_type::pubcomp, "70 "},
  };
  for (const auto& [type, first] : kinds) {
    ack_packet p;
    p.type = type;
    p.id = packet_id{1};
    const std::string head{first};
    check_trimming(p, head + "[ 0001 00 [ 1F {why} 26 {k}{v} ] ]",
                   head + "[ 0001 00 [ 1F {why} ] ]", head + "[ 0001 ]");
  }
}

// [MQTT-3.9.2-1] [MQTT-3.9.2-2]
CAF_TEST(a SUBACK fits the limit) {
  suback_packet p;
  p.id = packet_id{1};
  p.reasons = {reason_code::granted_qos_1};
  check_trimming(p, "90 [ 0001 [ 1F {why} 26 {k}{v} ] 01 ]", "90 [ 0001 [ 1F {why} ] 01 ]",
                 "90 [ 0001 00 01 ]");
}

// [MQTT-3.11.2-1] [MQTT-3.11.2-2]
CAF_TEST(an UNSUBACK fits the limit) {
  unsuback_packet p;
  p.id = packet_id{1};
  p.reasons = {reason_code::success};
  check_trimming(p, "B0 [ 0001 [ 1F {why} 26 {k}{v} ] 00 ]", "B0 [ 0001 [ 1F {why} ] 00 ]",
                 "B0 [ 0001 00 00 ]");
}

// [MQTT-3.14.2-3] [MQTT-3.14.2-4]
CAF_TEST(a DISCONNECT fits the limit) {
  disconnect_packet p;
  p.reason = reason_code::server_busy;
  check_trimming(p, "E0 [ 89 [ 1F {why} 26 {k}{v} ] ]", "E0 [ 89 [ 1F {why} ] ]", "E0 [ 89 ]");
}

// [MQTT-3.15.2-2] [MQTT-3.15.2-3]
CAF_TEST(an AUTH fits the limit) {
  auth_packet p;
  p.reason = reason_code::continue_authentication;
  p.authentication_method = "m";
  check_trimming(p, "F0 [ 18 [ 15 {m} 1F {why} 26 {k}{v} ] ]", "F0 [ 18 [ 15 {m} 1F {why} ] ]",
                 "F0 [ 18 [ 15 {m} ] ]");
}
