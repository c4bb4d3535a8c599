// WebSocket's handshake and frames, byte by byte. [MQTT-6.0.0-1] [MQTT-6.0.0-2] [MQTT-6.0.0-4]
// [MQTT-6.0.0-1 v3] [MQTT-6.0.0-2 v3] [MQTT-6.0.0-4 v3]
#define CAF_SUITE net.websocket_engine

#include "net/websocket_engine.hpp"

#include "tests/net/websocket_frames.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::string_literals;

namespace {

using progress = stream_engine::progress;
using reading = stream_engine::reading;

std::string with(std::string_view from, std::string_view to) {
  auto request = good_request;
  const auto at = request.find(from);
  return at == std::string::npos ? "not found" : request.replace(at, from.size(), to);
}

struct fixture {
  progress shake(std::string_view request) {
    std::string_view in{request};
    const auto p = engine.shake_hands(in, out);
    rest = in;
    return p;
  }

  void refuse(const std::string& request, std::string_view status) {
    websocket_engine other{rules};
    std::string_view in{request};
    std::string answer;
    CAF_CHECK(other.shake_hands(in, answer) == progress::failed);
    CAF_CHECK_EQUAL(answer.substr(0, answer.find('\r')), "HTTP/1.1 " + std::string{status});
    CAF_CHECK(answer.find("Connection: close") != std::string::npos);
    CAF_CHECK(!other.failure().empty());
  }

  void establish() {
    CAF_REQUIRE(shake(good_request) == progress::established);
    out.clear();
  }

