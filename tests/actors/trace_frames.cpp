// What tracers tell each other: what is written is read, and nothing else is.
#define CAF_SUITE trace_frames
#include "actors/trace_frames.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::actors;
using std::chrono::milliseconds;

namespace {

trace_call call(trace_terms::subject by, const std::string& text) {
  trace_call c;
  c.id = trace_id{7};
  c.tag = mqtt::trace_tag{9};
  c.pod = 3;
  c.terms.by = by;
  c.terms.text = text;
  c.terms.lasts = milliseconds{1234};
  c.terms.messages_max = 50;
  return c;
}

/// No part of it makes sense.
template<class Decode>
void check_cuts(const std::string& body, Decode decode, std::size_t sound_every = 0) {
  for (std::size_t n = 0; n < body.size(); ++n)
    if (sound_every == 0 || n < 28 || (n - 28) % sound_every != 0)
      CAF_CHECK(!decode(body.substr(0, n)));
}

} // namespace

CAF_TEST(a call is read as it was written) {
  auto c = call(trace_terms::subject::property, "order");
  c.terms.value = "17";
  const auto body = encode_trace(c).body;
  const auto back = decode_trace(body);
  CAF_REQUIRE(back.has_value());
  CAF_CHECK(back->id == c.id);
  CAF_CHECK(back->tag == c.tag);
  CAF_CHECK_EQUAL(back->pod, c.pod);
  CAF_CHECK(back->terms.by == c.terms.by);
  CAF_CHECK_EQUAL(back->terms.text, "order");
  CAF_CHECK_EQUAL(back->terms.value, "17");
  CAF_CHECK(back->terms.lasts == c.terms.lasts);
  CAF_CHECK_EQUAL(back->terms.messages_max, 50u);
  check_cuts(body, decode_trace);
  CAF_CHECK(!decode_trace(body + '\0'));
}

CAF_TEST(a call for what cannot be followed makes no sense) {
  using enum trace_terms::subject;
  CAF_CHECK(decode_trace(encode_trace(call(topic, "a/#")).body).has_value());
  std::string deep = "t";
  for (int i = 1; i < 200; ++i)
    deep += "/t";
  CAF_CHECK(decode_trace(encode_trace(call(topic, deep)).body).has_value());
  CAF_CHECK(!decode_trace(encode_trace(call(topic, "a/#/b")).body));
  CAF_CHECK(!decode_trace(encode_trace(call(topic, "$share/g/a")).body));
  CAF_CHECK(!decode_trace(encode_trace(call(client, "")).body));
  CAF_CHECK(!decode_trace(encode_trace(call(sample, "")).body)); // of none
  auto c = call(topic, "a");
  c.terms.messages_max = running_trace::messages_most + 1;
  CAF_CHECK(!decode_trace(encode_trace(c).body));
  c = call(topic, "a");
  c.tag = mqtt::trace_tag::none;
  CAF_CHECK(!decode_trace(encode_trace(c).body));
}

CAF_TEST(a report is read as it was written) {
  trace_report r{trace_id{7}, 1, 2, 3, {}};
  trace_step s;
  s.of = mqtt::make_mark(mqtt::trace_tag{9}, 12345);
  s.what = {mqtt::trace_event::acknowledged,
            mqtt::trace_cause::store,
            mqtt::qos::exactly_once,
            mqtt::packet_id{99},
            {mqtt::reason_code::quota_exceeded, mqtt::limit::bank, 0}};
  s.at_unix_us = 1'700'000'000'123'456;
  s.retain = true;
  s.who = "client";
  s.name = "topic";
  s.payload_bytes = 4;
  s.sessions = 5;
  s.groups = 6;
  s.pods = 7;
  r.steps = {s, s};
  const auto body = encode_traced(r).body;
  const auto back = decode_traced(body);
  CAF_REQUIRE(back.has_value());
  CAF_CHECK_EQUAL(back->followed + 10 * back->skipped + 100 * back->lost, 321u);
  CAF_REQUIRE_EQUAL(back->steps.size(), 2u);
  const auto& t = back->steps[1];
  CAF_CHECK(t.of == s.of);
  CAF_CHECK_EQUAL(mqtt::number_of(t.of), 12345u);
  CAF_CHECK(t.what.what == s.what.what);
  CAF_CHECK(t.what.why == s.what.why);
  CAF_CHECK(t.what.qos == s.what.qos);
  CAF_CHECK(t.what.id == s.what.id);
  CAF_CHECK(t.what.outcome == s.what.outcome);
  CAF_CHECK_EQUAL(t.at_unix_us, s.at_unix_us);
  CAF_CHECK(t.retain);
  CAF_CHECK_EQUAL(t.who + '/' + t.name, "client/topic");
  CAF_CHECK_EQUAL(t.payload_bytes + t.sessions + t.groups + t.pods, 22u);
  check_cuts(body, decode_traced, (body.size() - 28) / 2);
}

CAF_TEST(a step of an unknown kind makes no sense) {
  trace_report r{trace_id{7}, 0, 0, 0, {trace_step{}}};
  auto body = encode_traced(r).body;
  CAF_CHECK(decode_traced(body).has_value());
  for (const std::size_t at : {28 + 4, 28 + 5, 28 + 6}) {
    auto wrong = body;
    wrong[at] = '\x7f';
    CAF_CHECK(!decode_traced(wrong));
  }
}
