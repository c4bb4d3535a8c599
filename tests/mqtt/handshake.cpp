// From CONNECT to acceptance: what is refused and how, what is granted, authentication.
#define CAF_SUITE handshake
#include "mqtt/handshake.hpp"

#include "mqtt/encoder.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace mqttzoo::mqtt;

namespace {

using progress = handshake::progress;

/// Wants "first" and then "second"; a client that says "wrong" fails, one that says "direct" is in.
class two_steps final : public authentication {
public:
  step on_data(std::string_view data) override {
    if (data == "first")
      return {reason_code::continue_authentication, "more"};
    if (data == "second" || data == "direct")
      return {reason_code::success, "welcome"};
    return {reason_code::bad_user_name_or_password, {}};
  }
};

class two_steps_method final : public authentication_method {
public:
  std::unique_ptr<authentication> begin(const connect_packet&) override {
    return std::make_unique<two_steps>();
  }
};

struct fixture {
  fixture() { methods.emplace("two-steps", std::make_shared<two_steps_method>()); }

  progress feed(std::string_view bytes) {
    out.clear();
    const auto p = machine.on_input(bytes, out);
    left = bytes;
    return p;
  }
  progress connect(const connect_packet& p) {
    std::string bytes;
    encode(p, bytes);
    version = p.version;
    return feed(bytes);
  }
  progress auth(std::string data, reason_code reason = reason_code::continue_authentication,
                std::string method = "two-steps") {
    auth_packet p;
    p.reason = reason;
    p.authentication_method = std::move(method);
    p.authentication_data = std::move(data);
    std::string bytes;
    encode(p, 0, bytes);
    return feed(bytes);
  }

  /// The one packet that was sent.
  template<class Packet>
  Packet sent() {
    frame in;
    std::string scratch;
    const auto status = next_frame(out, 0, in);
    if (!status || *status != frame_status::complete || in.wire_size_bytes != out.size())
      CAF_FAIL("not one packet was sent");
    auto p = decode(in, version, peer::server, scratch);
    if (!p || !std::holds_alternative<Packet>(*p))
      CAF_FAIL("not the packet that was expected");
    return std::get<Packet>(std::move(*p));
  }

  void check_refused(const connect_packet& p, reason_code why) {
    CAF_CHECK(connect(p) == progress::refused);
    CAF_CHECK(!machine.refusal().empty());
    const auto answer = sent<connack_packet>();
    CAF_CHECK_EQUAL(to_string(answer.reason), to_string(why));
    CAF_CHECK(!answer.session_present); // [MQTT-3.2.2-6] [MQTT-3.2.2-4 v3]
  }

  connect_packet hello(protocol_version v = protocol_version::v5) {
    connect_packet p;
    p.version = v;
    p.client_id = "me";
    return p;
  }
  connect_packet with_will(std::string topic, protocol_version v = protocol_version::v5) {
    auto p = hello(v);
    p.will.emplace();
    p.will->topic = std::move(topic);
    return p;
  }

