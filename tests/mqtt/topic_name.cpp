// What is a topic name, and how a text falls into levels.
#define CAF_SUITE topic_name
#include "mqtt/topic_name.hpp"

#include "random_topics.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <vector>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;
using namespace std::literals;

CAF_TEST(names of the standard are valid) {
  for (const auto name : {"sport/tennis/player1"sv, "/finance"sv, "/"sv, "//"sv, "ACCOUNTS"sv,
                          "Accounts payable"sv, "$SYS/monitor/Clients"sv, "\xC3\xA9t\xC3\xA9"sv})
    CAF_CHECK(!check_topic_name(name)); // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]: "/" is long enough
}

CAF_TEST(what is no name is refused and says why) {
  const struct {
    std::string name;
    std::string what;
  } table[] = {
      {"", "empty"},                       // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
      {"a\0b"s, "U+0000"},                 // [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3]
      {"a/\xFF", "UTF-8"},                 // [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
      {"a/\xED\xA0\x80", "UTF-8"},         // a surrogate
      {"sport/+", "wildcard"},             // [MQTT-4.7.0-1] [MQTT-4.7.1-1 v3] [MQTT-3.3.2-2]
      {"#", "wildcard"},                   // [MQTT-3.3.2-2 v3]
      {"sport/ten#nis", "wildcard"},       // also inside a level
      {std::string(65'536, 'a'), "65535"}, // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
  };
  for (const auto& [name, what] : table) {
    const auto found = check_topic_name(name);
    CAF_REQUIRE(found.has_value());
    CAF_CHECK_NOT_EQUAL(std::string_view{*found}.find(what), std::string_view::npos);
  }
  CAF_CHECK(!check_topic_name(std::string(65'535, 'a')));
}

CAF_TEST(levels are bounded) {
  const auto name = [](std::size_t levels) { return std::string(levels - 1, '/'); };
  CAF_CHECK(!check_topic_name(name(topic_levels_max_default)));
  CAF_CHECK(check_topic_name(name(topic_levels_max_default + 1)).has_value());
  CAF_CHECK(!check_topic_name("a/b/c", 3));
  CAF_CHECK(check_topic_name("a/b/c", 2).has_value());
  CAF_CHECK(check_topic_name("/", 1).has_value());
  CAF_CHECK(!check_topic_name("a", 1));
}

CAF_TEST(system topics begin with a dollar sign) {
  CAF_CHECK(is_system_topic("$SYS/broker/uptime"));
  CAF_CHECK(is_system_topic("$"));
  CAF_CHECK(!is_system_topic("a/$SYS"));
  CAF_CHECK(!is_system_topic("/$SYS"));
}

CAF_TEST(levels are what stands between separators) {
  const auto all = [](std::string_view text) {
    std::vector<std::string> found;
    for (const auto level : levels{text})
      found.emplace_back(level);
    return found;
  };
  using texts = std::vector<std::string>;
  CAF_CHECK(all("a") == texts({"a"}));
  CAF_CHECK(all("a/bc/d") == texts({"a", "bc", "d"}));
  CAF_CHECK(all("/a") == texts({"", "a"}));
  CAF_CHECK(all("a/") == texts({"a", ""}));
  CAF_CHECK(all("//") == texts({"", "", ""}));
  CAF_CHECK_EQUAL(count_levels("a"), 1u);
  CAF_CHECK_EQUAL(count_levels("a//"), 3u);
}

CAF_TEST(a cursor comes back the way it went) {
  random_topics topics{topics_seed()};
  for (int round = 0; round < 2000; ++round) {
    const auto name = topics.name();
    level_cursor at{name};
    std::vector<std::size_t> offsets;
    for (const auto& level : split(name)) {
      CAF_REQUIRE(!at.done());
      CAF_REQUIRE(at.level() == level);
      CAF_REQUIRE(at.rest() == name.substr(at.offset()));
      offsets.push_back(at.offset());
      at.forward();
    }
    CAF_REQUIRE(at.done());
    for (; !offsets.empty(); offsets.pop_back()) {
      at.back();
      if (at.offset() != offsets.back())
        CAF_FAIL("seed " << topics_seed() << ": " << name << " at " << at.offset());
    }
  }
}
