// Fuzzes the decoder with a stream of packets, and the encoder with whatever was decoded: that must
// encode, and decode to itself.
#include "mqtt/decoder.hpp"

#include "fuzz/decoder_input.hpp"
#include "tests/mqtt/codec_any.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace mqttzoo;
using namespace mqttzoo::mqtt;

void require(bool condition) {
  if (!condition)
    std::abort();
}

void check_round_trip(const packet& p, protocol_version version, peer from) {
  std::string wire;
  require(testing::encode_any(p, version, wire) == wire.size() && !wire.empty());
  frame in;
  const auto status = next_frame(wire, 0, in);
  require(status && *status == frame_status::complete && in.wire_size_bytes == wire.size());
  std::string scratch;
  const auto again = decode(in, version, from, scratch);
  require(again && *again == p);
}

/// decode_publish() into a value that has seen other packets says the same as decode().
void check_publish(const frame& in, const fuzz::decoder_input& input, const packet& p) {
  static publish_packet reused;
  static std::string scratch;
  require(decode_publish(in, input.version, input.from, reused, scratch).has_value());
  require(reused == std::get<publish_packet>(p));
}

void decode_stream(const fuzz::decoder_input& input) {
  auto rest = input.stream;
  std::string scratch;
  frame in;
  while (!rest.empty()) {
    const auto status = next_frame(rest, 0, in);
    if (!status || *status == frame_status::need_more)
      return;
    require(in.wire_size_bytes <= rest.size());
    rest.remove_prefix(in.wire_size_bytes);
    connect_version_of(in);
    const auto result = decode(in, input.version, input.from, scratch);
    if (!result)
      return;
    check_round_trip(*result, input.version, input.from);
    if (in.type == packet_type::publish)
      check_publish(in, input, *result);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size != 0)
    decode_stream(fuzz::parse_input({reinterpret_cast<const char*>(data), size}));
  return 0;
}
