#include "mqtt/topic_filter.hpp"

#include "mqtt/topic_name.hpp"
#include "mqtt/utf8.hpp"

#include <optional>

namespace mqttzoo::mqtt {
namespace {

constexpr std::string_view share_prefix = "$share/";

using problem = std::optional<const char*>;

/// Whether wildcards stand only where they may.
problem check_wildcards(std::string_view filter) noexcept {
  for (level_cursor at{filter}; !at.done(); at.forward()) {
    const auto level = at.level();
    // [MQTT-4.7.1-1] [MQTT-4.7.1-2 v3]
    if (level == multi_level_wildcard && at.rest() != multi_level_wildcard)
      return "'#' is not the last level of the topic filter";
    if (level.size() > 1 && level.find('#') != std::string_view::npos)
      return "'#' does not occupy a whole level of the topic filter";
    // [MQTT-4.7.1-2] [MQTT-4.7.1-3 v3]
    if (level.size() > 1 && level.find('+') != std::string_view::npos)
      return "'+' does not occupy a whole level of the topic filter";
  }
  return std::nullopt;
}

/// The checks of the text as a whole.
problem check_text(std::string_view text) noexcept {
  if (text.empty()) // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
    return "topic filter is empty";
  if (text.size() > topic_bytes_max) // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
    return "topic filter is longer than 65535 bytes";
  if (!is_utf8_string(text)) // [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3] [MQTT-3.8.3-1] [MQTT-3.8.3-1 v3]
    return "topic filter is not UTF-8, or holds U+0000";
  return std::nullopt;
}

/// Checks `$share/<name>/` of a text that begins with share_prefix.
problem check_share(std::string_view text) noexcept {
  const auto behind = text.substr(share_prefix.size());
  const auto name_size = behind.find(level_separator);
  const auto name = behind.substr(0, name_size);
  if (name.empty()) // [MQTT-4.8.2-1]
    return "shared subscription has an empty share name";
  if (has_wildcard(name)) // [MQTT-4.8.2-2]
    return "share name holds a wildcard character";
  if (name_size == std::string_view::npos || name_size + 1 == behind.size()) // [MQTT-4.8.2-2]
    return "shared subscription has no topic filter";
  return std::nullopt;
}

/// Bytes in front of the filter itself; `text` has passed check_share().
std::size_t share_size(std::string_view text) noexcept {
  if (!text.starts_with(share_prefix))
    return 0;
  return text.find(level_separator, share_prefix.size()) + 1;
}

problem check(std::string_view text, std::size_t levels_max) noexcept {
  if (auto found = check_text(text))
    return found;
  if (text.starts_with(share_prefix))
    if (auto found = check_share(text))
      return found;
  const auto filter = text.substr(share_size(text));
  if (exceeds_levels(filter, levels_max))
    return "topic filter has too many levels";
  return check_wildcards(filter);
}

} // namespace

topic_filter::topic_filter(std::string_view full, std::size_t filter_offset_bytes)
    : full_(full), filter_offset_bytes_(static_cast<std::uint16_t>(filter_offset_bytes)),
      has_wildcard_(mqtt::has_wildcard(full.substr(filter_offset_bytes))) {}

std::string_view topic_filter::share_name() const noexcept {
  if (!is_shared())
    return {};
  const auto name = std::string_view{full_}.substr(share_prefix.size());
  return name.substr(0, filter_offset_bytes_ - share_prefix.size() - 1);
}

expected<topic_filter, filter_error> parse_topic_filter(std::string_view text,
                                                        std::size_t levels_max) {
  if (auto found = check(text, levels_max))
    return unexpected{filter_error{reason_code::topic_filter_invalid, *found}};
  return topic_filter{text, share_size(text)};
}

bool matches(std::string_view filter, std::string_view topic) noexcept {
  // [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
  if (is_system_topic(topic) && (filter.starts_with('+') || filter.starts_with('#')))
    return false;
  level_cursor wanted{filter};
  level_cursor given{topic};
  for (; !wanted.done(); wanted.forward(), given.forward()) {
    const auto level = wanted.level();
    if (level == multi_level_wildcard) // also for the topic one level up, when all of it is used up
      return true;
    if (given.done())
      return false;
    // [MQTT-4.7.3-4] [MQTT-4.7.3-4 v3]: bytes are compared as they came
    if (level != single_level_wildcard && level != given.level())
      return false;
  }
  return given.done();
}

} // namespace mqttzoo::mqtt
