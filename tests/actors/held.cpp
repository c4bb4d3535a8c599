// What is held is paid for, has its time, and brings its credits back: through clients of a pod
// that is alone, with the books read from its store.
#define CAF_SUITE held
#include "tests/actors/held_fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::kept_s;
using test::strings;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(held_tests, test::held_fixture)

CAF_TEST(mail has its time and its cost in its name) {
  CAF_CHECK(publish("t/a", std::string(2000, 'x')) == reason_code::success);
  const auto name = only_mail();
  const auto ttl_ms = name.expires_at_unix_ms - clock.unix_ms();
  CAF_CHECK_GREATER_OR_EQUAL(ttl_ms, 30'000);
  CAF_CHECK_LESS_OR_EQUAL(ttl_ms, 40'000);
  CAF_CHECK_EQUAL(static_cast<std::int64_t>(name.credits), 3 * ((ttl_ms + 999) / 1000));
  CAF_CHECK_EQUAL(books().held, static_cast<std::int64_t>(name.credits));
  check_books();
}

CAF_TEST(times are drawn evenly) {
  std::array<int, 10> of_second{};
  for (int i = 0; i < 300; ++i) {
    CAF_REQUIRE(publish("t/a", "m") == reason_code::success);
    ++of_second.at(static_cast<std::size_t>(
        std::min<std::int64_t>(9, (only_mail().expires_at_unix_ms - clock.unix_ms()) / 1000 - 30)));
    resume();
    subscriber.lose_connection();
  }
  for (const auto n : of_second) {
    CAF_CHECK_GREATER(n, 10);
    CAF_CHECK_LESS(n, 60);
  }
}

CAF_TEST(a publisher may want less time and pays for the least) {
  publish_for_seconds(5, qos::at_least_once);
  CAF_CHECK_EQUAL(only_mail().expires_at_unix_ms, clock.unix_ms() + 5000);
  CAF_CHECK_EQUAL(only_mail().credits, 30u);
  advance(5s);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  check_books();
}

CAF_TEST(a delivery that was begun goes on although the message expires) { // [MQTT-4.4.0-1]
  subscriber.connect(false, kept_s);
  publish_for_seconds(5, qos::exactly_once);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  subscriber.lose_connection();
  advance(10s);
  CAF_CHECK_EQUAL(mails(), 1u);
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
  const auto& again = std::get<mqtt::publish_packet>(subscriber.early[0]);
  CAF_CHECK(again.dup);
  CAF_CHECK(again.id == got[0].id);
}

CAF_TEST(a delivery that was begun outlives the copy for who is away) { // [MQTT-4.4.0-1]
  client live{*this, "live"};
  live.connect(true, kept_s);
  live.subscribe("t/#", qos::at_least_once);
  publish_for_seconds(5, qos::at_least_once);
  CAF_CHECK_EQUAL(mails(), 1u);
  const auto got = live.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  live.lose_connection();
  CAF_CHECK_EQUAL(mails(), 2u);
  check_books();
  advance(10s);
  CAF_CHECK_EQUAL(mails(), 1u);
  CAF_CHECK_EQUAL(resume(), strings{});
  live.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(live.early.size(), 1u);
  const auto& again = std::get<mqtt::publish_packet>(live.early[0]);
  CAF_CHECK(again.dup);
  CAF_CHECK(again.id == got[0].id);
  live.acknowledge(packet_type::puback, again.id);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  CAF_CHECK_EQUAL(books().held, 0);
  check_books();
}

CAF_TEST(all deliveries that were begun share a copy) {
  client one{*this, "one"}, two{*this, "two"};
  for (auto* c : {&one, &two}) {
    c->connect(true, kept_s);
    c->subscribe("t/#", qos::at_least_once);
  }
  publish_for_seconds(5, qos::at_least_once);
  one.lose_connection();
  two.lose_connection();
  CAF_CHECK_EQUAL(mails(), 2u);
  CAF_CHECK_EQUAL(pointers(), 3u);
  advance(5s);
  CAF_CHECK_EQUAL(pointers(), 2u);
  check_books();
}

CAF_TEST(what has had its time is gone everywhere) {
  publish("t/a", "m");
  advance(29s);
  CAF_CHECK_EQUAL(mails(), 1u);
  advance(12s);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  CAF_CHECK_EQUAL(books().held, 0);
  check_books();
  CAF_CHECK_EQUAL(resume(), strings{});
  CAF_CHECK_EQUAL(pod.bank_counts.expired.get(), 1u);
  CAF_CHECK_EQUAL(services.counters.messages_queued.get(), 0u);
}

CAF_TEST(a full bank says no and goes on when its mail has had its time) {
  fill();
  const auto full = books();
  CAF_CHECK_LESS(full.total - full.held, 40 + 2);
  CAF_CHECK(publish("t/x", "m") == reason_code::quota_exceeded);
  CAF_CHECK(publish("t/x", "m", qos::exactly_once) == reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(books().held, full.held);
  CAF_CHECK_GREATER_OR_EQUAL(pod.bank_counts.refusals.get(), 2u);
  check_books();
  advance(41s);
  CAF_CHECK_EQUAL(books().held, 0);
  CAF_CHECK(publish("t/x", "m") == reason_code::success);
  check_books();
}

CAF_TEST(a refusal names its limit and when enough has come back) {
  fill();
  publisher.publish("t/x", "m", qos::at_least_once, ++last_id);
  const auto refused = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(refused.size(), 1u);
  CAF_CHECK_EQUAL(refused[0].reason_string, mqtt::describe(mqtt::limit::bank));
  CAF_REQUIRE_EQUAL(refused[0].users.size(), 1u);
  CAF_CHECK_EQUAL(refused[0].users[0].first, "retry-after");
  const std::chrono::seconds after{std::stoi(refused[0].users[0].second)};
  CAF_CHECK_GREATER(after.count(), 0);
  CAF_CHECK_LESS_OR_EQUAL(after.count(), 41);
  advance(after);
  CAF_CHECK(publish("t/x", "m") == reason_code::success);
}

CAF_TEST(a 3 x publisher waits for credit and is promised as soon as it comes back) {
  services.settings.bank.ttl_max = 30s; // each costs the same
  client old{*this, "old"};
  client keeps{*this, "keeps"};
  for (auto* c : {&old, &keeps}) {
    c->version = mqtt::protocol_version::v3_1_1;
    c->connect();
  }
  client other{*this, "o"};
  other.connect(true, kept_s);
  other.subscribe("u/#", qos::at_least_once);
  other.lose_connection();
  for (int i = 0; i < 3; ++i)
    publish("u/1", "m");
  fill();
  old.publish("t/x", "waits", qos::at_least_once, 1);
  keeps.publish("a", "waits", qos::at_least_once, 1, true);
  advance(1s);
  CAF_CHECK_EQUAL(old.received_of<mqtt::ack_packet>().size(), 0u);
  CAF_CHECK_EQUAL(keeps.received_of<mqtt::ack_packet>().size(), 0u);
  CAF_CHECK_EQUAL(services.counters.publishes_waiting.get(), 1u);
  client late{*this, "late"};
  late.connect();
  late.subscribe("a", qos::at_least_once);
  CAF_CHECK_EQUAL(late.payloads(), strings{}); // not before it is paid
  other.connect(false, kept_s);
  for (const auto& p : other.early)
    if (const auto* m = std::get_if<mqtt::publish_packet>(&p))
      other.acknowledge(packet_type::puback, m->id);
  CAF_CHECK_EQUAL(old.received_of<mqtt::ack_packet>().size(), 1u); // at once
  CAF_CHECK_EQUAL(services.counters.publishes_waiting.get(), 0u);
  check_books();
  auto found = resume();
  CAF_REQUIRE(!found.empty());
  CAF_CHECK_EQUAL(found.back(), "waits");
  advance(1s);
  CAF_CHECK_EQUAL(keeps.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(late.payloads(), strings{"waits"});
  CAF_CHECK_EQUAL(retained("a"), strings{"waits"});
  check_books();
}

CAF_TEST(a message for several sessions was refused once) {
  for (const auto* name : {"two", "three"}) {
    client c{*this, name};
    c.connect(true, 3600);
    c.subscribe("t/#", qos::at_least_once);
    c.lose_connection();
  }
  fill();
  const auto before = pod.bank_counts.refusals.get();
  CAF_CHECK(publish("t/x", "m") == reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(pod.bank_counts.refusals.get(), before + 1);
}

CAF_TEST(a message that waits was refused once) {
  client old{*this, "old"};
  old.version = mqtt::protocol_version::v3_1_1;
  old.connect();
  fill();
  const auto before = pod.bank_counts.refusals.get();
  old.publish("t/x", std::string(5000, 'x'), qos::at_least_once, 1);
  old.publish("a", std::string(5000, 'x'), qos::at_least_once, 2, true);
  for (int i = 0; i < 5; ++i)
    advance(1s);
  CAF_CHECK_EQUAL(services.counters.publishes_waiting.get(), 1u);
  CAF_CHECK_EQUAL(pod.bank_counts.refusals.get(), before + 1);
}

CAF_TEST(a subscriber sees how long its mail had left) { // [MQTT-3.3.2-6]
  publish("t/a", "m");
  advance(10s);
  const auto until = only_mail().expires_at_unix_ms;
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
  const auto& m = std::get<mqtt::publish_packet>(subscriber.early[0]);
  CAF_REQUIRE(m.properties.message_expiry_interval_s);
  CAF_CHECK_EQUAL(std::int64_t{*m.properties.message_expiry_interval_s},
                  (until - clock.unix_ms() + 999) / 1000);
}

CAF_TEST(live subscribers need no credit) {
  fill();
  client live{*this, "live"};
  live.connect(true, kept_s);
  live.subscribe("live", qos::at_least_once);
  publisher.publish("live", "m", qos::at_least_once, 900);
  const auto got = live.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  publisher.received();
  live.acknowledge(packet_type::puback, got[0].id);
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == reason_code::success);
}

CAF_TEST(one copy is paid once and comes back with its last addressee) {
  client other{*this, "o"};
  other.connect(true, kept_s);
  other.subscribe("t/#", qos::at_least_once);
  other.lose_connection();
  publish("t/a", "m");
  const auto held = books().held;
  CAF_CHECK_LESS_OR_EQUAL(held, 40);
  subscriber.connect(false, kept_s);
  subscriber.acknowledge(packet_type::puback,
                         std::get<mqtt::publish_packet>(subscriber.early.at(0)).id);
  CAF_CHECK_EQUAL(books().held, held);
  other.connect(false, kept_s);
  other.acknowledge(packet_type::puback, std::get<mqtt::publish_packet>(other.early.at(0)).id);
  CAF_CHECK_EQUAL(books().held, 0);
  check_books();
}

CAF_TEST(a message on its way to its client outlives its time there but not the connection) {
  subscriber.connect(false, kept_s);
  subscriber.received();
  publisher.publish("t/a", "m", qos::at_least_once, 5);
  advance(services.settings.safety.grace_max); // is stored, as nobody acknowledges it
  CAF_CHECK_EQUAL(mails(), 1u);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  advance(41s);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  check_books();
  subscriber.lose_connection();
  CAF_CHECK_EQUAL(mails() + pointers(), 0u); // and is not stored anew
  CAF_CHECK_EQUAL(resume(), strings{});
}

CAF_TEST(a QoS 2 message whose time is over is completed with its client) {
  subscriber.connect(false, kept_s);
  publish("t/a", "m", qos::exactly_once);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK_EQUAL(mails(), 1u);
  subscriber.acknowledge(packet_type::pubrec, got[0].id);
  CAF_CHECK_EQUAL(subscriber.received_of<mqtt::ack_packet>().size(), 1u);
  advance(41s);
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(pointers(), 1u); // PUBREL is still to be repeated if it is lost
  check_books();
  subscriber.lose_connection();
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
  CAF_CHECK(std::get<mqtt::ack_packet>(subscriber.early[0]).type == packet_type::pubrel);
  subscriber.acknowledge(packet_type::pubcomp, got[0].id);
  CAF_CHECK_EQUAL(pointers(), 0u);
}

CAF_TEST(PUBREC after its time is answered) {
  subscriber.connect(false, kept_s);
  publish("t/a", "m", qos::exactly_once);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  advance(41s);
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(pointers(), 1u); // the identifier is not free yet
  subscriber.acknowledge(packet_type::pubrec, got[0].id);
  CAF_CHECK_EQUAL(subscriber.received_of<mqtt::ack_packet>().size(), 1u);
  subscriber.acknowledge(packet_type::pubcomp, got[0].id);
  CAF_CHECK_EQUAL(pointers(), 0u);
  check_books();
}

CAF_TEST(the identifier of a message whose time is over while its client is away is let go of) {
  // [MQTT-4.3.3-5]
  subscriber.connect(false, kept_s);
  publish("t/a", "m", qos::exactly_once);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  subscriber.lose_connection();
  advance(41s);
  CAF_CHECK_EQUAL(mails(), 0u);
  CAF_CHECK_EQUAL(books().held, 0);
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
  const auto& release = std::get<mqtt::ack_packet>(subscriber.early[0]);
  CAF_CHECK(release.type == packet_type::pubrel);
  CAF_CHECK(release.id == got[0].id);
  subscriber.acknowledge(packet_type::pubcomp, got[0].id);
  CAF_CHECK_EQUAL(pointers(), 0u);
}

CAF_TEST(a session that ends brings back what was held for it) {
  publish("t/a", "m");
  client again{*this, "s"};
  again.connect(true, 0);
  CAF_CHECK_EQUAL(books().held, 0);
  check_books();
}

CAF_TEST(a message too large for a node is refused) {
  CAF_CHECK(publish("t/a", std::string(995'000, 'x')) == reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  check_books();
}

CAF_TEST(one publisher cannot empty the bank for others) {
  banking.settings.bank.client_share = 40;
  fill();
  CAF_CHECK_LESS_OR_EQUAL(books().held, 120);
  CAF_CHECK_GREATER(pod.bank_counts.refusals_of_share.get(), 0u);
  publisher.publish("t/x", "m", qos::at_least_once, ++last_id);
  const auto refused = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(refused.size(), 1u);
  CAF_CHECK_EQUAL(refused[0].reason_string, mqtt::describe(mqtt::limit::client_share));
  client modest{*this, "modest"};
  modest.connect();
  modest.publish("t/m", "m", qos::at_least_once, 1);
  const auto acks = modest.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == reason_code::success);
  check_books();
}

CAF_TEST_FIXTURE_SCOPE_END()
