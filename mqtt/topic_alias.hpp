// Topic aliases of one connection, one class per direction (section 3.3.2.3.4).
//
// Part of the session, or of the SDK's client, on its thread; gone with the connection.
// [MQTT-3.3.2-7]
#pragma once

#include "core/name_map.hpp"
#include "mqtt/message.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt {

/// What a client's aliases stand for. Bounded by the Topic Alias Maximum we announced.
class topic_alias_receiver {
public:
  explicit topic_alias_receiver(std::uint16_t maximum) : maximum_(maximum) {}

  // [MQTT-3.3.2-12]
  bool valid(std::uint16_t alias) const noexcept { return alias > 0 && alias <= maximum_; }
  /// Maps `alias`, which must be valid(), to `topic`.
  void set(std::uint16_t alias, topic_ref topic) {
    if (topics_.size() < alias)
      topics_.resize(alias);
    topics_[alias - 1u] = std::move(topic);
  }
  /// What `alias`, which must be valid(), stands for; null if for nothing yet.
  topic_ref find(std::uint16_t alias) const noexcept {
    return alias <= topics_.size() ? topics_[alias - 1u] : topic_ref{};
  }

private:
  std::uint16_t maximum_;
  std::vector<topic_ref> topics_;
};

/// Aliases we give: the first topics sent get them, for as long as the connection lasts.
class topic_alias_sender {
public:
  explicit topic_alias_sender(std::uint16_t maximum) : maximum_(maximum) {}

  struct alias {
    std::uint16_t value = 0; ///< 0: none is left, send the topic in full
    bool known = false;      ///< the client has it: the topic can be left out
  };

  /// The topic's alias, or the one it gets if it is sent with it.
  alias find(const topic_ref& topic) const { return find(topic->name()); }
  alias find(std::string_view topic) const {
    const auto found = aliases_.find(topic);
    if (found != aliases_.end())
      return {found->second.second, true};
    const bool left = aliases_.size() < maximum_; // [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11]
    return {static_cast<std::uint16_t>(left ? aliases_.size() + 1 : 0), false};
  }

  /// `topic` was sent with the alias that find() offered.
  void keep(const topic_ref& topic, std::uint16_t value) {
    aliases_.emplace(topic->name(), std::pair{topic, value});
  }

private:
  std::uint16_t maximum_;
  /// Keys view the name inside the topic_ref beside them.
  core::name_view_map<std::pair<topic_ref, std::uint16_t>> aliases_;
};

} // namespace mqttzoo::mqtt
