// JSON leaves in one line or in several and comes back, whatever bytes are in it.
#define CAF_SUITE core.json_text

#include "core/json_text.hpp"

#include <caf/test/dsl.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace mqttzoo::core;

using json = nlohmann::ordered_json;

CAF_TEST(programs get one line and people several) {
  const json j{{"b", 1}, {"a", "ä"}};
  CAF_CHECK_EQUAL(to_text(j), std::string{R"({"b":1,"a":"ä"})"});
  CAF_CHECK_EQUAL(to_lines(j), std::string{"{\n  \"b\": 1,\n  \"a\": \"ä\"\n}"});
}

CAF_TEST(bytes that are no text are replaced) {
  const json j("\xff");
  CAF_CHECK_EQUAL(to_text(j), std::string{"\"\xef\xbf\xbd\""});
  CAF_CHECK_EQUAL(to_lines(j), to_text(j));
}

CAF_TEST(what is no JSON is discarded and nothing is thrown) {
  CAF_CHECK_EQUAL(to_text(parse_json<json>(R"({"a": [1, 2]})")), std::string{R"({"a":[1,2]})"});
  CAF_CHECK(parse_json<json>("{").is_discarded());
  CAF_CHECK(parse_json<json>("").is_discarded());
}
