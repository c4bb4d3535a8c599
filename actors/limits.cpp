#include "actors/limits.hpp"

namespace mqttzoo::actors {

mqtt::server_limits make_limits(const core::settings& s) {
  mqtt::server_limits l;
  l.packet_bytes_max = s.mqtt.packet_bytes_max;
  l.receive_maximum = s.mqtt.receive_maximum;
  l.inflight_max = s.mqtt.inflight_max;
  l.topic_alias_maximum = s.mqtt.topic_alias_maximum;
  l.qos_max = static_cast<mqtt::qos>(s.mqtt.qos_max);
  l.retain_available = s.mqtt.retain_available;
  l.wildcard_available = s.mqtt.wildcard_available;
  l.shared_available = s.mqtt.shared_available;
  l.subscription_identifiers_available = s.mqtt.subscription_identifiers_available;
  l.keep_alive_s_max = static_cast<std::uint16_t>(s.mqtt.keepalive_max.count());
  l.session_expiry_s_max = static_cast<std::uint32_t>(s.mqtt.session_expiry_max.count());
  l.topic_levels_max = s.mqtt.topic_levels_max;
  l.subscriptions_max = s.mqtt.subscriptions_max;
  l.subscriptions_bytes_max = s.mqtt.subscriptions_bytes_max;
  l.client_id_bytes_max = s.mqtt.client_id_bytes_max;
  l.subscribe_deny = s.mqtt.subscribe_deny;
  l.packet_timeout = s.net.packet_timeout;
  l.patience = s.bank.patience;
  l.queue.messages_max = s.mqtt.session_queue_messages_max;
  l.queue.bytes_max = s.mqtt.session_queue_bytes_max;
  l.queue.grace_min = s.safety.grace_min;
  l.queue.grace_max = s.safety.grace_max;
  l.client.messages = {s.limits.client_messages_rate, s.limits.burst};
  l.client.bytes = {s.limits.client_bytes_rate, s.limits.burst};
  return l;
}

} // namespace mqttzoo::actors
