// The bytes of frames between pods, and what is refused before it is kept.
#define CAF_SUITE net.link_frame

#include "net/link_frame.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <random>

using namespace mqttzoo::net;
using namespace std::string_literals;
using mqttzoo::net::test::pattern;

namespace {

constexpr std::size_t bound = 8;
constexpr auto user_kind = link_kind::first_of_user;

struct wire_row {
  const char* name;
  std::string wire;
  const char* outcome; ///< kind in hex and body, or why not
};

const wire_row table[] = {
    {"nothing", "", "need_more"},
    {"half a length", "\0\0"s, "need_more"},
    {"a length without a kind", "\0\0\0\0"s, "need_more"},
    {"an empty body", "\0\0\0\0\x10"s, "10:"},
    {"a body", "\0\0\0\3\x11"s + "abc", "11:abc"},
    {"a body and more", "\0\0\0\3\x11"s + "abcd", "11:abc"},
    {"a body that lacks a byte", "\0\0\0\3\x11"s + "ab", "need_more"},
    {"the longest body", "\0\0\0\x8\xFF"s + "12345678", "FF:12345678"},
    {"a body too long by one", "\0\0\0\x9\xFF"s, "too_long"},
    {"a length with its highest bit", "\x80\0\0\0\x10"s, "too_long"},
    {"the longest length", "\xFF\xFF\xFF\xFF\x10"s, "too_long"},
    {"a stranger's protocol", "GET / HTTP/1.1\r\n", "too_long"},
    {"a TLS client hello", "\x16\x03\x01\x02\x00\x01"s, "too_long"},
    {"a hello", "\0\0\0\0\1"s, "01:"},
    {"a heartbeat", "\0\0\0\0\4"s, "04:"},
    {"kind 0", "\0\0\0\0\0"s, "unknown_kind"},
    {"the first kind that is nobody's", "\0\0\0\0\5"s, "unknown_kind"},
    {"the last kind that is nobody's", "\0\0\0\x8\xF"s, "unknown_kind"},
};

std::string outcome_of(std::string_view wire) {
  link_frame frame;
  const auto status = next_link_frame(wire, bound, frame);
  if (!status)
    return status.error() == link_frame_error::too_long ? "too_long" : "unknown_kind";
  if (*status == link_frame_status::need_more)
    return "need_more";
  CAF_CHECK_EQUAL(frame.wire_size_bytes, frame.body.size() + 5);
  char kind[3];
  std::snprintf(kind, sizeof kind, "%02X", static_cast<unsigned>(frame.kind));
  return kind + (":" + std::string{frame.body});
}

} // namespace

CAF_TEST(every row of the table reads as it says) {
  for (const auto& row : table) {
    CAF_MESSAGE(row.name);
    CAF_CHECK_EQUAL(outcome_of(row.wire), row.outcome);
  }
}

CAF_TEST(what is written is the table) {
  std::string out;
  append_link_frame(out, link_kind{0x11}, "abc");
  CAF_CHECK_EQUAL(out, "\0\0\0\3\x11"s + "abc");
  out.clear();
  append_link_frame_header(out, link_kind{0xFF}, 0x01020304);
  CAF_CHECK_EQUAL(out, "\1\2\3\4\xFF"s);
}

CAF_TEST(a body is a view into the input) {
  std::string wire;
  append_link_frame(wire, user_kind, "abc");
  link_frame frame;
  CAF_REQUIRE(next_link_frame(wire, bound, frame).has_value());
  CAF_CHECK(frame.body.data() == wire.data() + link_frame_header_bytes);
}

CAF_TEST(frames come out the same however the stream is cut) {
  std::mt19937 random{3};
  for (unsigned round = 0; round < 300; ++round) {
    std::string wire;
    std::vector<std::string> sent;
    for (unsigned i = 0; i < 1 + random() % 10; ++i) {
      sent.push_back(pattern(random() % 200, round * 100 + i));
      append_link_frame(wire, user_kind, sent.back());
    }
    std::vector<std::string> received;
    std::string kept;
    for (std::string_view rest = wire; !rest.empty();) {
      const auto piece = rest.substr(0, 1 + random() % 50);
      rest.remove_prefix(piece.size());
      kept += piece;
      link_frame frame;
      for (;;) {
        const auto status = next_link_frame(kept, 200, frame);
        if (!status)
          CAF_FAIL("refused in round " << round);
        if (*status == link_frame_status::need_more)
          break;
        received.emplace_back(frame.body);
        kept.erase(0, frame.wire_size_bytes);
      }
      if (kept.size() > 200 + link_frame_header_bytes)
        CAF_FAIL("more is kept than a frame can have");
    }
    if (received != sent || !kept.empty())
      CAF_FAIL("other frames than were sent in round " << round);
  }
}

CAF_TEST(random bytes are frames or an error and a longer bound refuses no more) {
  std::mt19937 random{5};
  for (int round = 0; round < 20'000; ++round) {
    std::string wire(random() % 24, '\0');
    for (auto& byte : wire) // mostly small numbers, so that lengths fit
      byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 3);
    link_frame frame;
    const auto status = next_link_frame(wire, bound, frame);
    if (!status)
      continue;
    if (*status == link_frame_status::complete &&
        (frame.body.size() > bound || frame.wire_size_bytes > wire.size()))
      CAF_FAIL("a frame beyond its bounds");
    if (!next_link_frame(wire, bound * 2, frame).has_value())
      CAF_FAIL("refused by a larger bound only");
  }
}
