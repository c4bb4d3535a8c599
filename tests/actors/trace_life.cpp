// What became of a message, from what several pods noted of it.
#define CAF_SUITE trace_life
#include "actors/trace_life.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace mqttzoo;
using actors::trace_life;
using actors::trace_step;
using actors::trace_verdict;
using mqtt::qos;
using mqtt::trace_cause;
using mqtt::trace_event;

namespace {

trace_step step(trace_event what, const std::string& who = {}, const std::string& pod = "a") {
  trace_step s;
  s.what.what = what;
  s.what.qos = qos::at_least_once;
  s.who = who;
  s.pod = pod;
  return s;
}

trace_step failed(trace_event what, trace_cause why, const std::string& who) {
  auto s = step(what, who);
  s.what.why = why;
  return s;
}

trace_step routed(std::uint32_t sessions, std::uint32_t pods = 0, const std::string& pod = "a") {
  auto s = step(trace_event::routed, {}, pod);
  s.sessions = sessions;
  s.pods = pods;
  return s;
}

trace_life life_of(const std::vector<trace_step>& steps) {
  trace_life l;
  for (const auto& s : steps)
    l.add(s);
  return l;
}

/// Whatever order the steps come in, the end is the same.
trace_verdict verdict_of(std::vector<trace_step> steps) {
  const auto verdict = life_of(steps).verdict();
  std::reverse(steps.begin(), steps.end());
  CAF_CHECK(life_of(steps).verdict() == verdict);
  std::rotate(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2),
              steps.end());
  CAF_CHECK(life_of(steps).verdict() == verdict);
  return verdict;
}

} // namespace

CAF_TEST(a message is under way until everyone it is routed to has an end) {
  std::vector steps{step(trace_event::received, "p"), routed(2)};
  CAF_CHECK(verdict_of({steps[0]}) == trace_verdict::under_way);
  CAF_CHECK(verdict_of(steps) == trace_verdict::under_way);
  steps.push_back(step(trace_event::sent, "s"));
  steps.push_back(step(trace_event::acknowledged, "s"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::under_way);
  steps.push_back(step(trace_event::sent, "t"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::under_way);
  steps.push_back(step(trace_event::acknowledged, "t"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::delivered);
  const auto ends = life_of(steps).count();
  CAF_CHECK_EQUAL(ends.delivered, 2u);
}

CAF_TEST(of QoS 0 it is enough that it is written) {
  auto sent = step(trace_event::sent, "s");
  sent.what.qos = qos::at_most_once;
  CAF_CHECK(verdict_of({step(trace_event::received, "p"), routed(1), sent}) ==
            trace_verdict::delivered);
}

CAF_TEST(nobody wants it) {
  CAF_CHECK(verdict_of({step(trace_event::received, "p"), routed(0)}) ==
            trace_verdict::no_subscribers);
}

CAF_TEST(mail is an end until its client has it) {
  std::vector steps{step(trace_event::received, "p"), routed(1), step(trace_event::queued, "s"),
                    step(trace_event::mailed, "s")};
  CAF_CHECK(verdict_of(steps) == trace_verdict::mailed);
  steps.push_back(failed(trace_event::expired, trace_cause::mail_expiry, "s"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::expired);
  steps.push_back(step(trace_event::acknowledged, "s")); // it had been sent before
  CAF_CHECK(verdict_of(steps) == trace_verdict::delivered);
}

CAF_TEST(the worst end of several is the verdict and its reason is told) {
  std::vector steps{
      step(trace_event::received, "p"), routed(3), step(trace_event::acknowledged, "s"),
      failed(trace_event::expired, trace_cause::own_expiry, "t"), step(trace_event::mailed, "u")};
  CAF_CHECK(verdict_of(steps) == trace_verdict::expired);
  steps[4] = failed(trace_event::dropped, trace_cause::queue, "u");
  CAF_CHECK(verdict_of(steps) == trace_verdict::dropped);
  const auto ends = life_of(steps).count();
  CAF_CHECK_EQUAL(ends.delivered + 10 * ends.expired + 100 * ends.dropped, 111u);
  auto refused = step(trace_event::refused, "p");
  refused.what.outcome = {mqtt::reason_code::quota_exceeded, mqtt::limit::bank, 3};
  steps.push_back(refused);
  CAF_CHECK(verdict_of(steps) == trace_verdict::refused);
  const auto why = life_of({steps[0], refused}).why();
  CAF_CHECK_EQUAL(why, "Quota exceeded: " + std::string{mqtt::describe(mqtt::limit::bank)});
}

CAF_TEST(another pod has to say what it did) {
  std::vector steps{step(trace_event::received, "p"), routed(0, 1),
                    step(trace_event::sent_to_pod, "b")};
  CAF_CHECK(verdict_of(steps) == trace_verdict::under_way);
  steps.push_back(step(trace_event::came_from_pod, "a", "b"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::under_way);
  steps.push_back(routed(1, 0, "b"));
  steps.push_back(step(trace_event::acknowledged, "s", "b"));
  CAF_CHECK(verdict_of(steps) == trace_verdict::delivered);
}

CAF_TEST(what a full link does not take is dropped) {
  CAF_CHECK(verdict_of({step(trace_event::received, "p"), routed(0, 1),
                        failed(trace_event::dropped, trace_cause::link, "b")}) ==
            trace_verdict::dropped);
}

CAF_TEST(a group that gives it to another member has one end) {
  auto shared = routed(0);
  shared.groups = 1;
  std::vector steps{step(trace_event::received, "p"), shared, step(trace_event::queued, "s"),
                    step(trace_event::returned, "s"), step(trace_event::acknowledged, "t")};
  CAF_CHECK(life_of(steps).verdict() == trace_verdict::delivered);
  steps = {step(trace_event::received, "p"), shared, step(trace_event::unwanted)};
  CAF_CHECK(verdict_of(steps) == trace_verdict::no_subscribers);
}

CAF_TEST(its times are those of its first and its last step) {
  auto late = step(trace_event::routed);
  late.at_unix_us = 30;
  auto early = step(trace_event::received, "p");
  early.at_unix_us = 10;
  const auto l = life_of({late, early});
  CAF_CHECK_EQUAL(l.first_unix_us(), 10);
  CAF_CHECK_EQUAL(l.last_unix_us(), 30);
  CAF_CHECK_EQUAL(l.publisher(), "p");
}
