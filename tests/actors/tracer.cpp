// Traces: which messages are followed, and what is noted of each until its end.
#define CAF_SUITE tracer
#include "tests/actors/tracer_fixture.hpp"

using namespace mqttzoo;
using actors::trace_terms;
using actors::trace_verdict;
using mqtt::packet_type;
using mqtt::qos;
using std::chrono::seconds;
using test::client;
using test::kept_s;
using test::strings;
using test::tracer_fixture;

CAF_TEST_FIXTURE_SCOPE(tracer_tests, tracer_fixture)

// --- verdicts ---

CAF_TEST(a message is followed from its socket to the acknowledgement) {
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.received();
  const auto id = follow_topic("t");
  publisher.publish("t", "payload", qos::at_least_once, 7);
  CAF_CHECK_EQUAL(events(id), (strings{"received", "routed", "sent", "promised"}));
  CAF_CHECK(verdict(id) == trace_verdict::under_way);
  subscriber.acknowledge(packet_type::puback, received_id(subscriber));
  CAF_CHECK_EQUAL(events(id), (strings{"received", "routed", "sent", "promised", "acknowledged"}));
  const auto l = life(id);
  CAF_CHECK(l.verdict() == trace_verdict::delivered);
  CAF_CHECK_EQUAL(l.topic(), "t");
  CAF_CHECK_EQUAL(l.publisher(), "p");
  CAF_CHECK_EQUAL(l.payload_bytes(), 7u);
  const auto steps = read(id).steps;
  CAF_CHECK_EQUAL(steps[1].sessions, 1u);
  CAF_CHECK_EQUAL(steps[2].who, "s");
  CAF_CHECK(steps[3].what.id == mqtt::packet_id{7});
}

CAF_TEST(time passes between two steps) {
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.received();
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::at_least_once, 7);
  clock.advance(std::chrono::microseconds{1500});
  subscriber.acknowledge(packet_type::puback, received_id(subscriber));
  const auto l = life(id);
  CAF_CHECK_EQUAL(l.last_unix_us() - l.first_unix_us(), 1500);
  CAF_CHECK_EQUAL(l.first_unix_us() / 1000, clock.unix_ms() - 101);
}

CAF_TEST(QoS 2 is promised with PUBREC and over with that of its subscriber) {
  subscriber.subscribe("t", qos::exactly_once);
  subscriber.received();
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::exactly_once, 7);
  subscriber.acknowledge(packet_type::pubrec, received_id(subscriber));
  CAF_CHECK(verdict(id) == trace_verdict::delivered);
  publisher.publish("t", "m", qos::exactly_once, 7); // again: the same message
  CAF_CHECK_EQUAL(followed(id), 1u);
}

CAF_TEST(a message for somebody who is away is mailed and delivered later) {
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::at_least_once, 7);
  CAF_CHECK_EQUAL(events(id), (strings{"received", "routed", "queued", "mailed", "promised"}));
  CAF_CHECK(verdict(id) == trace_verdict::mailed);
  subscriber.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(subscriber.early.size(), 1u);
  subscriber.acknowledge(packet_type::puback,
                         std::get<mqtt::publish_packet>(subscriber.early[0]).id);
  CAF_CHECK(verdict(id) == trace_verdict::delivered);
}

CAF_TEST(a message that its publisher may not publish is refused) {
  const auto id = follow(terms(trace_terms::subject::client, "p"));
  publisher.publish("$SYS/x", "m", qos::at_least_once, 7);
  CAF_CHECK_EQUAL(events(id), (strings{"received", "refused"}));
  CAF_CHECK(verdict(id) == trace_verdict::refused);
  CAF_CHECK_EQUAL(life(id).why(), "Not authorized");
}

CAF_TEST(a message that cannot be stored is refused and the limit is named) {
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  const auto id = follow_topic("t");
  faults->set_full(true);
  publisher.publish("t", "m", qos::at_least_once, 7);
  CAF_CHECK_EQUAL(events(id), (strings{"received", "routed", "queued", "dropped", "refused"}));
  CAF_CHECK(verdict(id) == trace_verdict::refused);
  CAF_CHECK_NOT_EQUAL(life(id).why().find(mqtt::describe(mqtt::limit::store)), std::string::npos);
  faults->set_full(false);
}

CAF_TEST(the promise to a 3 x publisher is withheld until there is room) {
  client old{*this, "old"};
  old.version = mqtt::protocol_version::v3_1_1;
  old.connect();
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  const auto id = follow_topic("t");
  faults->set_full(true);
  old.publish("t", "m", qos::at_least_once, 7);
  CAF_CHECK_EQUAL(events(id), (strings{"received", "routed", "queued", "withheld"}));
  faults->set_full(false);
  advance(seconds{2});
  CAF_CHECK_EQUAL(events(id),
                  (strings{"received", "routed", "queued", "withheld", "mailed", "promised"}));
  CAF_CHECK(verdict(id) == trace_verdict::mailed);
}

