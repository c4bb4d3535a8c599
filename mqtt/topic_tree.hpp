// An index of topic names (live topics, retained messages): from a filter to the names it matches.
//
// Owned by one actor and used on its thread only. Names are kept in the order of their levels, so
// that a walk can stop after any name and go on later from there, whatever came and went meanwhile.
// A name is stored once and costs one node; there are no nodes for the levels above it.
// Standard: section 4.7.
#pragma once

#include "mqtt/topic_order.hpp"

#include <cassert>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mqttzoo::mqtt {

/// Maps valid topic names to values. A value stays where it is until its name is erased. Not
/// thread-safe.
template<class Value>
class topic_tree {
public:
  /// Adds `name`, unless it is there already; says where its value is and whether it was added.
  std::pair<Value*, bool> insert(std::string_view name, Value value) {
    assert(!name.empty());
    const auto at = names_.lower_bound(name);
    if (at != names_.end() && at->first == name)
      return {&at->second, false};
    return {&names_.emplace_hint(at, name, std::move(value))->second, true};
  }

  /// The value of exactly this name, or null.
  Value* find(std::string_view name) noexcept {
    const auto at = names_.find(name);
    return at == names_.end() ? nullptr : &at->second;
  }
  const Value* find(std::string_view name) const noexcept {
    const auto at = names_.find(name);
    return at == names_.end() ? nullptr : &at->second;
  }

  /// False if the name is not there.
  bool erase(std::string_view name) {
    const auto at = names_.find(name);
    if (at == names_.end())
      return false;
    names_.erase(at);
    return true;
  }

  /// Calls `f(const std::string& name, Value&)` for every name that `filter` matches, sorted level
  /// by level (bytes of a level as unsigned numbers, a topic before its subtopics). `filter` is
  /// valid and without `$share/<name>/`; `f` must not insert or erase.
  template<class F>
  void for_each_match(std::string_view filter, F&& f) {
    auto looks = names_.size();
    walk(filter, {}, looks, f);
  }

  /// The same in bounded steps: begins behind `after` (empty: at the start), which need not exist
  /// any more, and looks at no more than `limit` names, 1 or more of them, of which those that
  /// match are visited. Returns what the next page has to begin behind, or nothing when there is no
  /// more; pages may be empty before the last. Costs O(limit * log(size)) whatever the filter.
  template<class F>
  std::optional<std::string> page(std::string_view filter, std::string_view after,
                                  std::size_t limit, F&& f) {
    return page_within(limit, filter, after, f);
  }

  /// The same for a page that several walks share: takes the names it looked at off `looks`, and so
  /// may `f` for what it does, as long as it leaves 1.
  template<class F>
  std::optional<std::string> page_within(std::size_t& looks, std::string_view filter,
                                         std::string_view after, F&& f) {
    assert(looks > 0);
    const auto last = walk(filter, after, looks, f);
    return last == names_.end() ? std::nullopt : std::optional{last->first};
  }

  /// The same with every name there is, as no filter would.
  template<class F>
  std::optional<std::string> page_of_all(std::size_t& looks, std::string_view after, F&& f) {
    assert(looks > 0);
    for (auto at = names_.upper_bound(after); at != names_.end(); ++at) {
      f(at->first, at->second);
      if (--looks == 0)
        return at->first;
    }
    return std::nullopt;
  }

  /// Names in it.
  std::size_t size() const noexcept { return names_.size(); }
  bool empty() const noexcept { return names_.empty(); }

private:
  using names = std::map<std::string, Value, topic_less>;
  using iterator = typename names::iterator;

  /// Where a walk that left off at `after` comes first.
  iterator first(std::string_view start, std::string_view after) {
    return after.empty() || topic_less{}(after, start) ? names_.lower_bound(start)
                                                       : names_.upper_bound(after);
  }

  /// Looks at `looks` names at most and takes them off; the last of them, or end() if none is left
  /// to look at.
  template<class F>
  iterator walk(std::string_view filter, std::string_view after, std::size_t& looks, F& f) {
    filter_walk matches{filter};
    for (auto at = first(matches.start(), after); at != names_.end();) {
      const auto looked_at = at;
      switch (matches.judge(at->first)) {
      case filter_walk::verdict::match:
        f(at->first, at->second);
        ++at;
        break;
      case filter_walk::verdict::leap:
        at = names_.lower_bound(matches.target());
        break;
      case filter_walk::verdict::end:
        return names_.end();
      }
      if (--looks == 0 && at != names_.end())
        return looked_at;
    }
    return names_.end();
  }

  names names_;
};

} // namespace mqttzoo::mqtt
