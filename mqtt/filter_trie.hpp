// The subscription index: from a topic name to the values of all filters that match it.
//
// Owned by one actor and used on its thread only. Filters without a wildcard stand in a hash map,
// so that a topic finds them in one look-up; those with one stand in a trie
// (mqtt/wildcard_index.hpp) that holds each level once. Standard: section 4.7.
#pragma once

#include "core/name_map.hpp"
#include "mqtt/slab.hpp"
#include "mqtt/topic_filter.hpp"
#include "mqtt/wildcard_index.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace mqttzoo::mqtt {

/// Maps valid filters, without `$share/<name>/`, to values. A value stays where it is until its
/// filter is erased. Not thread-safe.
template<class Value>
class filter_trie {
public:
  /// Adds `filter`, unless it is there already; says where its value is and whether it was added.
  std::pair<Value*, bool> insert(std::string_view filter, Value value) {
    assert(!filter.empty());
    if (auto* known = find(filter))
      return {known, false};
    if (!has_wildcard(filter))
      return {&exact_.emplace(filter, std::move(value)).first->second, true};
    const auto number = values_.emplace(std::move(value));
    wildcards_.insert(filter, number);
    return {&values_[number], true};
  }

  /// The value of exactly this filter, or null.
  Value* find(std::string_view filter) noexcept {
    return const_cast<Value*>(std::as_const(*this).find(filter));
  }
  const Value* find(std::string_view filter) const noexcept {
    if (!has_wildcard(filter))
      return find_exact(filter);
    const auto number = wildcards_.find(filter);
    return number == wildcard_index::none ? nullptr : &values_[number];
  }

  /// False if the filter is not there. What only it needed is freed.
  bool erase(std::string_view filter) {
    if (!has_wildcard(filter)) {
      const auto at = exact_.find(filter);
      if (at == exact_.end())
        return false;
      exact_.erase(at);
      return true;
    }
    const auto number = wildcards_.erase(filter);
    if (number == wildcard_index::none)
      return false;
    values_.erase(number);
    if (values_.size() == 0)
      values_.clear();
    return true;
  }

  /// Calls `f(Value&)` once for every filter that matches `topic`, in no particular order.
  /// Allocates nothing and uses constant stack; visits no more nodes than there are, however many
  /// wildcards match. `f` must not insert or erase.
  template<class F>
  void for_each_match(std::string_view topic, F&& f) {
    if (auto* value = const_cast<Value*>(find_exact(topic)))
      f(*value);
    wildcards_.for_each_match(topic, [&](std::uint32_t number) { f(values_[number]); });
  }
  template<class F>
  void for_each_match(std::string_view topic, F&& f) const {
    if (const auto* value = find_exact(topic))
      f(*value);
    wildcards_.for_each_match(topic, [&](std::uint32_t number) { f(values_[number]); });
  }

  /// Filters in it.
  std::size_t size() const noexcept { return exact_.size() + values_.size(); }
  bool empty() const noexcept { return size() == 0; }

private:
  const Value* find_exact(std::string_view text) const noexcept {
    const auto at = exact_.find(text);
    return at == exact_.end() ? nullptr : &at->second;
  }

  core::name_map<Value> exact_;
  wildcard_index wildcards_;
  slab<Value> values_; ///< of the filters in wildcards_, by their number there
};

} // namespace mqttzoo::mqtt
