#include "mqtt/topic_name.hpp"

#include "mqtt/utf8.hpp"

namespace mqttzoo::mqtt {

std::optional<const char*> check_topic_name(std::string_view name,
                                            std::size_t levels_max) noexcept {
  if (name.empty()) // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
    return "topic name is empty";
  if (name.size() > topic_bytes_max) // [MQTT-4.7.3-3] [MQTT-4.7.3-3 v3]
    return "topic name is longer than 65535 bytes";
  switch (classify_topic(name)) {
  case topic_text::malformed: // [MQTT-4.7.3-2] [MQTT-4.7.3-2 v3] [MQTT-3.3.2-1] [MQTT-3.3.2-1 v3]
    return "topic name is not UTF-8, or holds U+0000";
  case topic_text::wildcards: // [MQTT-4.7.0-1] [MQTT-4.7.1-1 v3] [MQTT-3.3.2-2] [MQTT-3.3.2-2 v3]
    return "topic name holds a wildcard character";
  case topic_text::name:
    break;
  }
  if (exceeds_levels(name, levels_max))
    return "topic name has too many levels";
  return std::nullopt;
}

} // namespace mqttzoo::mqtt