  server_limits limits;
  authentication_methods methods;
  handshake machine{limits, methods, [] { return std::string{"assigned"}; }};
  std::string out;
  std::string_view left;
  protocol_version version = protocol_version::v5;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(handshake_tests, fixture)

CAF_TEST(a plain CONNECT is accepted and what follows is left alone) {
  std::string bytes;
  encode(hello(protocol_version::v3_1_1), bytes);
  bytes += "rest"; // [MQTT-3.1.4-5] [MQTT-3.1.4-5 v3] waits until the session has it
  CAF_CHECK(feed(bytes) == progress::accepted);
  CAF_CHECK(out.empty());
  CAF_CHECK_EQUAL(left, "rest");
  CAF_CHECK_EQUAL(machine.result().packet.client_id, "me");
}

CAF_TEST(a CONNECT may come in pieces) {
  std::string bytes;
  encode(hello(), bytes);
  CAF_CHECK(feed(std::string_view{bytes}.substr(0, 3)) == progress::waiting);
  CAF_CHECK_EQUAL(left.size(), 3u);
  CAF_CHECK(feed(bytes) == progress::accepted);
}

CAF_TEST(anything but CONNECT first is not answered) { // [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
  for (const std::string bytes : {"\xC0", "\x30\x03", "GET / HTTP/1.1", "\xE0\x00"}) {
    handshake fresh{limits, methods, [] { return std::string{}; }};
    std::string_view input = bytes;
    CAF_CHECK(fresh.on_input(input, out) == progress::refused);
    CAF_CHECK(out.empty());
    CAF_CHECK(!fresh.refusal().empty());
  }
}

CAF_TEST(an unknown version is refused in the words of the nearest) {
  // [MQTT-3.1.2-2] [MQTT-3.1.2-2 v3]
  using namespace std::string_literals;
  CAF_CHECK(feed("\x10\x0C\x00\x04MQTT\x07\x02\x00\x00\x00\x00"s) == progress::refused);
  CAF_CHECK(sent<connack_packet>().reason == reason_code::unsupported_protocol_version);
  handshake old{limits, methods, [] { return std::string{}; }};
  const auto bytes = "\x10\x0C\x00\x04MQTT\x03\x02\x00\x00\x00\x00"s;
  std::string_view input = bytes;
  out.clear();
  CAF_CHECK(old.on_input(input, out) == progress::refused);
  CAF_CHECK_EQUAL(out, "\x20\x02\x00\x01"s);
}

CAF_TEST(a malformed CONNECT of 3 x is closed without an answer) { // [MQTT-3.1.4-1 v3]
  using namespace std::string_literals;
  CAF_CHECK(feed("\x10\x0D\x00\x04MQTT\x04\x03\x00\x00\x00\x01z"s) == progress::refused);
  CAF_CHECK(out.empty());
  CAF_CHECK(!machine.refusal().empty());
}

CAF_TEST(a client without a name gets one) { // [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]
  auto p = hello();
  p.client_id.clear();
  p.clean_start = false;
  CAF_CHECK(connect(p) == progress::accepted);
  CAF_CHECK_EQUAL(machine.result().packet.client_id, "assigned");
  CAF_CHECK_EQUAL(make_connack(machine.result(), presence::fresh, limits).assigned_client_id,
                  "assigned");
}

CAF_TEST(a client of 3 1 1 without a name gets one for a clean session) {
  // [MQTT-3.1.3-6 v3]
  auto p = hello(protocol_version::v3_1_1);
  p.client_id.clear();
  CAF_CHECK(connect(p) == progress::accepted);
  CAF_CHECK_EQUAL(machine.result().packet.client_id, "assigned");
}

CAF_TEST(but not for a session that is kept) { // [MQTT-3.1.3-8 v3]
  auto p = hello(protocol_version::v3_1_1);
  p.client_id.clear();
  p.clean_start = false;
  check_refused(p, reason_code::client_identifier_not_valid);
}

CAF_TEST(a name that is too long is refused) { // [MQTT-3.1.3-8]
  auto p = hello();
  p.client_id.assign(limits.client_id_bytes_max + 1, 'x');
  check_refused(p, reason_code::client_identifier_not_valid);
}

CAF_TEST(whom nobody knows is turned away after all) { // [MQTT-3.2.2-7] [MQTT-3.2.2-5 v3]
  for (const auto v : {protocol_version::v5, protocol_version::v3_1_1}) {
    handshake strict{limits, methods, [] { return std::string{}; }};
    std::string bytes;
    encode(hello(v), bytes);
    std::string_view input = bytes;
    out.clear();
    CAF_CHECK(strict.on_input(input, out) == progress::accepted);
    CAF_CHECK(out.empty());
    strict.turn_away(reason_code::bad_user_name_or_password, "no", out);
    version = v;
    CAF_CHECK(sent<connack_packet>().reason == reason_code::bad_user_name_or_password);
  }
}

CAF_TEST(a will that could not be published is refused) {
  auto p = with_will("will");
  p.will->qos = qos::exactly_once;
  p.will->retain = true;
  limits.qos_max = qos::at_least_once;
  check_refused(p, reason_code::qos_not_supported); // [MQTT-3.2.2-12]
}

CAF_TEST(a retained will needs retained messages) { // [MQTT-3.2.2-13]
  auto p = with_will("will");
  p.will->retain = true;
  limits.retain_available = false;
  check_refused(p, reason_code::retain_not_supported);
}

CAF_TEST(a will must not speak for the broker) {
  check_refused(with_will("$SYS/broker/version"), reason_code::not_authorized);
}

CAF_TEST(nor in 3 1 1) {
  check_refused(with_will("$SYS", protocol_version::v3_1_1), reason_code::not_authorized);
}

CAF_TEST(a topic that only begins like one of the broker is fine) {
  CAF_CHECK(connect(with_will("$SYSTEM/x")) == progress::accepted);
}

CAF_TEST(the topic of a will has bounded levels) {
  limits.topic_levels_max = 2;
  check_refused(with_will("a/b/c"), reason_code::topic_name_invalid);
}

CAF_TEST(the payload of a will is what it says) {
  auto p = with_will("will");
  p.will->payload = "\xFF";
  p.will->payload_is_utf8 = true;
  p.will->forwarded = std::string{"\x01\x01"};
  check_refused(p, reason_code::payload_format_invalid);
}

CAF_TEST(the longest keep alive is announced to those who know the word) {
  limits.keep_alive_s_max = 60;
  for (const auto& [asked, granted] : {std::pair{0, 60}, {61, 60}, {60, 60}, {10, 10}}) {
    for (const auto v : {protocol_version::v5, protocol_version::v3_1_1}) {
      handshake fresh{limits, methods, [] { return std::string{}; }};
      auto p = hello(v);
      p.keep_alive_s = static_cast<std::uint16_t>(asked);
      std::string bytes;
      encode(p, bytes);
      std::string_view input = bytes;
      CAF_CHECK(fresh.on_input(input, out) == progress::accepted);
      const auto expected = v == protocol_version::v5 ? granted : asked;
      CAF_CHECK_EQUAL(fresh.result().keep_alive_s, expected);
      const auto connack = make_connack(fresh.result(), presence::fresh, limits);
      CAF_CHECK_EQUAL(connack.server_keep_alive_s.has_value(), expected != asked);
    }
  }
}

CAF_TEST(clean session decides in 3 x) { // [MQTT-3.1.2-6 v3] [MQTT-3.1.2-4 v3]
  auto p = hello(protocol_version::v3_1_1);
  p.clean_start = false;
  connect(p);
  CAF_CHECK_EQUAL(machine.result().session_expiry_interval_s, 0xFFFF'FFFFu);
}

CAF_TEST(the session expiry is capped and the cap announced) {
  limits.session_expiry_s_max = 100;
  auto p = hello();
  p.session_expiry_interval_s = 101;
  connect(p);
  CAF_CHECK_EQUAL(machine.result().session_expiry_interval_s, 100u);
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).session_expiry_interval_s ==
            100u);
}

CAF_TEST(a listener may accept less than the server) { // [MQTT-3.2.2-15]
  limits.packet_bytes_max = 4096;
  machine.bound_packets(2048);
  connect(hello());
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).maximum_packet_size == 2048u);
  limits.packet_bytes_max = 1024; // the server's own bound holds everywhere
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).maximum_packet_size == 1024u);
}

