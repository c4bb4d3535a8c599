// Messages as JSON, as mosquitto_sub of Debian 12 writes them.
#define CAF_SUITE tools.json
#include "tools/cli/output.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo;
using namespace mqttzoo::cli;

namespace {

mqttzoo::received with(std::string payload) {
  mqttzoo::received m;
  m.topic = "t";
  m.payload = std::move(payload);
  return m;
}

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += open;
  for (std::size_t i = 0; i < depth; ++i)
    text += close;
  return text;
}

/// What stands behind "payload":.
std::string printed_payload(const std::string& payload) {
  const auto text = to_json(with(payload), json_payload::json, false);
  const auto at = text.find("\"payload\":");
  return at == std::string::npos ? "none" : text.substr(at + 10, text.size() - at - 11);
}

} // namespace

CAF_TEST(no payload is null) {
  for (const auto how : {json_payload::text, json_payload::json}) {
    const auto text = to_json(with(""), how, false);
    CAF_CHECK(text.ends_with(R"("topic":"t","qos":0,"retain":0,"payloadlen":0,"payload":null})"));
  }
}

CAF_TEST(a number has no digits that say nothing) {
  CAF_CHECK_EQUAL(printed_payload(R"({"temperature":27.0})"), R"({"temperature":27})");
  CAF_CHECK_EQUAL(printed_payload("0.30000000000000004"), "0.3");
  CAF_CHECK_EQUAL(printed_payload("[0.1,1.5,1e-7,3.0e10,1e3]"), "[0.1,1.5,1e-07,30000000000,1000]");
  CAF_CHECK_EQUAL(printed_payload("100000000000000000000"), "1e+20");
  CAF_CHECK_EQUAL(printed_payload("-2147483649"), "-2147483649");
}

CAF_TEST(an integer keeps its digits) {
  CAF_CHECK_EQUAL(printed_payload("9007199254740993"), "9007199254740993");
}

CAF_TEST(values of every kind) {
  CAF_CHECK_EQUAL(printed_payload(R"( {"a": [1, true, null, "x\n"], "b": {}, "c": [[], {}]} )"),
                  R"({"a":[1,true,null,"x\n"],"b":{},"c":[[],{}]})");
  CAF_CHECK_EQUAL(printed_payload(R"("\u0001\/\u00e9\"")"), "\"\\u0001/é\\\"\"");
}

CAF_TEST(equal names are kept) {
  CAF_CHECK_EQUAL(printed_payload(R"({"a":1,"a":2})"), R"({"a":1,"a":2})");
  auto m = with("x");
  m.properties.users = {{"k", "1"}, {"k", "2"}};
  const auto text = to_json(m, json_payload::text, false);
  CAF_CHECK(text.ends_with(R"("properties":{"user-properties":{"k":"1","k":"2"}},"payload":"x"})"));
}

CAF_TEST(in several lines) {
  const auto text = to_json(with(R"({"a":[1,2],"b":{}})"), json_payload::json, true);
  CAF_CHECK(text.ends_with("\t\"payload\":\t{\n\t\t\"a\":\t[1, 2],\n\t\t\"b\":\t{\n\t\t}\n\t}\n}"));
}

CAF_TEST(what is no JSON) {
  for (const auto* payload : {"x", "5 x", "[1,]", "{\"a\"}", "1e400", "[", "\"\\ud83d\""})
    CAF_CHECK_EQUAL(printed_payload(payload), "none");
}

CAF_TEST(a payload has no more than so many levels) {
  const auto deepest = nested(1000, "[", "]");
  CAF_CHECK(printed_payload(deepest) == deepest);
  CAF_CHECK_EQUAL(printed_payload(nested(1001, "[", "]")), "none");
  CAF_CHECK_EQUAL(printed_payload(nested(1000, "[{\"a\":", "}]")), "none");
  CAF_CHECK_EQUAL(printed_payload(nested(500'000, "[", "]")), "none");
  CAF_CHECK_EQUAL(printed_payload(std::string(1'000'000, '[')), "none");
}
