// The order of topic names level by level, and a filter's walk through names in that order.
//
// In this order whatever stands below a name follows it without a gap, so a filter's matches are
// found by leaping from one candidate to the next. Used by topic_tree.hpp, whose thread it is on.
// Standard: section 4.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

/// Orders names as sequences of levels, and a level's bytes as unsigned numbers: "a", "a/b", "a!".
/// It is the order of the names as texts if '/' came before every other byte.
struct topic_less {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const noexcept;
};

/// Finds the names that a filter matches in a container sorted by topic_less. The walk starts at
/// the first name not less than start(), and asks judge() about every name it comes to.
class filter_walk {
public:
  /// What to do after looking at a name.
  enum class verdict : std::uint8_t {
    match, ///< it matches; the next name is next
    leap,  ///< it does not; the first name not less than target() is next
    end,   ///< neither it nor any name behind it matches
  };

  /// `filter` is valid, without `$share/<name>/`, and outlives the walk.
  explicit filter_walk(std::string_view filter) noexcept;

  /// No match is less than this.
  std::string_view start() const noexcept { return literals_from(0); }
  verdict judge(std::string_view name);
  /// Greater than the name judged last, and not greater than any match behind it. Valid until
  /// judge().
  std::string_view target() const noexcept { return target_; }

private:
  std::string_view literals_from(std::size_t offset) const noexcept;
  verdict leap_to(std::string_view prefix, std::string_view rest);
  verdict leap_over(std::string_view name, std::size_t prefix_size);

  std::string_view filter_;
  std::string target_;
};

} // namespace mqttzoo::mqtt