  std::shared_ptr<websocket_rules> rules = std::make_shared<websocket_rules>();
  websocket_engine engine{rules};
  std::string out;
  std::string plain;
  std::string rest;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(websocket_engine_tests, fixture)

CAF_TEST(a good request is answered with mqtt and with what proves that it was read) {
  CAF_CHECK(shake(good_request + "more") == progress::established);
  CAF_CHECK_EQUAL(rest, "more");
  CAF_CHECK(out.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CAF_CHECK(out.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") != out.npos);
  CAF_CHECK(out.find("Sec-WebSocket-Protocol: mqtt\r\n") != out.npos);
  CAF_CHECK(out.ends_with("\r\n\r\n"));
}

CAF_TEST(a request may come in any pieces) {
  for (const std::size_t step : {1u, 3u, 100u}) {
    websocket_engine other{rules};
    std::string answer;
    auto last = progress::waiting;
    for (std::size_t at = 0; at < good_request.size(); at += step) {
      CAF_CHECK(last == progress::waiting);
      auto in = std::string_view{good_request}.substr(at, step);
      last = other.shake_hands(in, answer);
      CAF_CHECK(in.empty());
    }
    CAF_CHECK(last == progress::established);
  }
}

CAF_TEST(each request that is no good is refused with its status) {
  refuse(with("/mqtt", "/other"), "404 Not Found");
  refuse(with("GET", "POST"), "426 Upgrade Required");
  refuse(with("Upgrade: websocket\r\n", ""), "426 Upgrade Required");
  refuse(with("Version: 13", "Version: 8"), "426 Upgrade Required");
  refuse(with("chat, mqtt", "chat, mqttv3.1"), "400 Bad Request");
  refuse(with("Sec-WebSocket-Protocol: chat, mqtt\r\n", ""), "400 Bad Request");
  refuse(with("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ="), "400 Bad Request");
  refuse("nonsense\r\n\r\n", "400 Bad Request");
  refuse(std::string(websocket_engine::head_bytes_max, 'x'), "431 Request Header Fields Too Large");
}

CAF_TEST(only pages of the origins that are listed may connect) {
  rules->origins = {"https://other.example"};
  refuse(good_request, "403 Forbidden");
  rules->origins.emplace_back("https://shop.example");
  CAF_CHECK(shake(good_request) == progress::established);
  websocket_engine other{rules};
  const auto no_browser = with("Origin: https://shop.example\r\n", "");
  std::string_view in{no_browser};
  CAF_CHECK(other.shake_hands(in, out) == progress::established);
}

CAF_TEST(a query behind the path does not matter) {
  CAF_CHECK(shake(with("/mqtt ", "/mqtt?token=1 ")) == progress::established);
}

CAF_TEST(packets come whole through frames of any size) {
  establish();
  const auto bytes = frame(0x02, "one ") + frame(0x00, "two ") + frame(0x80, "three ") +
                     frame(0x82, "") + frame(0x82, std::string(300, 'x'));
  for (const std::size_t step : {1u, 7u, 1000u}) {
    plain.clear();
    for (std::size_t at = 0; at < bytes.size(); at += step)
      CAF_CHECK(engine.read(std::string_view{bytes}.substr(at, step), plain, out) ==
                reading::goes_on);
    CAF_CHECK_EQUAL(plain, "one two three " + std::string(300, 'x'));
  }
  CAF_CHECK(out.empty());
}

CAF_TEST(a ping between the parts of a message is answered) {
  establish();
  const auto bytes = frame(0x02, "a") + frame(0x89, "are you there") + frame(0x80, "b");
  CAF_CHECK(engine.read(bytes, plain, out) == reading::goes_on);
  CAF_CHECK_EQUAL(plain, "ab");
  CAF_CHECK(engine.owes_answer());
  engine.give_answer(out);
  CAF_CHECK_EQUAL(out, "\x8a\x0d"s + "are you there");
  CAF_CHECK(!engine.owes_answer());
}

CAF_TEST(of pings that wait the newest is answered and none after the end) {
  establish();
  CAF_CHECK(engine.read(frame(0x89, "one") + frame(0x89, "") + frame(0x89, "two"), plain, out) ==
            reading::goes_on);
  CAF_CHECK(out.empty());
  engine.give_answer(out);
  CAF_CHECK_EQUAL(out, "\x8a\x03two"s);
  engine.give_answer(out);
  CAF_CHECK_EQUAL(out.size(), 5u);
  CAF_CHECK(engine.read(frame(0x89, ""), plain, out) == reading::goes_on);
  engine.end(out);
  CAF_CHECK(!engine.owes_answer());
  engine.give_answer(out);
  CAF_CHECK_EQUAL(out, "\x8a\x03two\x88\x02\x03\xe8"s);
}

CAF_TEST(a frame that is not binary ends the connection) {
  establish();
  CAF_CHECK(engine.read(frame(0x81, "text"), plain, out) == reading::failed);
  CAF_CHECK_EQUAL(out, "\x88\x02\x03\xeb"s); // 1003
  CAF_CHECK(plain.empty());
}

CAF_TEST(what breaks the rules ends the connection) {
  const std::vector<std::string> wrong = {
      frame(0x82, "x", false),             // not masked
      frame(0xc2, "x"),                    // an extension
      frame(0x80, "x"),                    // goes on with nothing
      frame(0x02, "x") + frame(0x82, "y"), // begins within another
      frame(0x83, "x"),                    // unknown
      frame(0x8b, ""),                     // unknown, and of control
      frame(0x8f, "x"),                    // likewise
      frame(0x89, std::string(126, 'x')),  // a ping that is too long
      frame(0x09, "x"),                    // a ping in parts
  };
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    CAF_MESSAGE("number " << i);
    websocket_engine other{rules};
    std::string_view in{good_request};
    std::string answer;
    CAF_REQUIRE(other.shake_hands(in, answer) == progress::established);
    answer.clear();
    CAF_CHECK(other.read(wrong[i], plain, answer) == reading::failed);
    CAF_CHECK_EQUAL(answer, "\x88\x02\x03\xea"s); // 1002
  }
}

CAF_TEST(the end is answered once and not before we end) {
  establish();
  CAF_CHECK(engine.read(frame(0x82, "x") + frame(0x88, "\x03\xe8"), plain, out) == reading::ended);
  CAF_CHECK_EQUAL(plain, "x");
  CAF_CHECK(out.empty());
  engine.end(out);
  CAF_CHECK_EQUAL(out, "\x88\x02\x03\xe8"s);
  engine.end(out);
  CAF_CHECK_EQUAL(out.size(), 4u);
}

CAF_TEST(what is sent is one binary frame with the shortest length there is) {
  establish();
  for (const auto& [size, head] : {std::pair{std::size_t{5}, "\x82\x05"s},
                                   {125, "\x82\x7d"s},
                                   {126, "\x82\x7e\x00\x7e"s},
                                   {65'535, "\x82\x7e\xff\xff"s},
                                   {65'536, "\x82\x7f\0\0\0\0\0\x01\0\0"s}}) {
    out.clear();
    CAF_CHECK(engine.write(std::string(size, 'x'), out));
    CAF_CHECK_EQUAL(out.size(), head.size() + size);
    CAF_CHECK(out.starts_with(head));
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
