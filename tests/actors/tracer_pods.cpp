// Traces of messages that go through several pods.
#define CAF_SUITE tracer_pods
#include "actors/frame_kinds.hpp"
#include "tests/actors/tracer_fixture.hpp"

using namespace mqttzoo;
using actors::trace_id;
using actors::trace_terms;
using mqtt::trace_event;
using std::chrono::seconds;
using test::tracer_fixture;

CAF_TEST_FIXTURE_SCOPE(tracer_pods_tests, tracer_fixture)

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
