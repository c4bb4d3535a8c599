#include "mqtt/topic_order.hpp"

#include "mqtt/topic_levels.hpp"
#include "mqtt/topic_name.hpp"

#include <algorithm>

namespace mqttzoo::mqtt {
namespace {

/// U+0000 is in no topic name, so a text with it can stand between names: `x` + this comes right
/// behind everything below `x`.
constexpr std::string_view behind_subtopics{"\0", 1};

/// The first text that comes behind all system topics.
constexpr std::string_view behind_system_topics{"%"};
static_assert(behind_system_topics[0] == '$' + 1);

constexpr int rank(char byte) noexcept {
  return byte == level_separator ? -1 : static_cast<unsigned char>(byte);
}

} // namespace

bool topic_less::operator()(std::string_view left, std::string_view right) const noexcept {
  const auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (r == right.end())
    return false;
  return l == left.end() || rank(*l) < rank(*r);
}

filter_walk::filter_walk(std::string_view filter) noexcept : filter_(filter) {}

/// What every match has at the place of the filter's level at `offset`: the text up to the next
/// wildcard, which for '#' leaves out the separator, because the level above matches too.
std::string_view filter_walk::literals_from(std::size_t offset) const noexcept {
  const auto wildcard = filter_.find_first_of("+#", offset);
  auto literals = filter_.substr(offset, wildcard - offset);
  if (wildcard != std::string_view::npos && filter_[wildcard] == '#' && !literals.empty())
    literals.remove_suffix(1);
  return literals;
}

filter_walk::verdict filter_walk::leap_to(std::string_view prefix, std::string_view rest) {
  target_.assign(prefix);
  target_.append(rest);
  return verdict::leap;
}

/// Goes on behind the first `prefix_size` bytes of `name`, which end a level, and what is below
/// them; npos if nothing behind `name` can match.
filter_walk::verdict filter_walk::leap_over(std::string_view name, std::size_t prefix_size) {
  if (prefix_size == std::string_view::npos)
    return verdict::end;
  return leap_to(name.substr(0, prefix_size), behind_subtopics);
}

filter_walk::verdict filter_walk::judge(std::string_view name) {
  // [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
  if (is_system_topic(name) && (filter_.starts_with('+') || filter_.starts_with('#')))
    return leap_to(behind_system_topics, {});
  level_cursor wanted{filter_};
  level_cursor given{name};
  auto variable_size = std::string_view::npos; // up to the last level that may become another
  for (; !wanted.done(); wanted.forward(), given.forward()) {
    const auto level = wanted.level();
    if (level == multi_level_wildcard)
      return verdict::match;
    if (given.done()) { // matches are further below
      target_.assign(name);
      target_ += level_separator;
      target_ += literals_from(wanted.offset());
      return verdict::leap;
    }
    if (level == single_level_wildcard) {
      variable_size = given.offset() + given.level().size();
      continue;
    }
    const auto order = given.level().compare(level); // as unsigned bytes, and no '/' in it
    if (order < 0)
      return leap_to(name.substr(0, given.offset()), literals_from(wanted.offset()));
    if (order > 0)
      return leap_over(name, variable_size);
  }
  return given.done() ? verdict::match : leap_over(name, variable_size);
}

} // namespace mqttzoo::mqtt
