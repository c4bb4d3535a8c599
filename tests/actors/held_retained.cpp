// Retained messages are held like mail: paid for, renewed, and gone when they cannot be.
#define CAF_SUITE held_retained
#include "tests/actors/held_fixture.hpp"

using namespace mqttzoo;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(held_retained_tests, test::held_fixture)

CAF_TEST(a 3 x publisher whose credit never comes retains nothing) {
  publish("a", "old", qos::at_least_once, true);
  services.settings.bank.patience = 5s;
  client old{*this, "old"};
  old.version = mqtt::protocol_version::v3_1_1;
  old.connect();
  fill();
  const auto before = services.counters.publishes_refused.get();
  old.publish("a", std::string(3000, 'x'), qos::at_least_once, 1, true);
  for (int i = 0; i < 8; ++i) {
    advance(1s);
    check_books();
  }
  CAF_CHECK_EQUAL(services.counters.publishes_refused.get(), before + 1);
  CAF_CHECK_EQUAL(old.received_of<mqtt::ack_packet>().size(), 0u);
  CAF_CHECK_EQUAL(retained("a"), strings{"old"});
}

CAF_TEST(retained messages are paid for and paid back) {
  CAF_CHECK(publish("a", std::string(1500, 'x'), qos::at_least_once, true) == reason_code::success);
  CAF_CHECK_GREATER_OR_EQUAL(books().held, 90);
  check_books();
  publish("a", "small", qos::at_least_once, true);
  CAF_CHECK_LESS_OR_EQUAL(books().held, 40);
  check_books();
  publish("a", "", qos::at_least_once, true);
  CAF_CHECK_EQUAL(books().held, 0);
  check_books();
}

CAF_TEST(a retained message that cannot be paid leaves the one there was) {
  publish("a", "old", qos::at_least_once, true);
  fill();
  CAF_CHECK(publish("a", std::string(3000, 'x'), qos::at_least_once, true) ==
            reason_code::quota_exceeded);
  CAF_CHECK(publish("new", std::string(3000, 'x'), qos::at_least_once, true) ==
            reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(retained("a"), strings{"old"});
  CAF_CHECK_EQUAL(retained("new"), strings{});
  check_books();
}

CAF_TEST(retained messages are renewed while the bank is full) {
  publish("a", "kept", qos::at_least_once, true);
  for (int i = 0; i < 10; ++i) {
    fill();
    advance(15s);
    check_books();
  }
  CAF_CHECK_EQUAL(retained("a"), strings{"kept"});
  CAF_CHECK_GREATER(pod.bank_counts.renewals.get(), 3u);
  CAF_CHECK_EQUAL(pod.bank_counts.lapsed.get(), 0u);
}

CAF_TEST(a retained message that cannot be renewed goes when its time is over) {
  publish("a", "kept", qos::at_least_once, true);
  fill();
  services.settings.bank.ttl_min = services.settings.bank.ttl_max =
      3000s; // dearer than all there is
  advance(41s);
  advance(2s);
  CAF_CHECK_EQUAL(pod.bank_counts.lapsed.get(), 1u);
  CAF_CHECK_EQUAL(retained("a"), strings{});
  CAF_CHECK_EQUAL(nodes_below(zk::paths{}.retained(), ""), 0u);
  check_books();
}

CAF_TEST_FIXTURE_SCOPE_END()
