// The subscription index against a plain map of filters.
#define CAF_SUITE filter_trie
#include "mqtt/filter_trie.hpp"

#include "random_topics.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

using filters = std::vector<std::string>;

/// What matches, sorted; each value is its own filter.
filters matching(const filter_trie<std::string>& trie, std::string_view topic) {
  filters found;
  trie.for_each_match(topic, [&](const std::string& filter) { found.push_back(filter); });
  std::sort(found.begin(), found.end());
  return found;
}

/// A trie of these filters, each of them its own value.
struct trie_of : filter_trie<std::string> {
  explicit trie_of(const filters& all) {
    for (const auto& filter : all)
      insert(filter, filter);
  }
};

} // namespace

CAF_TEST(every matching filter is visited once) {
  const trie_of trie({"#", "+", "+/+", "a/#", "a/+", "a/b", "a/b/#", "+/b", "a", "/#", "a/+/c",
                      "$SYS/#", "$SYS/+", "+/#"});
  CAF_CHECK(matching(trie, "a/b") ==
            filters({"#", "+/#", "+/+", "+/b", "a/#", "a/+", "a/b", "a/b/#"}));
  CAF_CHECK(matching(trie, "a") == filters({"#", "+", "+/#", "a", "a/#"}));
  CAF_CHECK(matching(trie, "a/x/c") == filters({"#", "+/#", "a/#", "a/+/c"}));
  CAF_CHECK(matching(trie, "/") == filters({"#", "+/#", "+/+", "/#"}));
}

CAF_TEST(a wildcard in front hides system topics) { // [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
  const trie_of trie({"#", "+", "+/#", "+/x", "$SYS/#", "$SYS/+", "$SYS/x", "$SYS"});
  CAF_CHECK(matching(trie, "$SYS/x") == filters({"$SYS/#", "$SYS/+", "$SYS/x"}));
  CAF_CHECK(matching(trie, "$SYS") == filters({"$SYS", "$SYS/#"}));
}

CAF_TEST(insert keeps what is there and says so) {
  filter_trie<int> trie;
  for (const auto* filter : {"a/b", "a/+", "#"}) {
    const auto [first, added] = trie.insert(filter, 1);
    CAF_CHECK(added);
    const auto [second, added_again] = trie.insert(filter, 2);
    CAF_CHECK(!added_again);
    CAF_CHECK(first == second);
    CAF_CHECK_EQUAL(*second, 1);
    CAF_CHECK(trie.find(filter) == first);
  }
  CAF_CHECK_EQUAL(trie.size(), 3u);
  CAF_CHECK(trie.find("a") == nullptr);
  CAF_CHECK(trie.find("a/#") == nullptr);
  CAF_CHECK(trie.find("+") == nullptr);
  CAF_CHECK(!trie.erase("a/#"));
  CAF_CHECK(!trie.erase("a"));
}

CAF_TEST(values may be move only and are destroyed with their filters) {
  const auto shared = std::make_shared<int>(0);
  {
    filter_trie<std::shared_ptr<int>> trie;
    trie.insert("a/+", shared);
    trie.insert("a/#", shared);
    trie.insert("a", shared);
    CAF_CHECK_EQUAL(shared.use_count(), 4);
    trie.erase("a/#");
    CAF_CHECK_EQUAL(shared.use_count(), 3);
  }
  CAF_CHECK_EQUAL(shared.use_count(), 1);
  filter_trie<std::unique_ptr<int>> owners;
  owners.insert("+", std::make_unique<int>(7));
  owners.for_each_match("x", [](std::unique_ptr<int>& value) { CAF_CHECK_EQUAL(*value, 7); });
}

CAF_TEST(nodes go with the last filter that needs them) {
  wildcard_index index;
  index.insert("a/b/+", 1);
  index.insert("a/b/#", 2);
  index.insert("a/+/c", 3);
  CAF_CHECK_EQUAL(index.nodes(), 5u);
  CAF_CHECK_EQUAL(index.erase("a/b/+"), 1u);
  CAF_CHECK_EQUAL(index.nodes(), 4u);
  CAF_CHECK_EQUAL(index.erase("a/b"), wildcard_index::none);
  CAF_CHECK_EQUAL(index.erase("a/b/#"), 2u);
  CAF_CHECK_EQUAL(index.nodes(), 3u);
  CAF_CHECK_EQUAL(index.erase("a/+/c"), 3u);
  CAF_CHECK_EQUAL(index.nodes(), 0u);
}

CAF_TEST(levels of any length are told apart) {
  filters all;
  for (std::size_t size = 0; size < 40; ++size)
    all.push_back(std::string(size, 'x') + "/+");
  const trie_of trie(all);
  for (const auto& filter : all)
    CAF_CHECK(matching(trie, filter.substr(0, filter.size() - 1) + "y") == filters({filter}));
}

CAF_TEST(a filter of the most levels the protocol allows needs no deep stack) {
  const std::string separators(65'533, '/');
  filter_trie<int> trie;
  trie.insert("+" + separators + "+", 1);
  trie.insert(separators + "#", 2);
  std::vector<int> found;
  trie.for_each_match(separators, [&](int value) { found.push_back(value); });
  std::sort(found.begin(), found.end());
  CAF_CHECK(found == std::vector<int>({1, 2}));
  CAF_CHECK(trie.erase("+" + separators + "+"));
  CAF_CHECK(trie.erase(separators + "#"));
  CAF_CHECK(trie.empty());
}

CAF_TEST(the trie agrees with matching each filter) {
  random_topics topics{topics_seed()};
  filter_trie<std::string> trie;
  std::map<std::string, const std::string*> model; // to where the value is: it must stay there
  const auto expected = [&](const std::string& topic) {
    filters found;
    for (const auto& [filter, value] : model)
      if (matches(filter, topic))
        found.push_back(filter);
    return found;
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto filter = topics.filter();
    const bool shrinking = (round / 2000) % 2 == 1;
    if (topics.chance(shrinking ? 4 : 2)) {
      const auto [value, added] = trie.insert(filter, filter);
      CAF_REQUIRE(added == !model.contains(filter));
      model.emplace(filter, value);
    } else {
      CAF_REQUIRE(trie.erase(filter) == (model.erase(filter) > 0));
    }
    CAF_REQUIRE(trie.size() == model.size());
    const auto at = model.find(filter);
    CAF_REQUIRE(trie.find(filter) == (at == model.end() ? nullptr : at->second));
    const auto topic = topics.name();
    if (matching(trie, topic) != expected(topic))
      CAF_FAIL("seed " << topics_seed() << ", round " << round << ": " << topic);
  }
  while (!model.empty()) {
    CAF_REQUIRE(trie.erase(model.begin()->first));
    model.erase(model.begin());
  }
  CAF_CHECK(trie.empty());
  CAF_CHECK(matching(trie, "a/b").empty());
}
