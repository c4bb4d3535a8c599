// The hot paths of the codec ask for no memory.
#define CAF_SUITE decoder_allocation
#include "allocations.hpp"
#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"
#include "wire_table.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

/// Framing and decoding a PUBLISH for the first time, into values that own no memory yet.
std::size_t count_decode(std::string_view notation, protocol_version version) {
  const auto wire = bytes(notation);
  publish_packet out;
  std::string scratch;
  bool good = false;
  const auto result = count_allocations([&] {
    frame in;
    good = next_frame(wire, 0, in).has_value() &&
           decode_publish(in, version, peer::client, out, scratch).has_value();
  });
  CAF_CHECK(good);
  return result;
}

} // namespace

CAF_TEST(the counter counts) {
  CAF_CHECK_EQUAL(count_allocations([] { std::string(100, 'x'); }), 1u);
}

CAF_TEST(a PUBLISH is decoded without memory) {
  const std::string message = "{sensors/kitchen/temperature} 0001 ";
  CAF_CHECK_EQUAL(count_decode("32 [ " + message + "'21.5' ]", protocol_version::v3_1_1), 0u);
  CAF_CHECK_EQUAL(count_decode("32 [ " + message + "00 '21.5' ]", protocol_version::v5), 0u);
  const std::string properties =
      "02 00000010 23 0001 01 01 03 {text/plain} 08 {where/to/answer} 09 {correlation}"
      " 26 {a user property}{of some length}";
  CAF_CHECK_EQUAL(
      count_decode("32 [ " + message + "[ " + properties + " ] '21.5' ]", protocol_version::v5),
      0u);
}

CAF_TEST(an acknowledgement is decoded and written without memory) {
  const auto wire = bytes("40 02 0001");
  std::string out;
  out.reserve(64);
  ack_packet ack;
  const auto allocated = count_allocations([&] {
    frame in;
    next_frame(wire, 0, in);
    decode_ack(in, protocol_version::v5, peer::client, ack);
    append_ack(packet_type::puback, ack.id, reason_code::success, protocol_version::v5, out);
  });
  CAF_CHECK_EQUAL(allocated, 0u);
  CAF_CHECK_EQUAL(out, wire);
}

CAF_TEST(a PUBLISH is written without memory beyond the buffer) {
  publish_packet p;
  p.topic = "sensors/kitchen/temperature";
  p.payload = "21.5";
  p.qos = qos::at_least_once;
  p.id = packet_id{1};
  p.properties.topic_alias = 7;
  std::string out;
  out.reserve(256);
  CAF_CHECK_EQUAL(count_allocations([&] { encode(p, protocol_version::v5, 0, out); }), 0u);
  CAF_CHECK_EQUAL(count_allocations([&] { encode(p, protocol_version::v3_1_1, 0, out); }), 0u);
}
