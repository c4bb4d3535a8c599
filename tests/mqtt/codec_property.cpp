// Properties of the codec under random packets and random bytes. MQTTZOO_TEST_SEED repeats a run.
#define CAF_SUITE codec_property
#include "codec_any.hpp"
#include "mqtt/decoder.hpp"
#include "random_packet.hpp"
#include "wire_table.hpp"

#include <caf/test/dsl.hpp>

#include <cstdlib>
#include <random>

using namespace mqttzoo;
using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

constexpr int rounds = 4000;

/// A seed of its own for each run, unless one is given; printed so that a failure can be repeated.
std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("MQTTZOO_TEST_SEED");
    return given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return value;
}

struct fixture {
  fixture() : random(seed()) { CAF_MESSAGE("MQTTZOO_TEST_SEED=" << seed()); }

  /// Frames and decodes; whatever comes, it comes back.
  void feed(std::string_view input, protocol_version version, peer from) {
    frame in;
    const auto status = next_frame(input, 0, in);
    if (!status || *status == frame_status::need_more)
      return;
    CAF_REQUIRE(in.wire_size_bytes <= input.size());
    const auto result = decode(in, version, from, scratch);
    decoded_count += result.has_value();
    if (result)
      encodes_again(*result, version, from);
  }

  /// What was decoded can be encoded, and decodes to itself.
  void encodes_again(const packet& p, protocol_version version, peer from) {
    std::string wire;
    CAF_REQUIRE(encode_any(p, version, wire) == wire.size());
    frame in;
    const auto status = next_frame(wire, 0, in);
    CAF_REQUIRE(status && *status == frame_status::complete);
    std::string other_scratch;
    const auto again = decode(in, version, from, other_scratch);
    if (!again)
      CAF_FAIL("seed " << seed() << ": " << again.error().what);
    CAF_CHECK(*again == p);
  }

  random_packet random;
  std::string scratch;
  std::size_t decoded_count = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(codec_properties, fixture)

CAF_TEST(what is encoded decodes to itself) {
  for (int i = 0; i != rounds; ++i) {
    const auto from = random.coin() ? peer::client : peer::server;
    const auto version = random.version();
    const auto p = random.next(version, from);
    encodes_again(p, version, from);
  }
}

CAF_TEST(a packet that is cut asks for more or is refused) {
  for (int i = 0; i != rounds / 4; ++i) {
    const auto from = random.coin() ? peer::client : peer::server;
    const auto version = random.version();
    std::string wire;
    encode_any(random.next(version, from), version, wire);
    const std::string part{wire.data(), random.below(wire.size())};
    frame in;
    const auto status = next_frame(part, 0, in);
    CAF_REQUIRE(status);
    CAF_CHECK(*status == frame_status::need_more);
  }
}

CAF_TEST(a packet with a changed byte is read within its bounds) {
  for (int i = 0; i != rounds * 4; ++i) {
    const auto from = random.coin() ? peer::client : peer::server;
    const auto version = random.version();
    std::string wire;
    encode_any(random.next(version, from), version, wire);
    wire[random.below(wire.size())] = static_cast<char>(random.below(256));
    feed(std::string{wire.data(), wire.size()}, version, from);
  }
  CAF_CHECK(decoded_count != 0); // some changes are harmless
}

CAF_TEST(random bytes are read within their bounds) {
  for (int i = 0; i != rounds * 4; ++i) {
    const auto from = random.coin() ? peer::client : peer::server;
    feed(random.bytes(random.below(40)), random.version(), from);
  }
}

CAF_TEST(the rows of the table under another version or sender are read within their bounds) {
  for (const auto& row : wire_table()) {
    for (const auto version : {protocol_version::v3_1, protocol_version::v3_1_1,
                               protocol_version::v5, protocol_version::unknown}) {
      for (const auto from : {peer::client, peer::server})
        feed(row.wire, version, from);
    }
  }
  CAF_CHECK(decoded_count != 0);
}

CAF_TEST_FIXTURE_SCOPE_END()
