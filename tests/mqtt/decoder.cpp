#define CAF_SUITE decoder
#include "mqtt/decoder.hpp"

#include "wire_table.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo;
using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

std::string title(const wire_case& row) {
  return row.name + " (level " + std::to_string(static_cast<int>(row.version)) + ")";
}

/// What a session does with its input: frame, then decode.
expected<packet, decode_error> decode_wire(std::string_view wire, protocol_version version,
                                           peer from, std::string& scratch) {
  frame in;
  const auto status = next_frame(wire, 0, in);
  if (!status)
    return unexpected<decode_error>{status.error()};
  if (*status != frame_status::complete || in.wire_size_bytes != wire.size())
    return unexpected<decode_error>{decode_error{reason_code::unspecified_error, "no frame"}};
  return decode(in, version, from, scratch);
}

/// The frame of a wire that is one.
frame frame_of(std::string_view wire) {
  frame in;
  const auto status = next_frame(wire, 0, in);
  CAF_REQUIRE(status && *status == frame_status::complete);
  return in;
}

} // namespace

CAF_TEST(the notation of the table says what it should) {
  CAF_CHECK_EQUAL(bytes("0a Ff 'x y' {ab} [ 01 [ ] ]"), std::string("\x0A\xFFx y\0\2ab\2\1\0", 12));
  CAF_CHECK_EQUAL(bytes("[ " + std::string(400, '0') + " ]").substr(0, 2), "\xC8\x01");
}

CAF_TEST(the table has every packet type of every version) {
  std::set<std::pair<protocol_version, std::size_t>> found;
  for (const auto& row : wire_table()) {
    if (row.packet)
      found.emplace(row.version, row.packet->index());
  }
  // 3.x lacks AUTH
  const auto kinds = std::variant_size_v<packet>;
  CAF_CHECK_EQUAL(found.size(), kinds + 2 * (kinds - 1));
}

CAF_TEST(every row of the table decodes as it says) {
  for (const auto& row : wire_table()) {
    CAF_MESSAGE(title(row));
    std::string scratch;
    const auto result = decode_wire(row.wire, row.version, row.from, scratch);
    if (row.packet) {
      if (!result)
        CAF_ERROR(title(row) << " was refused: " << result.error().what);
      else
        CAF_CHECK(*result == *row.packet);
    } else if (result) {
      CAF_ERROR(title(row) << " was not refused");
    } else {
      CAF_CHECK_EQUAL(to_string(result.error().reason), to_string(row.error));
      CAF_CHECK(!std::string_view{result.error().what}.empty());
    }
  }
}

CAF_TEST(a frame that has not come whole asks for more) {
  for (const auto& row : wire_table()) {
    if (!row.packet)
      continue;
    for (std::size_t size = 0; size != row.wire.size(); ++size) {
      // a copy of its own, so that a sanitizer sees a read beyond it
      const std::string part{row.wire.data(), size};
      frame in;
      const auto status = next_frame(part, 0, in);
      CAF_REQUIRE(status);
      CAF_CHECK(*status == frame_status::need_more);
      CAF_CHECK(in.wire_size_bytes == 0 || in.wire_size_bytes == row.wire.size());
    }
  }
}

CAF_TEST(a body that ends early is never read beyond) {
  for (const auto& row : wire_table()) {
    if (!row.packet)
      continue;
    const auto whole = frame_of(row.wire);
    for (std::size_t size = 0; size != whole.body.size(); ++size) {
      const std::string part{whole.body.data(), size};
      auto cut = whole;
      cut.body = part;
      cut.wire_size_bytes = size + whole.wire_size_bytes - whole.body.size();
      std::string scratch;
      const auto result = decode(cut, row.version, row.from, scratch);
      // Some prefixes are packets of their own, such as one with a shorter payload; only what is
      // longer than it had to be can lose a byte and stay the same.
      CAF_CHECK(row.direction == holds::when_decoded || !result || !(*result == *row.packet));
    }
  }
}

CAF_TEST(frames are taken off a stream one by one) {
  const auto stream = bytes("C0 00 30 [ {a} 'x' ] D0");
  frame in;
  CAF_CHECK(*next_frame(stream, 0, in) == frame_status::complete);
  CAF_CHECK(in.type == packet_type::pingreq);
  CAF_CHECK_EQUAL(in.wire_size_bytes, 2u);
  auto rest = std::string_view{stream}.substr(in.wire_size_bytes);
  CAF_CHECK(*next_frame(rest, 0, in) == frame_status::complete);
  CAF_CHECK(in.type == packet_type::publish);
  CAF_CHECK_EQUAL(in.body, bytes("{a} 'x'"));
  rest.remove_prefix(in.wire_size_bytes);
  CAF_CHECK(*next_frame(rest, 0, in) == frame_status::need_more);
  CAF_CHECK(in.type == packet_type::pingresp);
  CAF_CHECK_EQUAL(in.wire_size_bytes, 0u);
}

