// Filters against filters: by hand, and by trying out all small names.
#define CAF_SUITE filter_relation
#include "mqtt/filter_relation.hpp"

#include "mqtt/topic_filter.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <vector>

using namespace mqttzoo::mqtt;

CAF_TEST(filters overlap where some topic matches both) {
  const struct {
    const char* a;
    const char* b;
    bool expected;
  } table[] = {
      {"a", "a", true},       {"a", "b", false},        {"a/+", "+/b", true},
      {"a/b", "a", false},    {"a/#", "a", true},       {"a/#", "a/b/c", true},
      {"a/#", "b/#", false},  {"+/x/#", "a/+/c", true}, {"#", "$SYS/x", false},
      {"+/x", "$a/x", false}, {"$SYS/#", "#", false},   {"$SYS/#", "$SYS/+", true},
      {"a/+", "a", false},    {"a/+/#", "a", false},    {"a/+/#", "a/b", true},
      {"/", "+/+", true},     {"a/b/#", "a/+", true},   {"a//b", "a/+/b", true},
  };
  for (const auto& [a, b, expected] : table) {
    CAF_MESSAGE(a << " and " << b);
    CAF_CHECK_EQUAL(overlap(a, b), expected);
    CAF_CHECK_EQUAL(overlap(b, a), expected);
  }
}

CAF_TEST(a filter covers another if it matches all of its topics) {
  const struct {
    const char* wide;
    const char* narrow;
    bool expected;
  } table[] = {
      {"a", "a", true},        {"#", "a/+/#", true},     {"#", "$SYS/a", false},
      {"+", "#", false},       {"a/#", "a", true},       {"a/#", "a/#", true},
      {"a/+", "a/#", false},   {"a/+", "a/+", true},     {"a/b", "a/+", false},
      {"a/+/#", "a/#", false}, {"a/#", "+/b", false},    {"+/b", "a/b", true},
      {"$a/#", "$a/b", true},  {"a/+/c", "a/b/c", true},
  };
  for (const auto& [wide, narrow, expected] : table) {
    CAF_MESSAGE(wide << " and " << narrow);
    CAF_CHECK_EQUAL(covers(wide, narrow), expected);
  }
}

namespace {

/// All texts of one to three levels out of `words`.
std::vector<std::string> texts_of(const std::vector<std::string>& words) {
  std::vector<std::string> all = words;
  for (std::size_t begin = 0, depth = 1; depth < 3; ++depth) {
    const auto end = all.size();
    for (; begin < end; ++begin)
      for (const auto& w : words)
        all.push_back(all[begin] + '/' + w);
  }
  return all;
}

} // namespace

CAF_TEST(both agree with what the filters match) {
  std::vector<std::string> filters;
  for (auto& text : texts_of({"a", "b", "$a", "+", "#"}))
    if (parse_topic_filter(text, topic_levels_max_default))
      filters.push_back(std::move(text));
  // A level that no filter has stands for all the others: so names as deep as these suffice.
  const auto topics = texts_of({"a", "b", "c", "$a"});
  std::vector<std::vector<bool>> matched;
  for (const auto& f : filters) {
    auto& row = matched.emplace_back();
    for (const auto& t : topics)
      row.push_back(matches(f, t));
    for (const auto& t : topics) // a level deeper, for what ends in '#'
      row.push_back(matches(f, t + "/c"));
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < filters.size(); ++i)
    for (std::size_t j = 0; j < filters.size(); ++j) {
      bool common = false;
      bool all = true;
      for (std::size_t t = 0; t < matched[i].size(); ++t) {
        common |= matched[i][t] && matched[j][t];
        all &= matched[i][t] || !matched[j][t];
      }
      wrong += overlap(filters[i], filters[j]) != common;
      wrong += covers(filters[i], filters[j]) != all;
    }
  CAF_CHECK_EQUAL(wrong, 0u);
  CAF_CHECK(filters.size() > 80);
}
