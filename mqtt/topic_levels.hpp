// Topic names and filters as sequences of levels, without taking them apart.
//
// A level is what stands between two '/', and may be empty: "/a" has two. Everything here is a view
// over text that the caller keeps alive; nothing allocates and nothing has state beyond itself, so
// it may be used on any thread. Standard: section 4.7.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

namespace mqttzoo::mqtt {

inline constexpr char level_separator = '/';
inline constexpr std::string_view single_level_wildcard = "+";
inline constexpr std::string_view multi_level_wildcard = "#";

/// Levels that a name or filter may have unless the configuration says otherwise. The protocol
/// allows 65536 of them; the work on a topic grows with them.
inline constexpr std::size_t topic_levels_max_default = 128;

/// A place between two levels of a text, which can go forward and back.
class level_cursor {
public:
  /// Stands before the first level.
  explicit constexpr level_cursor(std::string_view text) noexcept : text_(text) {}

  /// True behind the last level.
  constexpr bool done() const noexcept { return begin_ > text_.size(); }
  /// The level ahead; not when done().
  constexpr std::string_view level() const noexcept { return text_.substr(begin_, end() - begin_); }
  /// What is ahead, all levels of it; not when done().
  constexpr std::string_view rest() const noexcept { return text_.substr(begin_); }
  /// Offset of the level ahead in bytes; one more than the text's size when done().
  constexpr std::size_t offset() const noexcept { return begin_; }
  /// Passes the level ahead; not when done().
  constexpr void forward() noexcept { begin_ = end() + 1; }
  /// Returns to before the level that was passed last; not at the first one.
  constexpr void back() noexcept {
    const auto separator =
        begin_ < 2 ? std::string_view::npos : text_.rfind(level_separator, begin_ - 2);
    begin_ = separator == std::string_view::npos ? 0 : separator + 1;
  }

private:
  constexpr std::size_t end() const noexcept {
    return std::min(text_.find(level_separator, begin_), text_.size());
  }

  std::string_view text_;
  std::size_t begin_ = 0; ///< of the level ahead
};

/// The levels of a text as a range: `for (std::string_view level : levels{"a/b"})`.
class levels {
public:
  explicit constexpr levels(std::string_view text) noexcept : text_(text) {}

  class iterator {
  public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;

    explicit constexpr iterator(std::string_view text) noexcept : cursor_(text) {}
    constexpr std::string_view operator*() const noexcept { return cursor_.level(); }
    constexpr iterator& operator++() noexcept {
      cursor_.forward();
      return *this;
    }
    constexpr void operator++(int) noexcept { ++*this; }
    constexpr bool operator==(std::default_sentinel_t) const noexcept { return cursor_.done(); }

  private:
    level_cursor cursor_;
  };

  constexpr iterator begin() const noexcept { return iterator{text_}; }
  constexpr std::default_sentinel_t end() const noexcept { return {}; }

private:
  std::string_view text_;
};

/// How many levels `text` has; at least 1.
constexpr std::size_t count_levels(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), level_separator)) + 1;
}

/// True if `text` has more than `levels_max` levels. Free for a text shorter than that.
constexpr bool exceeds_levels(std::string_view text, std::size_t levels_max) noexcept {
  return text.size() >= levels_max && count_levels(text) > levels_max;
}

} // namespace mqttzoo::mqtt
