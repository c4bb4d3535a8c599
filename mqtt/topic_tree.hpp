// An index of topic names (live topics, retained messages): from a filter to the names it matches.
//
// Owned by one actor and used on its thread only. Names are kept in the order of their levels, so
// that a walk can stop after any name and go on later from there, whatever came and went meanwhile.
// Standard: section 4.7.
#pragma once

#include <cstddef>
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
  std::pair<Value*, bool> insert(std::string_view name, Value value);
  /// The value of exactly this name, or null.
  Value* find(std::string_view name) noexcept;
  const Value* find(std::string_view name) const noexcept;
  /// False if the name is not there.
  bool erase(std::string_view name);

  /// Calls `f(const std::string& name, Value&)` for every name that `filter` matches, sorted level
  /// by level (bytes of a level as unsigned numbers, a topic before its subtopics). `filter` is
  /// valid and without `$share/<name>/`; `f` must not insert or erase.
  template<class F>
  void for_each_match(std::string_view filter, F&& f);

  /// The same in bounded steps: begins behind `after` (empty: at the start), which need not exist
  /// any more, and looks at no more than `limit` names, 1 or more of them, of which those that
  /// match are visited. Returns what the next page has to begin behind, or nothing when there is no
  /// more. Costs O(limit * log(size)) whatever the filter.
  template<class F>
  std::optional<std::string> page(std::string_view filter, std::string_view after,
                                  std::size_t limit, F&& f);

  /// Names in it.
  std::size_t size() const noexcept;
  bool empty() const noexcept;
};

} // namespace mqttzoo::mqtt
