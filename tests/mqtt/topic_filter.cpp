// Which texts are topic filters, and which names they match.
#define CAF_SUITE topic_filter
#include "mqtt/topic_filter.hpp"

#include "random_topics.hpp"

#include <caf/test/dsl.hpp>

#include <string>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;
using namespace std::literals;

CAF_TEST(filters of the standard are valid) {
  for (const auto text :
       {"sport/tennis/player1/#"sv, "sport/#"sv, "#"sv, "sport/tennis/#"sv, "+"sv, "+/tennis/#"sv,
        "sport/+/player1"sv, "/+"sv, "+/+"sv, "/"sv, "$SYS/#"sv, "$SYS/monitor/+"sv, "//#"sv}) {
    const auto filter = parse_topic_filter(text, topic_levels_max_default);
    CAF_REQUIRE(filter.has_value());
    CAF_CHECK_EQUAL(filter->full(), text);
    CAF_CHECK_EQUAL(filter->filter(), text);
    CAF_CHECK_EQUAL(filter->has_wildcard(), text.find_first_of("+#") != text.npos);
    CAF_CHECK(!filter->is_shared());
    CAF_CHECK_EQUAL(filter->share_name(), ""sv);
  }
}

CAF_TEST(what is no filter is refused and says why) {
  const struct {
    std::string text;
    std::string what;
  } table[] = {
      {"", "empty"},                       // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
      {"sport/tennis#", "'#'"},            // [MQTT-4.7.1-1] [MQTT-4.7.1-2 v3]
      {"#tennis", "'#'"},                  // the same
      {"sport/tennis/#/ranking", "'#'"},   // the same
      {"#/", "'#'"},                       // the same
      {"##", "'#'"},                       // the same
      {"sport+", "'+'"},                   // [MQTT-4.7.1-2] [MQTT-4.7.1-3 v3]
      {"sport/+tennis/x", "'+'"},          // the same
      {"++", "'+'"},                       // the same
      {"a\0b"s, "U+0000"},                 // [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3]
      {"a/\xC0\x80/#", "UTF-8"},           // [MQTT-3.8.3-1] [MQTT-3.8.3-1 v3]
      {std::string(65'536, 'a'), "65535"}, // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
      {std::string(128, '/'), "too many"},
      {"$share//a", "empty share name"}, // [MQTT-4.8.2-1]
      {"$share/", "empty share name"},   // [MQTT-4.8.2-1]
      {"$share/g", "no topic filter"},   // [MQTT-4.8.2-2]
      {"$share/g/", "no topic filter"},  // [MQTT-4.8.2-2]
      {"$share/g+/a", "wildcard"},       // [MQTT-4.8.2-2]
      {"$share/#/a", "wildcard"},        // [MQTT-4.8.2-2]
      {"$share/#", "wildcard"},          // [MQTT-4.8.2-2]
      {"$share/g/a#", "'#'"},
      {"$share/g/#/a", "'#'"},
  };
  for (const auto& [text, what] : table) {
    const auto filter = parse_topic_filter(text, topic_levels_max_default);
    CAF_REQUIRE(!filter.has_value());
    CAF_CHECK_NOT_EQUAL(std::string_view{filter.error().what}.find(what), std::string_view::npos);
    CAF_CHECK(filter.error().reason == reason_code::topic_filter_invalid);
  }
}

CAF_TEST(a shared subscription falls into its parts) { // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  const struct {
    std::string_view text, share_name, filter;
    bool has_wildcard;
  } table[] = {
      {"$share/consumer1/sport/tennis/+", "consumer1", "sport/tennis/+", true},
      {"$share/consumer2/sport/tennis/player1", "consumer2", "sport/tennis/player1", false},
      {"$share/g/#", "g", "#", true},
      {"$share/g//finance", "g", "/finance", false},
      {"$share/g//", "g", "/", false},
      {"$share/$share/$share/a/b", "$share", "$share/a/b", false},
  };
  for (const auto& [text, share_name, rest, has_wildcard] : table) {
    const auto filter = parse_topic_filter(text, topic_levels_max_default);
    CAF_REQUIRE(filter.has_value());
    CAF_CHECK(filter->is_shared());
    CAF_CHECK_EQUAL(filter->full(), text);
    CAF_CHECK_EQUAL(filter->share_name(), share_name);
    CAF_CHECK_EQUAL(filter->filter(), rest);
    CAF_CHECK_EQUAL(filter->has_wildcard(), has_wildcard);
  }
}

CAF_TEST(only the whole first level makes a shared subscription) {
  for (const auto text : {"$share"sv, "$shared/g/a"sv, "$SHARE/g/a"sv, "/$share/g/a"sv}) {
    const auto filter = parse_topic_filter(text, topic_levels_max_default);
    CAF_REQUIRE(filter.has_value());
    CAF_CHECK(!filter->is_shared());
    CAF_CHECK_EQUAL(filter->filter(), text);
  }
}

CAF_TEST(the bound of levels leaves out the share name) {
  CAF_CHECK(parse_topic_filter("a/b/#", 3).has_value());
  CAF_CHECK(!parse_topic_filter("a/b/#", 2).has_value());
  CAF_CHECK(parse_topic_filter("$share/g/a/b/#", 3).has_value());
  CAF_CHECK(!parse_topic_filter("$share/g/a/b/#", 2).has_value());
}

CAF_TEST(the longest filter is kept whole) { // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
  const auto text = "$share/" + std::string(65'535 - 9, 'g') + "/a";
  CAF_REQUIRE_EQUAL(text.size(), 65'535u);
  const auto filter = parse_topic_filter(text, topic_levels_max_default);
  CAF_REQUIRE(filter.has_value());
  CAF_CHECK_EQUAL(filter->share_name().size(), 65'535u - 9);
  CAF_CHECK_EQUAL(filter->filter(), "a"sv);
}

CAF_TEST(filters match as in the examples of the standard) {
  const struct {
    std::string_view filter, topic;
    bool match;
  } table[] = {
      // 4.7.1.2 multi-level wildcard
      {"sport/tennis/player1/#", "sport/tennis/player1", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
      {"sport/tennis/player1/#", "sport/tennis/player10", false},
      {"sport/#", "sport", true},
      {"sport/#", "sport/", true},
      {"sport/#", "sports", false},
      {"#", "a", true},
      {"#", "/", true},
      {"#", "a/b/c", true},
      // 4.7.1.3 single-level wildcard
      {"sport/tennis/+", "sport/tennis/player1", true},
      {"sport/tennis/+", "sport/tennis/player2", true},
      {"sport/tennis/+", "sport/tennis/player1/ranking", false},
      {"sport/+", "sport", false},
      {"sport/+", "sport/", true},
      {"+/+", "/finance", true},
      {"/+", "/finance", true},
      {"+", "/finance", false},
      {"+/tennis/#", "sport/tennis", true},
      {"sport/+/player1", "sport/tennis/player1", true},
      {"+/#", "a", true},
      {"+/#", "a/b/c", true},
      // 4.7.2 topics beginning with $ [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
      {"#", "$SYS/monitor/Clients", false},
      {"+/monitor/Clients", "$SYS/monitor/Clients", false},
      {"+", "$SYS", false},
      {"+/#", "$SYS", false},
      {"$SYS/#", "$SYS/monitor/Clients", true},
      {"$SYS/#", "$SYS", true},
      {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
      {"+/$SYS", "a/$SYS", true},
      {"/#", "/$SYS", true},
      // 4.7.3 semantics [MQTT-4.7.3-4] [MQTT-4.7.3-4 v3]
      {"ACCOUNTS", "Accounts", false},
      {"Accounts payable", "Accounts payable", true},
      {"/finance", "finance", false},
      {"finance", "finance/", false},
      {"a//b", "a/b", false},
      {"a/+/b", "a//b", true},
      {"\xC3\xA9", "e\xCC\x81", false}, // the same letter, composed and decomposed
  };
  for (const auto& [filter, topic, match] : table) {
    if (matches(filter, topic) != match)
      CAF_ERROR(filter << " and " << topic << ": expected " << match);
    CAF_CHECK_EQUAL(naively_matches(filter, topic), match);
  }
}

CAF_TEST(matching agrees with the plain statement of the rule) {
  random_topics topics{topics_seed()};
  std::size_t matched = 0;
  for (int round = 0; round < 200'000; ++round) {
    const auto filter = topics.filter();
    const auto topic = topics.name();
    const bool match = matches(filter, topic);
    matched += match;
    if (match != naively_matches(filter, topic))
      CAF_FAIL("seed " << topics_seed() << ": " << filter << " and " << topic);
  }
  CAF_CHECK_GREATER(matched, 1000u); // the samples do meet
}

CAF_TEST(random filters are valid) {
  random_topics topics{topics_seed()};
  for (int round = 0; round < 5000; ++round)
    CAF_REQUIRE(parse_topic_filter(topics.filter(), topic_levels_max_default).has_value());
}
