// What may be asked to be followed, and that anything else is refused by name.
#define CAF_SUITE admin.trace_json
#include "admin/trace_json.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using actors::trace_terms;
using admin::parse_trace_terms;

namespace {

const core::trace_settings bounds = core::settings{}.trace;

std::string refusal(std::string_view body) {
  const auto t = parse_trace_terms(body, bounds);
  return t ? std::string{} : t.error();
}

} // namespace

CAF_TEST(all that can be followed is understood) {
  auto t = parse_trace_terms(R"({"client": "a", "for_ms": 5000, "messages_max": 7})", bounds);
  CAF_REQUIRE(t.has_value());
  CAF_CHECK(t->by == trace_terms::subject::client);
  CAF_CHECK_EQUAL(t->text, "a");
  CAF_CHECK_EQUAL(t->lasts.count(), 5000);
  CAF_CHECK_EQUAL(t->messages_max, 7u);
  t = parse_trace_terms(R"({"topic": "a/+/#"})", bounds);
  CAF_REQUIRE(t.has_value());
  CAF_CHECK(t->by == trace_terms::subject::topic);
  CAF_CHECK_EQUAL(t->lasts.count(), 30'000);
  std::string deep = "a"; // as deep as mqtt.topic.levels.max may let it be
  for (int i = 0; i < 1000; ++i)
    deep += "/a";
  t = parse_trace_terms(R"({"topic": ")" + deep + R"("})", bounds);
  CAF_REQUIRE(t.has_value());
  CAF_CHECK_EQUAL(t->text, deep);
  t = parse_trace_terms(R"({"property": {"name": "n", "value": ""}})", bounds);
  CAF_REQUIRE(t.has_value());
  CAF_CHECK(t->by == trace_terms::subject::property);
  CAF_CHECK_EQUAL(t->text + '=' + t->value, "n=");
  t = parse_trace_terms(R"({"one_in": 100})", bounds);
  CAF_REQUIRE(t.has_value());
  CAF_CHECK(t->by == trace_terms::subject::sample);
  CAF_CHECK_EQUAL(t->one_in, 100u);
}

CAF_TEST(mistakes are named) {
  CAF_CHECK_EQUAL(refusal(""), "the body is a JSON object");
  CAF_CHECK_EQUAL(refusal("[]"), "the body is a JSON object");
  CAF_CHECK_EQUAL(refusal("{}"), "one of client, topic, property and one_in says what to follow");
  CAF_CHECK_EQUAL(refusal(R"({"client": "a", "topic": "b"})"),
                  "one of client, topic, property and one_in says what to follow");
  CAF_CHECK_EQUAL(refusal(R"({"client": 7})"), "client is a client id");
  CAF_CHECK_EQUAL(refusal(R"({"client": ""})"), "client is a client id");
  CAF_CHECK(refusal(R"({"topic": "a/#/b"})").starts_with("topic is a topic filter: "));
  CAF_CHECK(refusal(R"({"topic": 1})").starts_with("topic is a topic filter"));
  CAF_CHECK(refusal(R"({"topic": "$share/g/a"})").starts_with("topic is no shared filter"));
  CAF_CHECK_EQUAL(refusal(R"({"property": "a=b"})"), "property has a name and a value, both texts");
  CAF_CHECK_EQUAL(refusal(R"({"property": {"name": "a", "value": 1}})"),
                  "property has a name and a value, both texts");
  CAF_CHECK_EQUAL(refusal(R"({"one_in": 0})"), "one_in is a number from 1 to 1000000000");
  CAF_CHECK_EQUAL(refusal(R"({"one_in": -1})"), "one_in is a number from 1 to 1000000000");
  CAF_CHECK_EQUAL(refusal(R"({"one_in": 1, "for_ms": 600001})"),
                  "for_ms is a number from 1000 to 600000 (trace.duration.max)");
  CAF_CHECK_EQUAL(refusal(R"({"one_in": 1, "messages_max": 65536})"),
                  "messages_max is a number from 1 to 65535");
  CAF_CHECK_EQUAL(refusal(R"({"colour": "red"})"), "there is no member called colour");
}

CAF_TEST(a page tells its steps and their messages) {
  actors::trace_page p;
  p.first = 4;
  actors::trace_step s;
  s.of = mqtt::make_mark(mqtt::trace_tag{3}, 17);
  s.what.what = mqtt::trace_event::received;
  s.who = "client\xff";
  s.name = "topic";
  s.pod = "pod";
  s.payload_bytes = 5;
  p.steps = {s};
  actors::trace_life l;
  l.add(s);
  p.messages.emplace_back(17, l);
  const auto j = admin::to_json(p);
  CAF_CHECK_EQUAL(j["next"].get<int>(), 5);
  CAF_CHECK_EQUAL(j["steps"][0]["number"].get<int>(), 5);
  CAF_CHECK_EQUAL(j["steps"][0]["message"].get<int>(), 17);
  CAF_CHECK_EQUAL(j["steps"][0]["event"].get<std::string>(), "received");
  CAF_CHECK_EQUAL(j["messages"][0]["topic"].get<std::string>(), "topic");
  CAF_CHECK_EQUAL(j["messages"][0]["verdict"].get<std::string>(), "under way");
  CAF_CHECK(admin::make_json(j).body.find("client") != std::string::npos); // bad UTF-8 or not
}
