// Traces: which messages are followed, what is noted of each until its end, and when they stop.
#define CAF_SUITE tracer
#include "actors/tracer.hpp"

#include "actors/frame_kinds.hpp"
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using actors::trace_id;
using actors::trace_state;
using actors::trace_terms;
using actors::trace_verdict;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::trace_event;
using std::chrono::seconds;
using test::client;
using test::strings;

namespace {

constexpr std::uint32_t kept_s = 3600;

struct tracer_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  tracer_fixture() {
    pod.tracer = actors::spawn_on<actors::tracer>(services, sys);
    publisher.connect();
    subscriber.connect();
    settle();
  }
  ~tracer_fixture() override {
    caf::anon_send(pod.tracer, actors::shut_down_atom::value);
    settle();
    pod.tracer = nullptr;
  }

  actors::tracer& tracer() {
    return static_cast<actors::tracer&>(*caf::actor_cast<caf::abstract_actor*>(pod.tracer));
  }

  static trace_terms terms(trace_terms::subject by, const std::string& text) {
    trace_terms t;
    t.by = by;
    t.text = text;
    t.one_in = 1;
    t.lasts = seconds{60};
    t.messages_max = 1000;
    return t;
  }

  trace_id follow(trace_terms t) {
    const auto id = tracer().start(std::move(t));
    settle();
    CAF_REQUIRE(id.has_value());
    return *id;
  }
  trace_id follow_topic(const std::string& filter) {
    return follow(terms(trace_terms::subject::topic, filter));
  }

  actors::trace_page read(trace_id id) {
    advance(actors::trace_recorder::flush_interval);
    auto page = tracer().read(id, 0, 10'000);
    CAF_REQUIRE(page.has_value());
    return *std::move(page);
  }

  /// The one message that it followed.
  actors::trace_life life(trace_id id) {
    const auto page = read(id);
    CAF_REQUIRE_EQUAL(page.messages.size(), 1u);
    return page.messages[0].second;
  }
  trace_verdict verdict(trace_id id) { return life(id).verdict(); }

  strings events(trace_id id) {
    strings all;
    for (const auto& s : read(id).steps)
      all.emplace_back(actors::to_string(s.what.what));
    return all;
  }

  std::uint64_t followed(trace_id id) { return read(id).of.followed; }

  mqtt::packet_id received_id(client& c) {
    const auto got = c.received_of<mqtt::publish_packet>();
    CAF_REQUIRE_EQUAL(got.size(), 1u);
    return got[0].id;
  }

  void publish_with(const std::string& topic, mqtt::publish_packet p) {
    p.topic = topic;
    p.payload = "m";
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    publisher.send(bytes);
  }
};

} // namespace

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

// --- bounds ---

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

// --- several pods ---

CAF_TEST(other pods are called and what they noted is put together) {
  join_cluster();
  enter_view(1, {"b"});
  auto& b = other("b");
  caf::anon_send(pod.tracer, actors::install_atom::value, view_with(1, {"b"}));
  settle();
  b.told->frames.clear();
  const auto id = follow_topic("t");
  CAF_REQUIRE_EQUAL(b.told->frames.size(), 1u);
  const auto call = actors::decode_trace(b.told->frames[0].body);
  CAF_REQUIRE(call.has_value());
  CAF_CHECK(call->id == id);
  CAF_CHECK_EQUAL(call->pod, 1u);
  CAF_CHECK(call->terms.lasts == seconds{60});
  actors::trace_report r{id, 1, 2, 3, {}};
  actors::trace_step s;
  s.of = mqtt::make_mark(call->tag, 1U << 16);
  s.what.what = trace_event::received;
  s.who = "elsewhere";
  r.steps.push_back(s);
  caf::anon_send(pod.tracer, actors::heard_atom::value, b.member, actors::encode_traced(r));
  settle();
  const auto page = read(id);
  CAF_REQUIRE_EQUAL(page.steps.size(), 1u);
  CAF_CHECK_EQUAL(page.steps[0].pod, "b");
  CAF_CHECK_EQUAL(page.of.followed, 1u);
  CAF_CHECK_EQUAL(page.of.skipped, 2u);
  CAF_CHECK_EQUAL(page.of.lost, 3u);
  CAF_CHECK(tracer().drop(id));
  settle();
  CAF_CHECK(b.told->frames.back().kind == actors::frame_kind::untrace);
  CAF_CHECK(b.told->misbehaved.empty());
}

