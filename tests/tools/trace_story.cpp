// When a followed message is told, and how it looks on a terminal.
#define CAF_SUITE tools.trace_story
#include "tools/cli/trace_story.hpp"

#include <caf/test/dsl.hpp>

using mqttzoo::cli::json;
using mqttzoo::cli::trace_story;
using until = trace_story::until;

namespace {

json message(int number, const std::string& verdict) {
  return {{"number", number}, {"topic", "t\x1b[2J"}, {"publisher", "p"},
          {"qos", 1},         {"payload_bytes", 5},  {"first_unix_us", 1000 * number},
          {"took_us", 70},    {"steps", 1},          {"verdict", verdict},
          {"why", ""},        {"delivered", 2},      {"mailed", 0},
          {"expired", 0},     {"dropped", 0},        {"under_way", 0}};
}

json step(int message, int unix_us, const std::string& event) {
  return {
      {"number", 1}, {"message", message}, {"unix_us", unix_us}, {"pod", "a"}, {"event", event}};
}

json page(std::vector<json> steps, std::vector<json> messages) {
  return {{"steps", std::move(steps)}, {"messages", std::move(messages)}};
}

} // namespace

CAF_TEST(a message is told once its verdict stands and nothing new comes) {
  trace_story s;
  s.add(page({step(1, 1000, "received")}, {message(1, "under way")}));
  CAF_CHECK(s.take(until::known).empty());
  s.add(page({step(1, 1070, "acknowledged"), step(1, 1050, "sent")}, {message(1, "delivered")}));
  CAF_CHECK(s.take(until::known).empty()); // perhaps more of it is on its way
  s.add(page({}, {}));
  const auto told = s.take(until::known);
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK(!told[0].before);
  CAF_REQUIRE_EQUAL(told[0].steps.size(), 3u);
  CAF_CHECK_EQUAL(told[0].steps[1]["event"].get<std::string>(), "sent"); // by time
  CAF_CHECK(s.take(until::known).empty());
  s.add(page({step(1, 2000, "promised")}, {message(1, "delivered")}));
  s.add(page({}, {}));
  const auto again = s.take(until::known);
  CAF_REQUIRE_EQUAL(again.size(), 1u);
  CAF_CHECK(again[0].before);
  CAF_CHECK_EQUAL(again[0].steps.size(), 1u);
}

CAF_TEST(mail and what is under way is told with the end of the trace) {
  trace_story s;
  s.add(page({step(2, 2000, "received"), step(1, 1000, "received")},
             {message(2, "mailed"), message(1, "under way")}));
  s.add(page({}, {}));
  CAF_CHECK(s.take(until::known).empty());
  const auto told = s.take(until::over);
  CAF_REQUIRE_EQUAL(told.size(), 2u);
  CAF_CHECK_EQUAL(told[0].message["number"].get<int>(), 1); // the earlier one first
}

CAF_TEST(it looks like a table and moves no cursor) {
  auto sent = step(1, 1234, "sent");
  sent["client"] = "c\x07";
  sent["qos"] = 1;
  const auto text = mqttzoo::cli::render_trace_message({message(1, "delivered"), {sent}});
  CAF_CHECK_NOT_EQUAL(text.find("t\\x1b[2J, from p, QoS 1, 5 bytes"), std::string::npos);
  CAF_CHECK_NOT_EQUAL(text.find("234"), std::string::npos);
  CAF_CHECK_NOT_EQUAL(text.find("c\\x07"), std::string::npos);
  CAF_CHECK_NOT_EQUAL(text.find("=> delivered (2 delivered), after 70 us"), std::string::npos);
  CAF_CHECK_EQUAL(text.find('\x1b'), std::string::npos);
}

CAF_TEST(what was not kept is said at the end) {
  const json trace{{"followed_messages", 1},
                   {"steps", 4},
                   {"skipped_messages", 3},
                   {"lost_steps", 0},
                   {"other_pods", {{{"pod", "b"}, {"takes_part", false}}}},
                   {"ended_by", nullptr}};
  CAF_CHECK_EQUAL(mqttzoo::cli::render_trace_end(trace),
                  "1 message, 4 steps; 3 more not followed (trace.messages.rate); "
                  "b takes no part\n");
}