CAF_TEST(a message whose time is over before its client is back is expired) {
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  const auto id = follow_topic("t");
  mqtt::publish_packet p;
  p.qos = qos::at_least_once;
  p.id = mqtt::packet_id{7};
  p.properties.message_expiry_interval_s = 1;
  publish_with("t", p);
  CAF_CHECK(verdict(id) == trace_verdict::mailed);
  advance(seconds{3});
  subscriber.connect(false, kept_s);
  CAF_CHECK(verdict(id) == trace_verdict::expired);
  CAF_CHECK_NOT_EQUAL(life(id).why(), "");
}

CAF_TEST(QoS 0 is dropped for who does not read and for who is away) {
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t");
  subscriber.wire->stuck_bytes = std::size_t{1} << 30;
  auto id = follow_topic("t");
  publisher.publish("t", "m");
  CAF_CHECK(verdict(id) == trace_verdict::dropped);
  CAF_CHECK_EQUAL(life(id).why(), actors::to_string(mqtt::trace_cause::socket));
  CAF_CHECK(tracer().drop(id));
  settle();
  subscriber.lose_connection();
  id = follow_topic("t");
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(life(id).why(), actors::to_string(mqtt::trace_cause::away));
}

CAF_TEST(a full queue drops and says which) {
  services.limits.queue.messages_max = 1;
  subscriber.connect(true, kept_s);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.lose_connection();
  publisher.publish("t", "before", qos::at_least_once, 6);
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::at_least_once, 7);
  CAF_CHECK(verdict(id) == trace_verdict::refused); // its publisher hears it
  CAF_CHECK_NOT_EQUAL(life(id).why().find(mqtt::describe(mqtt::limit::session_queue)),
                      std::string::npos);
  const auto ends = life(id).count();
  CAF_CHECK_EQUAL(ends.dropped, 1u);
}

CAF_TEST(what nobody wants has no subscribers) {
  const auto id = follow_topic("#");
  publisher.publish("t", "m", qos::at_least_once, 7);
  CAF_CHECK(verdict(id) == trace_verdict::no_subscribers);
}

CAF_TEST(a group gives it to a member) {
  subscriber.subscribe("$share/g/t", qos::at_least_once);
  subscriber.received();
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::at_least_once, 7);
  subscriber.acknowledge(packet_type::puback, received_id(subscriber));
  auto found = events(id);
  std::sort(found.begin(), found.end());
  CAF_CHECK_EQUAL(found,
                  (strings{"acknowledged", "given", "promised", "received", "routed", "sent"}));
  CAF_CHECK(verdict(id) == trace_verdict::delivered);
}

// --- which messages ---

CAF_TEST(only what matches is followed) {
  const auto topic = follow_topic("a/+");
  auto property = terms(trace_terms::subject::property, "order");
  property.value = "17";
  const auto order = follow(property);
  publisher.publish("b", "m");
  publisher.publish("a/b/c", "m");
  CAF_CHECK_EQUAL(followed(topic), 0u);
  publisher.publish("a/b", "m");
  CAF_CHECK_EQUAL(followed(topic), 1u);
  CAF_CHECK_EQUAL(followed(order), 0u);
  mqtt::publish_packet p;
  std::string wrong{"\x26\0\5order\0\2"
                    "18",
                    12};
  p.properties.forwarded = wrong;
  publish_with("b", p);
  CAF_CHECK_EQUAL(followed(order), 0u);
  std::string right{"\x01\1\x26\0\1x\0\0\x26\0\5order\0\2"
                    "17",
                    20};
  p.properties.forwarded = right;
  publish_with("b", p);
  CAF_CHECK_EQUAL(followed(order), 1u);
}

CAF_TEST(of a sample every n th is followed) {
  auto t = terms(trace_terms::subject::sample, "");
  t.one_in = 3;
  const auto id = follow(t);
  for (int i = 0; i < 7; ++i)
    publisher.publish("t", "m");
  CAF_CHECK_EQUAL(followed(id), 3u);
}

CAF_TEST(what reaches a followed client is followed from there) {
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.received();
  const auto id = follow(terms(trace_terms::subject::client, "s"));
  publisher.publish("t", "m", qos::at_least_once, 7);
  publisher.publish("other", "m");
  CAF_CHECK_EQUAL(events(id), (strings{"reached", "sent"}));
  CAF_CHECK(verdict(id) == trace_verdict::under_way);
  subscriber.acknowledge(packet_type::puback, received_id(subscriber));
  CAF_CHECK(verdict(id) == trace_verdict::delivered);
  const auto l = life(id);
  CAF_CHECK_EQUAL(l.topic(), "t");
}

CAF_TEST(a will is followed) {
  client mortal{*this, "w"};
  mqtt::will w;
  w.topic = "wills/w";
  w.payload = "gone";
  mortal.will = w;
  mortal.connect();
  const auto id = follow_topic("wills/#");
  mortal.lose_connection();
  const auto l = life(id);
  CAF_CHECK_EQUAL(l.publisher(), "w");
}

CAF_TEST(a message is followed by one trace only) {
  const auto first = follow_topic("t");
  const auto next = follow_topic("t");
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(followed(first), 1u);
  CAF_CHECK_EQUAL(followed(next), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