CAF_TEST(a pod that comes later is called for the time that is left) {
  join_cluster();
  enter_view(1, {"b"});
  caf::anon_send(pod.tracer, actors::install_atom::value, view_with(1, {"b"}));
  follow_topic("t");
  advance(seconds{20});
  auto& c = other("c");
  caf::anon_send(pod.tracer, actors::install_atom::value, view_with(2, {"b", "c"}));
  settle();
  CAF_REQUIRE_EQUAL(c.told->frames.size(), 1u);
  const auto call = actors::decode_trace(c.told->frames[0].body);
  CAF_REQUIRE(call.has_value());
  CAF_CHECK_EQUAL(call->pod, 2u);
  CAF_CHECK(call->terms.lasts == seconds{40});
  CAF_CHECK_EQUAL(other("b").told->frames.size(), 1u);
}

CAF_TEST(this pod takes part in the trace of another one until that is over) {
  join_cluster();
  enter_view(1, {"b"});
  auto& b = other("b");
  caf::anon_send(pod.tracer, actors::install_atom::value, view_with(1, {"b"}));
  const auto call_of_b = [&](std::uint32_t id, std::uint8_t tag) {
    actors::trace_call c{trace_id{id}, mqtt::trace_tag{tag}, 5,
                         terms(trace_terms::subject::topic, "t")};
    caf::anon_send(pod.tracer, actors::heard_atom::value, b.member, actors::encode_trace(c));
    settle();
  };
  b.told->frames.clear();
  call_of_b(77, 200);
  CAF_CHECK_EQUAL(services.counters.traces.get(), 1u);
  publisher.publish("t", "m");
  advance(actors::trace_recorder::flush_interval);
  CAF_REQUIRE_EQUAL(b.told->frames.size(), 1u);
  const auto report = actors::decode_traced(b.told->frames[0].body);
  CAF_REQUIRE(report.has_value());
  CAF_CHECK(report->id == trace_id{77});
  CAF_REQUIRE_EQUAL(report->steps.size(), 3u);
  CAF_CHECK(report->steps[1].what.what == trace_event::kept); // until it is known who wants it
  CAF_CHECK(mqtt::tag_of(report->steps[0].of) == mqtt::trace_tag{200});
  CAF_CHECK_EQUAL(mqtt::number_of(report->steps[0].of), 5u << 16);
  call_of_b(78, 200); // the tag is in use
  CAF_CHECK(b.told->frames.back().kind == actors::frame_kind::untrace);
  caf::anon_send(pod.tracer, actors::heard_atom::value, b.member,
                 actors::encode_untrace(trace_id{77}));
  settle();
  CAF_CHECK_EQUAL(services.counters.traces.get(), 0u);
  call_of_b(79, 201);
  CAF_CHECK_EQUAL(services.counters.traces.get(), 1u);
  advance(seconds{60}); // nobody says that it is over
  b.told->frames.clear();
  publisher.publish("t", "late");
  advance(actors::trace_recorder::flush_interval);
  CAF_CHECK(b.told->frames.empty());
  advance(actors::tracer::finishing_time);
  CAF_CHECK_EQUAL(services.counters.traces.get(), 0u);
  call_of_b(80, 202);
  caf::anon_send(pod.tracer, actors::install_atom::value, view_with(2, {})); // b has departed
  settle();
  CAF_CHECK_EQUAL(services.counters.traces.get(), 0u);
}

CAF_TEST(what makes no sense is told to the link) {
  join_cluster();
  auto& b = other("b");
  caf::anon_send(pod.tracer, actors::heard_atom::value, b.member,
                 actors::pod_frame{actors::frame_kind::trace, "nonsense", nullptr});
  settle();
  CAF_CHECK_EQUAL(b.told->misbehaved.size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