// [MQTT-3.2.2-15]
CAF_TEST(a packet that is too large is refused before its body arrives) {
  const auto head = bytes("30 FFFFFF7F");
  constexpr std::size_t whole = 5 + 268'435'455;
  frame in;
  CAF_CHECK(*next_frame(head, 0, in) == frame_status::need_more);
  CAF_CHECK_EQUAL(in.wire_size_bytes, whole);
  CAF_CHECK(*next_frame(head, whole, in) == frame_status::need_more);
  const auto status = next_frame(head, whole - 1, in);
  CAF_REQUIRE(!status);
  CAF_CHECK(status.error().reason == reason_code::packet_too_large);
}

CAF_TEST(properties that are passed on stay in the packet if they can) {
  const auto forwarded = bytes("01 01 26 {a}{b}");
  const auto from_wire = [&](std::string_view notation, bool in_place) {
    const auto wire = bytes(notation);
    const auto in = frame_of(wire);
    publish_packet out;
    std::string scratch = "left from before";
    CAF_REQUIRE(decode_publish(in, protocol_version::v5, peer::server, out, scratch));
    const auto& view = out.properties.forwarded;
    CAF_CHECK_EQUAL(view, forwarded);
    const bool inside = view.data() >= wire.data() && view.data() < wire.data() + wire.size();
    CAF_CHECK_EQUAL(inside, in_place);
    CAF_CHECK_EQUAL(view.data() == scratch.data(), !in_place);
  };
  from_wire("30 [ {t} [ 01 01 26 {a}{b} ] ]", true);
  from_wire("30 [ {t} [ 23 0001 0B 01 02 00000001 01 01 26 {a}{b} ] ]", true);
  from_wire("30 [ {t} [ 01 01 26 {a}{b} 23 0001 0B 01 02 00000001 ] ]", true);
  from_wire("30 [ {t} [ 01 01 23 0001 26 {a}{b} ] ]", false);
}

CAF_TEST(a value that is reused keeps nothing of the packet before) {
  const auto rich = bytes("3D [ {t} 0001 [ 01 01 02 00000009 23 0001 0B 05 ] 'x' ]");
  const auto plain = bytes("30 [ {u} 00 ]");
  publish_packet out;
  std::string scratch;
  CAF_REQUIRE(decode_publish(frame_of(rich), protocol_version::v5, peer::server, out, scratch));
  CAF_REQUIRE(decode_publish(frame_of(plain), protocol_version::v5, peer::server, out, scratch));
  CAF_CHECK(out == with<publish_packet>([](auto& p) { p.topic = "u"; }));

  const auto worded = bytes("40 [ 0001 87 [ 1F {no} 26 {k}{v} ] ]");
  ack_packet ack;
  CAF_REQUIRE(decode_ack(frame_of(worded), protocol_version::v5, peer::client, ack));
  CAF_REQUIRE(decode_ack(frame_of(bytes("70 02 0002")), protocol_version::v5, peer::client, ack));
  CAF_CHECK(ack == with<ack_packet>([](auto& p) {
              p.type = packet_type::pubcomp;
              p.id = packet_id{2};
            }));
}

CAF_TEST(a refused CONNECT is answered in its own version) {
  const auto version = [](std::string_view notation) {
    const auto wire = bytes(notation);
    return static_cast<int>(connect_version_of(frame_of(wire)));
  };
  CAF_CHECK_EQUAL(version("10 [ {MQTT} 05 ]"), 5);
  CAF_CHECK_EQUAL(version("10 [ {MQTT} 04 ]"), 4);
  CAF_CHECK_EQUAL(version("10 [ {MQIsdp} 03 ]"), 3);
  CAF_CHECK_EQUAL(version("10 [ {MQTT} 06 ]"), 5);
  CAF_CHECK_EQUAL(version("10 [ {MQTT} 03 ]"), 4);
  CAF_CHECK_EQUAL(version("10 [ {MQTT} 84 ]"), 4);
  CAF_CHECK_EQUAL(version("10 [ {HTTP} 04 ]"), 0);
  CAF_CHECK_EQUAL(version("10 [ {MQTT} ]"), 0);
  CAF_CHECK_EQUAL(version("C0 00"), 0);
}
