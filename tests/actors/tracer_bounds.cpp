// Traces: how much is followed and noted, and when they stop.
#define CAF_SUITE tracer_bounds
#include "tests/actors/tracer_fixture.hpp"

using namespace mqttzoo;
using actors::trace_state;
using actors::trace_terms;
using actors::trace_verdict;
using mqtt::packet_type;
using mqtt::qos;
using std::chrono::seconds;
using test::client;
using test::tracer_fixture;

CAF_TEST_FIXTURE_SCOPE(tracer_bounds_tests, tracer_fixture)

CAF_TEST(more messages than the rate are counted and not followed) {
  services.settings.trace.messages_rate = 4; // of two units
  const auto id = follow_topic("t");
  for (int i = 0; i < 10; ++i)
    publisher.publish("t", "m");
  auto s = read(id).of;
  CAF_CHECK_EQUAL(s.followed, 2u);
  CAF_CHECK_EQUAL(s.skipped, 8u);
  CAF_CHECK_EQUAL(services.counters.trace_messages_skipped.get(), 8u);
  advance(seconds{1});
  for (int i = 0; i < 10; ++i)
    publisher.publish("t", "m");
  CAF_CHECK_EQUAL(followed(id), 4u);
}

CAF_TEST(a trace follows as many messages as it was asked for) {
  auto t = terms(trace_terms::subject::topic, "t");
  t.messages_max = 3;
  const auto id = follow(t);
  for (int i = 0; i < 10; ++i)
    publisher.publish("t", "m");
  CAF_CHECK_EQUAL(followed(id), 3u);
}

CAF_TEST(too many steps at once are counted and not noted) {
  services.settings.trace.messages_rate = 100'000;
  const auto id = follow_topic("t");
  std::string bytes;
  for (int i = 0; i < 600; ++i)
    bytes += client::publish_bytes("t", "m");
  publisher.send(bytes);
  const auto page = read(id);
  CAF_CHECK_EQUAL(page.steps.size(), actors::trace_recorder::steps_a_flush_max);
  CAF_CHECK_EQUAL(page.of.lost, 200u);
  CAF_CHECK_EQUAL(services.counters.trace_steps_lost.get(), 200u);
}

CAF_TEST(a trace ends by itself when it has enough steps) {
  services.settings.trace.steps_max = 5;
  const auto id = follow_topic("t");
  for (int i = 0; i < 4; ++i)
    publisher.publish("t", "m"); // two steps each
  const auto page = read(id);
  CAF_CHECK_EQUAL(page.steps.size(), 5u);
  CAF_CHECK_EQUAL(page.of.lost, 3u);
  CAF_CHECK(page.of.state == trace_state::ended);
  CAF_CHECK_EQUAL(services.counters.traces.get(), 0u);
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(followed(id), 4u);
}

CAF_TEST(a trace ends by itself with its time and sees the end of what it followed) {
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.received();
  const auto id = follow_topic("t");
  publisher.publish("t", "m", qos::at_least_once, 7);
  advance(seconds{60});
  CAF_CHECK(read(id).of.state == trace_state::finishing);
  publisher.publish("t", "late", qos::at_least_once, 8);
  CAF_CHECK_EQUAL(followed(id), 1u);
  const auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 2u);
  subscriber.acknowledge(packet_type::puback, got[0].id);
  CAF_CHECK(verdict(id) == trace_verdict::delivered);
  advance(actors::tracer::finishing_time);
  CAF_CHECK(read(id).of.state == trace_state::ended);
  CAF_CHECK_EQUAL(services.counters.traces.get() + second.counters.traces.get(), 0u);
}

CAF_TEST(nothing is noted when no trace runs) {
  const auto id = follow_topic("t");
  CAF_CHECK_EQUAL(services.counters.traces.get(), 1u);
  CAF_CHECK_EQUAL(second.counters.traces.get(), 1u);
  CAF_CHECK(tracer().drop(id));
  settle();
  CAF_CHECK_EQUAL(services.counters.traces.get(), 0u);
  CAF_CHECK(!tracer().read(id, 0, 1).has_value());
  CAF_CHECK(!tracer().drop(id));
}

CAF_TEST(no more traces run than are allowed and a new one replaces what has ended) {
  services.settings.trace.max = 2;
  const auto first = follow_topic("a");
  advance(seconds{30});
  const auto second_one = follow_topic("b");
  CAF_CHECK(!tracer().start(terms(trace_terms::subject::topic, "c")).has_value());
  advance(seconds{31});
  advance(actors::tracer::finishing_time);
  CAF_CHECK(tracer().read(first, 0, 1)->of.state == trace_state::ended);
  follow_topic("c");
  CAF_CHECK(!tracer().read(first, 0, 1).has_value());
  CAF_CHECK(tracer().read(second_one, 0, 1).has_value());
}

CAF_TEST(steps are read page by page) {
  const auto id = follow_topic("t");
  for (int i = 0; i < 3; ++i)
    publisher.publish("t", "m");
  const auto all = read(id);
  CAF_REQUIRE_EQUAL(all.steps.size(), 6u);
  const auto page = tracer().read(id, 4, 1);
  CAF_REQUIRE(page.has_value());
  CAF_CHECK_EQUAL(page->first, 4u);
  CAF_REQUIRE_EQUAL(page->steps.size(), 1u);
  CAF_CHECK(page->steps[0].of == all.steps[4].of);
  CAF_REQUIRE_EQUAL(page->messages.size(), 1u);
  CAF_CHECK_EQUAL(tracer().read(id, 99, 10)->steps.size(), 0u);
}

CAF_TEST(long names are cut between two characters) {
  std::string topic;
  while (topic.size() < 600)
    topic += "\xC3\xA4";
  const auto id = follow_topic("#");
  publisher.publish("x" + topic, "m");
  const auto l = life(id);
  CAF_CHECK_EQUAL(l.topic().size(), actors::trace_recorder::name_bytes_max - 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