CAF_TEST(a CONNECT above the limit of its listener is refused) {
  machine.bound_packets(10);
  CAF_CHECK(connect(hello()) == progress::refused);
  CAF_CHECK(!machine.refusal().empty());
}

CAF_TEST(a stranger may have no large packet held whatever clients may send) {
  using namespace std::string_literals;
  limits.packet_bytes_max = 256 << 20;
  // 2 MiB are to come: the length, and then as much as tells the version.
  const auto header = "\x10\x80\x80\x80\x01"s;
  handshake curt{limits, methods, [] { return std::string{}; }};
  std::string_view input = header;
  CAF_CHECK(curt.on_input(input, out) == progress::refused);
  CAF_CHECK(out.empty());
  CAF_CHECK(!curt.refusal().empty());
  CAF_CHECK(feed(header + "\x00\x04MQTT\x05"s) == progress::refused);
  CAF_CHECK(sent<connack_packet>().reason == reason_code::packet_too_large);
}

CAF_TEST(nor in the middle of its exchange) {
  limits.packet_bytes_max = 256 << 20;
  auto p = hello();
  p.authentication_method = "two-steps";
  p.authentication_data = "first";
  CAF_CHECK(connect(p) == progress::waiting);
  CAF_CHECK(feed("\xF0\x80\x80\x80\x01") == progress::refused);
  CAF_CHECK(sent<connack_packet>().reason == reason_code::packet_too_large);
}

CAF_TEST(a CONNECT of nearly one MiB is fine) {
  limits.packet_bytes_max = 256 << 20;
  auto p = hello();
  p.users.assign((1 << 20) / 5 - 20, {"", ""});
  CAF_CHECK(connect(p) == progress::accepted);
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).maximum_packet_size ==
            std::uint32_t{256 << 20});
}

