// The porter's frames there and back, and what is no such frame.
#define CAF_SUITE porter_frames
#include "actors/porter_frames.hpp"

#include "tests/actors/fake_connection.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::actors;

namespace {

const stream_address there{stream_side::client, unit_index{3}, 1ull << 50};

attachment example(mqtt::protocol_version version) {
  attachment a;
  auto connection = std::make_shared<test::fake_connection>();
  connection->came_by = "devices";
  a.connection = std::move(connection);
  a.unit = unit_index{2};
  auto& c = a.connect;
  c.assigned_client_id = true;
  c.keep_alive_s = 60;
  c.packet_bytes_max = 4096;
  c.session_expiry_interval_s = 70;
  c.packet.version = version;
  c.packet.client_id = "c";
  c.packet.clean_start = false;
  c.packet.will.emplace();
  c.packet.will->topic = "t";
  c.packet.will->payload = "w";
  c.packet.will->qos = mqtt::qos::at_least_once;
  c.packet.will->retain = true;
  if (version == mqtt::protocol_version::v5) {
    c.authentication_data = "data";
    c.packet.receive_maximum = 5;
    c.packet.maximum_packet_size = 1000;
    c.packet.authentication_method = "m";
    c.packet.will->delay_interval_s = 9;
  }
  return a;
}

std::vector<pod_frame> stream_frames() {
  return {make_opened(there, unit_index{1}), make_not_here(there), make_bytes(there, "x"),
          make_credit(there, 1), make_closed(there, stream_close::at_once)};
}

// Of two machines, whose clocks have nothing in common.
constexpr net::time_point now{std::chrono::hours{5}};
constexpr net::time_point later{std::chrono::hours{900}};

mqtt::identity alice() {
  mqtt::identity who;
  who.by = mqtt::identity::proof::password;
  who.user = "alice";
  who.credential = 0x0123456789ABCDEF;
  who.rules = "topic read a/#\n";
  who.valid_until = now + std::chrono::seconds{90};
  return who;
}

stream_frame read(const pod_frame& from) {
  return decode_stream_frame(from).value_or(stream_frame{});
}

} // namespace

CAF_TEST(a CONNECT arrives as it was accepted) {
  for (const auto version :
       {mqtt::protocol_version::v3_1, mqtt::protocol_version::v3_1_1, mqtt::protocol_version::v5}) {
    const auto a = example(version);
    auto with_secrets = example(version);
    with_secrets.connect.packet.user_name = "u";
    with_secrets.connect.packet.password = "secret";
    const auto frame = make_attach(with_secrets, 77, now);
    CAF_CHECK(frame.body.find("secret") == std::string::npos);
    const auto f = decode_attach(frame, later);
    CAF_REQUIRE(f != nullptr);
    CAF_CHECK(f->unit == a.unit);
    CAF_CHECK_EQUAL(f->number, 77u);
    CAF_CHECK_EQUAL(f->address, "127.0.0.1:1");
    CAF_CHECK_EQUAL(f->listener, "devices");
    CAF_CHECK(f->connect.packet_bytes_max == 4096u);
    CAF_CHECK(f->connect.packet == a.connect.packet);
    CAF_CHECK(f->connect.assigned_client_id);
    CAF_CHECK_EQUAL(f->connect.keep_alive_s, 60u);
    CAF_CHECK_EQUAL(f->connect.session_expiry_interval_s, 70u);
    CAF_CHECK_EQUAL(f->connect.authentication_data, a.connect.authentication_data);
  }
}

CAF_TEST(who it is arrives with it) {
  auto a = example(mqtt::protocol_version::v5);
  auto there_and_back = [&] { return decode_attach(make_attach(a, 1, now), later)->connect.who; };
  CAF_CHECK(there_and_back() == mqtt::identity{});
  a.connect.who = alice();
  auto expected = alice();
  expected.valid_until = later + std::chrono::seconds{90};
  CAF_CHECK(there_and_back() == expected);
  a.connect.who.valid_until = now - std::chrono::hours{1};
  CAF_CHECK(there_and_back().valid_until == later);
  a.connect.who.user.reset(); // a password without its user
  CAF_CHECK(!decode_attach(make_attach(a, 1, now), later));
}

CAF_TEST(a CONNECT that is cut or followed by something is refused) {
  auto a = example(mqtt::protocol_version::v5);
  a.connect.who = alice();
  const auto whole = make_attach(a, 77, now);
  for (std::size_t n = 0; n < whole.body.size(); ++n) {
    auto cut = whole;
    cut.body.resize(n);
    CAF_CHECK(!decode_attach(cut, now));
  }
  auto longer = whole;
  longer.body += 'x';
  CAF_CHECK(!decode_attach(longer, now));
  auto nameless = example(mqtt::protocol_version::v5);
  nameless.connect.packet.client_id.clear();
  CAF_CHECK(!decode_attach(make_attach(nameless, 1, now), now));
}

CAF_TEST(frames of a stream there and back) {
  for (const auto& frame : stream_frames()) {
    const auto f = decode_stream_frame(frame);
    CAF_REQUIRE(f.has_value());
    CAF_CHECK(f->kind == frame.kind);
    CAF_CHECK(f->to.side == there.side && f->to.unit == there.unit);
    CAF_CHECK_EQUAL(f->to.number, there.number);
  }
}

CAF_TEST(what frames of a stream say) {
  const auto opened = make_opened(there, unit_index{1});
  const auto bytes = make_bytes(there, std::string_view{"a\0b", 3});
  const auto credit = make_credit(there, 70'000);
  const auto closed = make_closed(there, stream_close::at_once);
  CAF_CHECK(read(opened).from == unit_index{1});
  CAF_CHECK((read(bytes).bytes == std::string_view{"a\0b", 3}));
  CAF_CHECK(read(credit).credit == 70'000);
  CAF_CHECK(read(closed).how == stream_close::at_once);
}

CAF_TEST(frames of a stream that are cut or too long are refused) {
  for (const auto& frame : stream_frames()) {
    for (std::size_t n = 0; n < frame.body.size(); ++n) {
      auto cut = frame;
      cut.body.resize(n);
      CAF_CHECK(!decode_stream_frame(cut));
    }
    auto longer = frame;
    longer.body += 'x';
    CAF_CHECK_EQUAL(decode_stream_frame(longer).has_value(), frame.kind == frame_kind::bytes);
  }
}

CAF_TEST(nonsense is refused) {
  const stream_address session{stream_side::session, unit_index{0}, 1};
  CAF_CHECK(!decode_stream_frame(make_not_here(session)));
  CAF_CHECK(!decode_stream_frame(make_opened(session, unit_index{0})));
  CAF_CHECK(!decode_stream_frame(make_credit(there, 0)));
  auto side = make_bytes(there, "x");
  side.body[0] = 2;
  CAF_CHECK(!decode_stream_frame(side));
  auto how = make_closed(there, stream_close::at_once);
  how.body.back() = 2;
  CAF_CHECK(!decode_stream_frame(how));
  auto kind = make_bytes(there, "x");
  kind.kind = frame_kind::last_of_porter;
  CAF_CHECK(!decode_stream_frame(kind));
}
