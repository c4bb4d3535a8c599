// What a session does because time passes: keep alive, half packets, and the clocks that must stand
// still.
#define CAF_SUITE session_time
#include "session_fixture.hpp"

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct fixture : session_fixture {
  void connect_for(std::uint16_t keep_alive_s, protocol_version v = protocol_version::v5) {
    auto p = hello(v);
    p.keep_alive_s = keep_alive_s;
    connect(p);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_time_tests, fixture)

CAF_TEST(a silent client is left after one and a half keep alives) {
  // [MQTT-3.1.2-22] [MQTT-3.1.2-24 v3]
  for (const auto v : all_versions) {
    connect_for(5, v);
    pass(7s);
    send(pingreq_packet{});
    received();
    pass(7499ms);
    CAF_CHECK(machine->connected());
    pass(1ms);
    expect_closed(reason_code::keep_alive_timeout);
  }
  CAF_CHECK_EQUAL(counts.keep_alive_timeouts.get(), 3u);
}

CAF_TEST(half a second counts) { // [MQTT-3.1.2-22]
  connect_for(1);
  pass(1499ms);
  CAF_CHECK(machine->connected());
  pass(1ms);
  CAF_CHECK(!machine->connected());
}

CAF_TEST(a keep alive of 0 is none) {
  connect_for(0);
  CAF_CHECK(machine->next_due() == time_point::max());
}

CAF_TEST(the keep alive of the server holds) {
  limits.keep_alive_s_max = 10;
  auto p = hello(protocol_version::v5);
  p.keep_alive_s = 1000;
  CAF_CHECK(connect(p).server_keep_alive_s == std::uint16_t{10});
  pass(15s);
  CAF_CHECK(!machine->connected());
  CAF_MESSAGE("a client of 3.1.1 cannot know of it");
  p.version = protocol_version::v3_1_1;
  connect(p);
  pass(1499s);
  CAF_CHECK(machine->connected());
}

CAF_TEST(half a packet has a limit) {
  limits.packet_timeout = 3s;
  connect_for(0);
  const auto bytes = encoded(publish("t", std::string(100, 'x')));
  feed(bytes.substr(0, 10));
  pass(2s);
  feed(bytes.substr(0, 50)); // a few more bytes gain no time
  pass(999ms);
  CAF_CHECK(machine->connected());
  pass(1ms);
  expect_closed(reason_code::unspecified_error);
  CAF_CHECK_EQUAL(counts.packet_timeouts.get(), 1u);
}

CAF_TEST(a completed packet ends the limit) {
  limits.packet_timeout = 3s;
  connect_for(0);
  const auto bytes = encoded(publish("t", "x"));
  feed(bytes.substr(0, 4));
  pass(2s);
  feed(bytes);
  pass(10s);
  CAF_CHECK(machine->connected());
}

CAF_TEST(a large packet on a slow link goes on as long as it gets further) {
  limits.packet_timeout = 3s;
  connect_for(0);
  const auto bytes = encoded(publish("t", std::string(300'000, 'x')));
  for (std::size_t size = 10; size < bytes.size(); size += 70'000) {
    feed(std::string_view{bytes}.substr(0, size));
    pass(2s);
  }
  CAF_CHECK(machine->connected());
}

CAF_TEST(a client that is not read is not silent) {
  connect_for(10);
  pass(14s);
  machine->on_reading(session::reading::held, now);
  pass(100s);
  CAF_CHECK(machine->connected());
  machine->on_reading(session::reading::goes_on, now);
  pass(14s);
  CAF_CHECK(machine->connected());
  pass(1s);
  CAF_CHECK(!machine->connected());
}

CAF_TEST(nor does half a packet of it run out) {
  limits.packet_timeout = 3s;
  connect_for(0);
  const auto bytes = encoded(publish("t", "x"));
  feed(bytes.substr(0, 4));
  machine->on_reading(session::reading::held, now);
  pass(10s);
  CAF_CHECK(machine->connected());
  machine->on_reading(session::reading::goes_on, now);
  feed(bytes.substr(0, 4));
  pass(3s);
  CAF_CHECK(!machine->connected());
}

CAF_TEST(a pause of our own is one of these) {
  limits.receive_maximum = 1;
  connect_for(10, protocol_version::v3_1_1);
  const auto bytes = encoded(publish("t", "x", qos::at_least_once, id(1)));
  feed(bytes + bytes);
  CAF_CHECK(port.paused);
  pass(100s);
  CAF_CHECK(machine->connected());
  receipt(id(1));
  pass(14s);
  CAF_CHECK(machine->connected());
  pass(1s);
  CAF_CHECK(!machine->connected());
}

CAF_TEST_FIXTURE_SCOPE_END()
