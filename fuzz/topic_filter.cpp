// Fuzzes topic filters: input is lines, the last one a topic name, the others filters.
//
// Whatever parses must give its text back in parts, and three answers to "does it match" must
// agree: matches(), the subscription index with all the filters in it, and the index of names.
#include "mqtt/topic_filter.hpp"

#include "core/name_hash.hpp"
#include "mqtt/filter_trie.hpp"
#include "mqtt/topic_name.hpp"
#include "mqtt/topic_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

using namespace mqttzoo::mqtt;

namespace {

/// The same input takes the same way each time.
[[maybe_unused]] const bool key_chosen = [] {
  mqttzoo::core::choose_name_key({});
  return true;
}();

/// Unlike assert(), also there in a release build.
void require(bool truth) {
  if (!truth)
    std::abort();
}

void check_parts(const topic_filter& filter, std::string_view text) {
  require(filter.full() == text);
  require(has_wildcard(filter.filter()) == filter.has_wildcard());
  require(count_levels(filter.filter()) <= topic_levels_max_default);
  if (filter.is_shared())
    require("$share/" + std::string{filter.share_name()} + '/' + std::string{filter.filter()} ==
            text);
  else
    require(filter.filter() == text && filter.share_name().empty());
}

void check_tree(std::string_view filter, std::string_view topic) {
  topic_tree<int> tree;
  tree.insert(topic, 0);
  bool found = false;
  tree.for_each_match(filter, [&](const std::string&, int&) { found = true; });
  require(found == matches(filter, topic));
}

void check_trie(const std::set<std::string>& filters, std::string_view topic) {
  filter_trie<std::string> trie;
  for (const auto& filter : filters)
    require(trie.insert(filter, filter).second);
  std::set<std::string> found;
  trie.for_each_match(topic, [&](const std::string& f) { require(found.insert(f).second); });
  for (const auto& filter : filters) {
    require(found.contains(filter) == matches(filter, topic));
    require(trie.erase(filter));
  }
  require(trie.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto last_line = input.rfind('\n') + 1; // 0 if there is one line only
  const auto topic = input.substr(last_line);
  const bool has_topic = !check_topic_name(topic);
  std::set<std::string> filters;
  for (input = input.substr(0, last_line); !input.empty();) {
    const auto end = input.find('\n');
    const auto text = input.substr(0, end);
    input.remove_prefix(end + 1);
    const auto filter = parse_topic_filter(text, topic_levels_max_default);
    if (!filter) {
      require(filter.error().what != nullptr && is_failure(filter.error().reason));
      continue;
    }
    check_parts(*filter, text);
    if (has_topic)
      check_tree(filter->filter(), topic);
    filters.emplace(filter->filter());
  }
  if (has_topic)
    check_trie(filters, topic);
  return 0;
}
