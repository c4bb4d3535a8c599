#include "mqtt/filter_relation.hpp"

#include "mqtt/topic_levels.hpp"

namespace mqttzoo::mqtt {

namespace {

constexpr bool is_wildcard(std::string_view level) noexcept {
  return level == single_level_wildcard || level == multi_level_wildcard;
}

/// A wildcard in front does not stand for what the server keeps for itself. [MQTT-4.7.2-1]
constexpr bool misses_system(std::string_view with_wildcard, std::string_view other) noexcept {
  return is_wildcard(level_cursor{with_wildcard}.level()) && other.starts_with('$');
}

} // namespace

bool overlap(std::string_view a, std::string_view b) noexcept {
  if (misses_system(a, b) || misses_system(b, a))
    return false;
  level_cursor left{a};
  level_cursor right{b};
  for (; !left.done() && !right.done(); left.forward(), right.forward()) {
    const auto l = left.level();
    const auto r = right.level();
    if (l == multi_level_wildcard || r == multi_level_wildcard)
      return true;
    if (l != r && !is_wildcard(l) && !is_wildcard(r))
      return false;
  }
  // "a/#" also stands for "a"
  return (left.done() || left.level() == multi_level_wildcard) &&
         (right.done() || right.level() == multi_level_wildcard);
}

bool covers(std::string_view wide, std::string_view narrow) noexcept {
  if (misses_system(wide, narrow))
    return false;
  if (narrow == multi_level_wildcard && wide == "+/#")
    return true; // every topic has a first level
  level_cursor w{wide};
  level_cursor n{narrow};
  for (; !w.done(); w.forward(), n.forward()) {
    if (w.level() == multi_level_wildcard) // also for the level above, when all of it is used up
      return true;
    if (n.done() || n.level() == multi_level_wildcard)
      return false;
    if (w.level() != n.level() && w.level() != single_level_wildcard)
      return false;
  }
  return n.done();
}

} // namespace mqttzoo::mqtt
