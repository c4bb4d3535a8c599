// What makes a text a topic name: something a message can be published to.
//
// Pure functions over views, called by the session for every PUBLISH and will. Thread-safe: no
// state. Standard: section 4.7; tags stand in the .cpp.
#pragma once

#include "mqtt/topic_levels.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mqttzoo::mqtt {

/// Bytes a UTF-8 Encoded String, and so a topic name or filter, can have (section 1.5.4).
inline constexpr std::size_t topic_bytes_max = 65'535;

/// Nothing if `name` is a valid topic name of at most `levels_max` levels, else a static text that
/// says what is wrong with it. `levels_max` is at least 1.
std::optional<const char*>
check_topic_name(std::string_view name, std::size_t levels_max = topic_levels_max_default) noexcept;

/// True for topics beginning with '$', which filters that begin with a wildcard do not match.
constexpr bool is_system_topic(std::string_view name) noexcept {
  return name.starts_with('$');
}

} // namespace mqttzoo::mqtt