CAF_TEST(CONNACK announces what is granted) {
  limits.qos_max = qos::at_least_once;
  limits.receive_maximum = 11;
  limits.topic_alias_maximum = 12;
  limits.packet_bytes_max = 4096;
  limits.retain_available = limits.wildcard_available = limits.shared_available = false;
  limits.subscription_identifiers_available = false;
  auto p = hello();
  p.request_response_information = true;
  connect(p);
  const auto a = make_connack(machine.result(), presence::resumed, limits);
  CAF_CHECK(a.session_present);
  CAF_CHECK(a.maximum_qos == qos::at_least_once); // [MQTT-3.2.2-9]
  CAF_CHECK(a.receive_maximum == std::uint16_t{11});
  CAF_CHECK(a.topic_alias_maximum == std::uint16_t{12});
  CAF_CHECK(a.maximum_packet_size == 4096u);
  CAF_CHECK(a.retain_available == false);
  CAF_CHECK(a.wildcard_subscription_available == false);
  CAF_CHECK(a.shared_subscription_available == false);
  CAF_CHECK(a.subscription_identifiers_available == false);
  CAF_CHECK_EQUAL(a.response_information, "response/me"); // [MQTT-3.1.2-28]
  CAF_CHECK(!a.server_keep_alive_s);
  CAF_CHECK(!a.session_expiry_interval_s);
}

CAF_TEST(response information is sent on request and as a topic only) { // [MQTT-3.1.2-28]
  connect(hello());
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).response_information.empty());
  machine.result().packet.request_response_information = true;
  machine.result().packet.client_id = "a+b";
  CAF_CHECK(make_connack(machine.result(), presence::fresh, limits).response_information.empty());
}

CAF_TEST(a client that cannot take CONNACK is refused) { // [MQTT-3.1.2-24]
  auto p = hello();
  p.maximum_packet_size = 6;
  check_refused(p, reason_code::packet_too_large);
  CAF_CHECK(out.size() <= 6u);
}

CAF_TEST(user properties are not held until the session opens) {
  auto p = hello();
  p.users.assign(1000, {"", ""});
  CAF_CHECK(connect(p) == progress::accepted);
  CAF_CHECK_EQUAL(machine.result().packet.users.capacity(), 0u);
}

CAF_TEST(nor while an exchange is under way) {
  auto p = hello();
  p.authentication_method = "two-steps";
  p.authentication_data = "first";
  p.users.assign(1000, {"", ""});
  CAF_CHECK(connect(p) == progress::waiting);
  CAF_CHECK_EQUAL(machine.result().packet.users.capacity(), 0u);
}

CAF_TEST(an unknown method is refused) { // [MQTT-4.12.0-1]
  auto p = hello();
  p.authentication_method = "other";
  check_refused(p, reason_code::bad_authentication_method);
}

CAF_TEST(authentication takes as many steps as its method wants) {
  // [MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5]
  auto p = hello();
  p.authentication_method = "two-steps";
  p.authentication_data = "first";
  CAF_CHECK(connect(p) == progress::waiting);
  const auto challenge = sent<auth_packet>();
  CAF_CHECK(challenge.reason == reason_code::continue_authentication);
  CAF_CHECK_EQUAL(challenge.authentication_method, "two-steps");
  CAF_CHECK_EQUAL(challenge.authentication_data, "more");
  CAF_CHECK(auth("second") == progress::accepted);
  CAF_CHECK(machine.result().exchange != nullptr);
  const auto connack = make_connack(machine.result(), presence::fresh, limits);
  CAF_CHECK_EQUAL(connack.authentication_method, "two-steps");
  CAF_CHECK_EQUAL(connack.authentication_data, "welcome");
}

CAF_TEST(a failed authentication is refused) { // [MQTT-4.12.0-4]
  auto p = hello();
  p.authentication_method = "two-steps";
  p.authentication_data = "wrong";
  check_refused(p, reason_code::bad_user_name_or_password);
}

CAF_TEST(AUTH must go on with the exchange that was begun) { // [MQTT-4.12.0-3] [MQTT-4.12.0-5]
  for (const int mistake : {0, 1, 2}) {
    handshake fresh{limits, methods, [] { return std::string{}; }};
    std::string bytes;
    auto p = hello();
    p.authentication_method = "two-steps";
    p.authentication_data = "first";
    encode(p, bytes);
    auth_packet a;
    a.reason = mistake == 0 ? reason_code::re_authenticate : reason_code::continue_authentication;
    a.authentication_method = mistake == 1 ? "other" : "two-steps";
    a.authentication_data = "second";
    if (mistake == 2)
      encode(pingreq_packet{}, bytes);
    else
      encode(a, 0, bytes);
    std::string_view input = bytes;
    out.clear();
    CAF_CHECK(fresh.on_input(input, out) == progress::refused);
    CAF_CHECK(!fresh.refusal().empty());
  }
}

CAF_TEST(a client may leave in the middle of it) {
  auto p = hello();
  p.authentication_method = "two-steps";
  p.authentication_data = "first";
  connect(p);
  CAF_CHECK(feed(std::string_view{"\xE0\x00", 2}) == progress::refused);
  CAF_CHECK(out.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
