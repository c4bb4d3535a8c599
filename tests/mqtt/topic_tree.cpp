// The index of names against a plain sorted list of them.
#define CAF_SUITE topic_tree
#include "mqtt/topic_tree.hpp"

#include "mqtt/topic_filter.hpp"
#include "random_topics.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

using names = std::vector<std::string>;

/// The order that is promised, the slow way: std::string compares bytes as unsigned numbers.
bool naively_less(const std::string& left, const std::string& right) {
  return split(left) < split(right);
}

names matching(topic_tree<int>& tree, std::string_view filter) {
  names found;
  tree.for_each_match(filter, [&](const std::string& name, int&) { found.push_back(name); });
  return found;
}

/// All pages, each of `limit` names.
names paged(topic_tree<int>& tree, std::string_view filter, std::size_t limit) {
  names found;
  std::optional<std::string> after{""};
  while (after) {
    const auto before = found.size();
    after = tree.page(filter, *after, limit,
                      [&](const std::string& name, int&) { found.push_back(name); });
    CAF_REQUIRE(found.size() - before <= limit);
  }
  return found;
}

topic_tree<int> tree_of(const names& all) {
  topic_tree<int> tree;
  for (const auto& name : all)
    tree.insert(name, 0);
  return tree;
}

} // namespace

CAF_TEST(names come level by level) {
  auto tree = tree_of({"a!", "a/b", "a", "a\x01/x", "/", "b", "a//c", "\xC3\xA9", "a/b/c", "A"});
  CAF_CHECK(matching(tree, "#") ==
            names({"/", "A", "a", "a//c", "a/b", "a/b/c", "a\x01/x", "a!", "b", "\xC3\xA9"}));
  CAF_CHECK(matching(tree, "a/#") == names({"a", "a//c", "a/b", "a/b/c"}));
  CAF_CHECK(matching(tree, "a/+") == names({"a/b"}));
  CAF_CHECK(matching(tree, "+/+") == names({"/", "a/b", "a\x01/x"}));
  CAF_CHECK(matching(tree, "+/+/c") == names({"a//c", "a/b/c"}));
  CAF_CHECK(matching(tree, "a/b") == names({"a/b"}));
  CAF_CHECK(matching(tree, "a/c").empty());
}

CAF_TEST(a wildcard in front hides system topics) { // [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
  auto tree = tree_of({"!", "$", "$SYS/a", "$SYS/b/c", "%", "a/$"});
  CAF_CHECK(matching(tree, "#") == names({"!", "%", "a/$"}));
  CAF_CHECK(matching(tree, "+") == names({"!", "%"}));
  CAF_CHECK(matching(tree, "+/b/c").empty());
  CAF_CHECK(matching(tree, "$SYS/#") == names({"$SYS/a", "$SYS/b/c"}));
  CAF_CHECK(matching(tree, "$SYS/+") == names({"$SYS/a"}));
}

CAF_TEST(values are found by name and can be changed in place) {
  topic_tree<int> tree;
  const auto [value, added] = tree.insert("a/b", 1);
  CAF_CHECK(added);
  CAF_CHECK(!tree.insert("a/b", 2).second);
  CAF_CHECK(tree.find("a/b") == value);
  CAF_CHECK_EQUAL(*tree.find("a/b"), 1);
  CAF_CHECK(tree.find("a") == nullptr);
  tree.for_each_match("a/#", [](const std::string&, int& v) { v = 3; });
  CAF_CHECK_EQUAL(*tree.find("a/b"), 3);
  CAF_CHECK(!tree.erase("a"));
  CAF_CHECK(tree.erase("a/b"));
  CAF_CHECK(!tree.erase("a/b"));
  CAF_CHECK(tree.empty());
}

CAF_TEST(a page ends after its limit and the next goes on behind it) {
  auto tree = tree_of({"a/1", "a/2", "a/3", "b"});
  names found;
  const auto note = [&](const std::string& name, int&) { found.push_back(name); };
  auto after = tree.page("a/+", "", 2, note);
  CAF_CHECK(found == names({"a/1", "a/2"}));
  CAF_REQUIRE(after.has_value());
  CAF_CHECK_EQUAL(*after, "a/2");
  tree.erase("a/2");       // the place is found without it
  tree.insert("a/1/x", 0); // behind us: not visited any more
  tree.insert("a/2!", 0);  // ahead of us
  after = tree.page("a/+", *after, 10, note);
  CAF_CHECK(found == names({"a/1", "a/2", "a/2!", "a/3"}));
  CAF_CHECK(!after.has_value());
}

CAF_TEST(a page looks at few names also where none match) {
  topic_tree<int> tree;
  for (int i = 0; i < 1000; ++i)
    tree.insert("d/" + std::to_string(i) + "/a", i);
  std::size_t pages = 0;
  std::optional<std::string> after{""};
  while (after) {
    after = tree.page("d/+/b", *after, 50, [](const std::string&, int&) { CAF_FAIL("no match"); });
    ++pages;
  }
  CAF_CHECK_GREATER_OR_EQUAL(pages, 1000u / 50);
}

