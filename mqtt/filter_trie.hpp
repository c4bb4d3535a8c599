// The subscription index: from a topic name to the values of all filters that match it.
//
// Owned by one actor and used on its thread only. Filters without a wildcard stand in a hash map,
// so that a topic finds them in one look-up; those with one stand in a trie
// (mqtt/wildcard_index.hpp) that holds each level once. Standard: section 4.7.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace mqttzoo::mqtt {

/// Maps valid filters, without `$share/<name>/`, to values. A value stays where it is until its
/// filter is erased. Not thread-safe.
template<class Value>
class filter_trie {
public:
  /// Adds `filter`, unless it is there already; says where its value is and whether it was added.
  std::pair<Value*, bool> insert(std::string_view filter, Value value);
  /// The value of exactly this filter, or null.
  Value* find(std::string_view filter) noexcept;
  const Value* find(std::string_view filter) const noexcept;
  /// False if the filter is not there. What only it needed is freed.
  bool erase(std::string_view filter);

  /// Calls `f(Value&)` once for every filter that matches `topic`, in no particular order.
  /// Allocates nothing and uses constant stack; `f` must not insert or erase.
  template<class F>
  void for_each_match(std::string_view topic, F&& f);
  template<class F>
  void for_each_match(std::string_view topic, F&& f) const;

  /// Filters in it.
  std::size_t size() const noexcept;
  bool empty() const noexcept;
};

} // namespace mqttzoo::mqtt
