// On which terms a session gets a message: the outcome of its subscriptions that match the topic.
#pragma once

#include "core/ref.hpp"
#include "mqtt/message.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/ticket.hpp"

#include <cstdint>
#include <vector>

namespace mqttzoo::mqtt {

/// A shared-subscription group's number inside this process; 0 means "not shared".
enum class group_number : std::uint64_t { none = 0 };

/// Immutable and shared by all messages that one route brings to one session.
class delivery_terms final : public ref_counted {
public:
  /// The highest QoS of the matching subscriptions. [MQTT-3.3.4-2] [MQTT-3.3.5-1 v3]
  mqtt::qos maximum_qos = qos::at_most_once;
  bool retain_as_published = false;
  /// The message is a retained one, sent because of a new subscription. [MQTT-3.3.1-8]
  bool retained = false;
  /// Of every matching subscription that has one. [MQTT-3.3.4-3] [MQTT-3.3.4-4]
  std::vector<std::uint32_t> subscription_identifiers;
  group_number group = group_number::none;

  /// The RETAIN flag of a copy of `m` sent on these terms.
  // [MQTT-3.3.1-12] [MQTT-3.3.1-13] [MQTT-3.3.1-8 v3] [MQTT-3.3.1-9 v3]
  bool retain_flag(const message& m) const noexcept {
    return retained || (retain_as_published && m.retain());
  }
};

using terms_ref = ref<const delivery_terms>;

/// The QoS a copy is sent with: never more than was granted or published. [MQTT-3.8.4-8]
constexpr qos effective_qos(qos published, qos granted) noexcept {
  return published < granted ? published : granted;
}

/// One message for one session.
struct delivery {
  message_ref message;
  terms_ref terms;
  ref<ticket> promise; ///< null when nobody waits for this session to have it
};

} // namespace mqttzoo::mqtt
