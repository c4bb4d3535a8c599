// What a resumed session may not, or cannot, send again: of QoS 2 its client may have it, and would
// take another message under that identifier for the same.
#define CAF_SUITE outbound_released
#include "session_fixture.hpp"

#include <memory>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

struct unreadable final : permissions {
  bool may_publish(std::string_view) override { return true; }
  bool may_receive(std::string_view) override { return false; }
  bool may_subscribe(std::string_view) const override { return true; }
};

struct fixture : session_fixture {
  void connect_taking(std::uint32_t packet_bytes_max) {
    auto p = persistent_hello(protocol_version::v5);
    p.maximum_packet_size = packet_bytes_max;
    connect(p);
  }
  /// QoS 2 under way to a client that is gone before it answered.
  void send_and_lose() {
    connect_taking(1000);
    deliver(large, qos::exactly_once);
    stored(0);
    CAF_CHECK(take<publish_packet>().id == id(1));
    lose_connection();
  }
  /// PUBREL goes out once a crash cannot bring the message back; the identifier is in use till
  /// then.
  void check_released(packet_id of) {
    CAF_CHECK(port.records.back().id == of);
    CAF_CHECK(port.records.back().state == stored_state::released);
    CAF_CHECK(port.forgotten.empty());
    recorded(port.records.size() - 1);
    expect_ack(packet_type::pubrel, of);
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
    send(ack(packet_type::pubcomp, of));
    CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
    CAF_CHECK_EQUAL(port.forgotten.size(), 1u);
  }
  /// As a new process finds it: QoS 2, perhaps sent, behind one of QoS 1.
  void restore_both() {
    machine->restore(3600, {}, now + 3600s);
    machine->sender().restore(
        {message("topic", "small", qos::at_least_once), terms(qos::at_least_once), nullptr},
        {stored_number{1}, packet_id::none, stored_state::queued, qos::at_least_once});
    machine->sender().restore(
        {message("topic", large, qos::exactly_once), terms(qos::exactly_once), nullptr},
        {stored_number{2}, id(5), stored_state::sent, qos::exactly_once});
  }

  const std::string large = std::string(100, 'x');
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(outbound_released_tests, fixture)

CAF_TEST(what has become too large is released) { // [MQTT-4.3.3-1] [MQTT-4.3.3-5]
  send_and_lose();
  connect_taking(60);
  expect_nothing();
  check_released(id(1));
}

CAF_TEST(what may not be read any more is released) { // [MQTT-4.3.3-1] [MQTT-4.3.3-5]
  send_and_lose();
  machine->set_permissions(std::make_unique<unreadable>());
  connect_taking(1000);
  expect_nothing();
  check_released(id(1));
}

CAF_TEST(so is what another process perhaps sent and this one cannot) {
  restore_both();
  connect_taking(60);
  const auto first = take<publish_packet>();
  CAF_CHECK_EQUAL(first.payload, "small");
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 2u);
  send(ack(packet_type::puback, first.id));
  port.forgotten.clear();
  check_released(id(5));
}

CAF_TEST(so is what another process perhaps sent when its time is over) {
  restore_both();
  machine->sender().on_expired(stored_number{2}, now);
  CAF_CHECK_EQUAL(machine->sender().waiting(), 1u);
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 1u);
  connect_taking(1000);
  const auto all = received();
  CAF_REQUIRE_EQUAL(all.size(), 2u);
  CAF_CHECK(std::get<ack_packet>(all[0]).type == packet_type::pubrel);
  CAF_CHECK(std::get<ack_packet>(all[0]).id == id(5));
  CAF_CHECK_EQUAL(std::get<publish_packet>(all[1]).payload, "small");
  send(ack(packet_type::pubcomp, id(5)));
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 1u);
  CAF_CHECK(port.forgotten == std::vector{stored_number{2}});
}

CAF_TEST(what was never sent frees its identifier) {
  connect_taking(60);
  deliver(large, qos::exactly_once);
  stored(0);
  expect_nothing();
  CAF_CHECK_EQUAL(machine->sender().unacknowledged(), 0u);
  CAF_CHECK_EQUAL(port.forgotten.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
