#define CAF_SUITE share_group
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::qos;
using test::client;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(share_group_tests, test::pod_fixture)

// [MQTT-4.8.2-3]
CAF_TEST(each message goes to one member and the load is even) {
  client publisher{*this, "p"};
  publisher.connect();
  std::vector<std::unique_ptr<client>> members;
  for (int i = 0; i < 3; ++i) {
    members.push_back(std::make_unique<client>(*this, "m" + std::to_string(i)));
    members.back()->connect();
    members.back()->subscribe("$share/g/t/#");
    members.back()->received();
  }
  for (int i = 0; i < 30; ++i)
    publisher.publish("t/x", std::to_string(i));
  for (auto& m : members)
    CAF_CHECK_EQUAL(m->payloads().size(), 10u);
}

// [MQTT-4.8.2-5]
CAF_TEST(what a departed member did not acknowledge goes to another) {
  client publisher{*this, "p"}, leaver{*this, "l"}, stayer{*this, "s"};
  for (auto* c : {&publisher, &leaver, &stayer})
    c->connect();
  for (auto* c : {&leaver, &stayer}) {
    c->subscribe("$share/g/t", qos::at_least_once);
    c->received();
  }
  publisher.publish("t", "1", qos::at_least_once, 1);
  publisher.publish("t", "2", qos::at_least_once, 2);
  const auto kept = stayer.payloads();
  CAF_CHECK_EQUAL(kept.size(), 1u);
  leaver.lose_connection();
  auto moved = stayer.payloads();
  CAF_REQUIRE_EQUAL(moved.size(), 1u);
  CAF_CHECK(moved != kept);
}

CAF_TEST(what a session that ends had in the store is in the store all along) {
  client publisher{*this, "p"}, leaver{*this, "l"}, stayer{*this, "s"};
  publisher.connect();
  leaver.connect(true, 10);
  leaver.subscribe("$share/g/t", qos::at_least_once);
  leaver.lose_connection();
  publisher.publish("t", "1", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
  stayer.connect(true, 3600);
  stayer.subscribe("$share/g/t", qos::at_least_once);
  stayer.received();
  CAF_CHECK_EQUAL(pointers(), 1u);
  advance(std::chrono::seconds{10}); // ends; the other member is sent the message, not stored yet
  CAF_CHECK_EQUAL(stayer.payloads().size(), 1u);
  CAF_CHECK_EQUAL(pointers(), 1u);
  CAF_CHECK_EQUAL(stored_sessions(), 2u);
  advance(services.settings.safety.grace_max); // not acknowledged: stored, and only then removed
  CAF_CHECK_EQUAL(pointers(), 1u);             // from the session that ended
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
}

CAF_TEST(so is what a session had that ends with its connection) {
  client publisher{*this, "p"};
  publisher.connect();
  for (const bool taken_over : {false, true}) {
    client leaver{*this, taken_over ? "l1" : "l0"}, stayer{*this, taken_over ? "s1" : "s0"};
    const std::string topic = taken_over ? "t1" : "t0";
    leaver.connect(true, 3600);
    leaver.subscribe("$share/g/" + topic, qos::at_least_once);
    leaver.lose_connection();
    publisher.publish(topic, "1", qos::at_least_once, 1);
    CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
    stayer.connect(true, 3600);
    stayer.subscribe("$share/g/" + topic, qos::at_least_once);
    stayer.received();
    leaver.connect(false, 3600);
    if (taken_over) {
      leaver.begin_connecting(true, 3600);
      settle();
    } else {
      mqtt::disconnect_packet bye;
      bye.session_expiry_interval_s = 0;
      std::string bytes;
      encode(bye, leaver.version, 0, bytes);
      leaver.send(bytes);
    }
    const auto moved = stayer.received_of<mqtt::publish_packet>();
    CAF_REQUIRE_EQUAL(moved.size(), 1u);
    CAF_CHECK_EQUAL(pointers(), 1u); // the other member has not acknowledged it
    stayer.acknowledge(mqtt::packet_type::puback, moved[0].id);
    CAF_CHECK_EQUAL(pointers() + mails(), 0u);
    if (taken_over)
      CAF_CHECK(!leaver.finish_connecting().session_present);
  }
}

CAF_TEST(members with a client are preferred to those that are away) {
  client publisher{*this, "p"}, away{*this, "a"}, here{*this, "h"};
  publisher.connect();
  away.connect(true, 3600);
  here.connect();
  for (auto* c : {&away, &here})
    c->subscribe("$share/g/t", qos::at_least_once);
  away.lose_connection();
  here.received();
  for (std::uint16_t i = 1; i <= 4; ++i)
    publisher.publish("t", "x", qos::at_least_once, i);
  CAF_CHECK_EQUAL(here.payloads().size(), 4u);
}

CAF_TEST(a publisher is held back until a member has its messages) {
  client publisher{*this, "p"}, member{*this, "m", second};
  publisher.connect();
  member.connect();
  member.subscribe("$share/g/t");
  member.received();
  publisher.write(client::publish_bytes("t", "x"));
  while (member.payloads().empty()) {
    CAF_REQUIRE_GREATER(publisher.card->transit_bytes.load(), 0u);
    CAF_REQUIRE(sched.has_job());
    sched.run_once();
  }
  settle();
  CAF_CHECK_EQUAL(publisher.card->transit_bytes.load(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