CAF_TEST(a walk leaps over what lies between matches) {
  topic_tree<int> tree;
  for (int i = 0; i < 1000; ++i)
    tree.insert("a/" + std::to_string(i) + "/x", i);
  tree.insert("b/c", 0);
  names found;
  const auto note = [&](const std::string& name, int&) { found.push_back(name); };
  CAF_CHECK(!tree.page("+/c", "", 2, note).has_value()); // looks at a/0/x, leaps over all of a
  CAF_CHECK(!tree.page("b/#", "", 1, note).has_value()); // begins at b
  tree.page("a/999/#", "", 1, note);                     // begins at a/999
  CAF_CHECK(found == names({"b/c", "b/c", "a/999/x"}));
}

CAF_TEST(walks agree with looking at every name) {
  random_topics topics{topics_seed()};
  topic_tree<int> tree;
  std::set<std::string, decltype(&naively_less)> model{&naively_less};
  for (int round = 0; round < 4000; ++round) {
    const auto name = topics.name();
    const bool shrinking = (round / 500) % 2 == 1;
    if (topics.chance(shrinking ? 4 : 2))
      CAF_REQUIRE(tree.insert(name, round).second == model.insert(name).second);
    else
      CAF_REQUIRE(tree.erase(name) == (model.erase(name) > 0));
    CAF_REQUIRE(tree.size() == model.size());
    const auto filter = topics.filter();
    names expected;
    std::copy_if(model.begin(), model.end(), std::back_inserter(expected),
                 [&](const std::string& n) { return matches(filter, n); });
    if (matching(tree, filter) != expected || paged(tree, filter, 1) != expected ||
        paged(tree, filter, 3) != expected)
      CAF_FAIL("seed " << topics_seed() << ", round " << round << ": " << filter);
  }
}

CAF_TEST(pages see every name that stays while others come and go) {
  random_topics topics{topics_seed()};
  std::size_t visited = 0;
  for (int round = 0; round < 1000; ++round) {
    topic_tree<int> tree;
    std::set<std::string> stay;
    while (stay.size() < 30)
      stay.insert(topics.name());
    for (const auto& name : stay)
      tree.insert(name, 0);
    const auto filter = topics.filter();
    names found;
    std::set<std::string> passing;
    std::optional<std::string> after{""};
    while (after) {
      after = tree.page(filter, *after, 1 + topics.random.below(5),
                        [&](const std::string& name, int&) { found.push_back(name); });
      for (int change = 0; change < 5; ++change) {
        auto name = topics.name();
        if (stay.contains(name))
          continue;
        if (tree.insert(name, 1).second)
          passing.insert(name);
        else
          tree.erase(name);
      }
    }
    const auto fail = [&](const char* what) {
      CAF_FAIL("seed " << topics_seed() << ", round " << round << ", " << filter << ": " << what);
    };
    if (!std::is_sorted(found.begin(), found.end(), naively_less) ||
        std::adjacent_find(found.begin(), found.end()) != found.end())
      fail("out of order, or twice");
    for (const auto& name : found)
      if (!matches(filter, name) || (!stay.contains(name) && !passing.contains(name)))
        fail("visited what does not match, or was never there");
    for (const auto& name : stay)
      if (matches(filter, name) && std::find(found.begin(), found.end(), name) == found.end())
        fail("left out a name");
    visited += found.size();
  }
  CAF_CHECK_GREATER(visited, 1000u); // filters and names do meet
}

CAF_TEST(walks may share a page) {
  auto tree = tree_of({"a/1", "a/2", "b", "c/1", "c/2", "c/3"});
  names found;
  const auto note = [&](const std::string& name, int&) { found.push_back(name); };
  std::size_t looks = 4; // two for one filter, two are left for the other
  CAF_CHECK(!tree.page_within(looks, "a/+", "", note).has_value());
  const auto after = tree.page_within(looks, "c/+", "", note);
  CAF_CHECK_EQUAL(looks, 0u);
  CAF_REQUIRE(after.has_value());
  looks = 5;
  CAF_CHECK(!tree.page_within(looks, "c/+", *after, note).has_value());
  CAF_CHECK(found == names({"a/1", "a/2", "c/1", "c/2", "c/3"}));
}

CAF_TEST(a page of all leaves nothing out) {
  auto tree = tree_of({"$SYS/x", "a", "b/c"});
  names found;
  const auto note = [&](const std::string& name, int&) { found.push_back(name); };
  std::size_t looks = 2;
  const auto after = tree.page_of_all(looks, "", note);
  CAF_REQUIRE(after.has_value());
  looks = 2;
  CAF_CHECK(!tree.page_of_all(looks, *after, note).has_value());
  CAF_CHECK(found == names({"$SYS/x", "a", "b/c"}));
}
