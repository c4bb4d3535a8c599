// What a session's client publishes: checks, the QoS flows' receiving end, receipts.
#include "mqtt/session.hpp"
#include "mqtt/topic_name.hpp"
#include "mqtt/utf8.hpp"

namespace mqttzoo::mqtt {

void session::on_publish(const frame& in, time_point now) {
  publish_packet p;
  if (auto decoded = decode_publish(in, version_, peer::client, p, scratch_); !decoded)
    return violate(decoded.error(), now);
  counts_.publishes_received.add();
  counts_.publish_bytes_received.add(p.payload.size());
  if (!resolve_topic(p, now) || !admit(p, now))
    return;
  switch (p.qos) {
  case qos::at_most_once:
    return route(p, now);
  case qos::at_least_once:
    inbound_.begin_at_least_once();
    return route(p, now);
  case qos::exactly_once:
    switch (inbound_.begin_exactly_once(p.id)) {
    case inbound::verdict::route:
      return route(p, now);
    case inbound::verdict::repeat_ack:
      return acknowledge(packet_type::pubrec, p.id, reason_code::success);
    case inbound::verdict::already_under_way:
      return;
    }
  }
}

bool session::resolve_topic(publish_packet& p, time_point now) {
  const auto alias = p.properties.topic_alias;
  if (alias != 0) {
    if (!aliases_ || !aliases_->valid(alias)) { // [MQTT-3.3.2-9]
      violate({reason_code::topic_alias_invalid, "topic alias above the maximum"}, now);
      return false;
    }
    if (p.topic.empty()) {
      p.topic = aliases_->find(alias);
      if (p.topic.empty()) {
        violate({reason_code::protocol_error, "topic alias stands for nothing yet"}, now);
        return false;
      }
      return true; // was checked when it was set
    }
  }
  if (auto problem = check_topic_name(p.topic, limits_.topic_levels_max)) {
    violate({reason_code::topic_name_invalid, *problem}, now); // [MQTT-3.3.2-2] [MQTT-4.7.1-1]
    return false;
  }
  if (alias != 0)
    aliases_->set(alias, p.topic);
  return true;
}

bool session::admit(const publish_packet& p, time_point now) {
  const auto refuse_connection = [&](reason_code why, const char* what) {
    violate({why, what}, now);
    return false;
  };
  if (p.qos > limits_.qos_max) // [MQTT-3.2.2-11]
    return refuse_connection(reason_code::qos_not_supported, "QoS above the announced maximum");
  if (p.retain && !limits_.retain_available) // [MQTT-3.2.2-14]
    return refuse_connection(reason_code::retain_not_supported, "retained messages are not available");
  if (is_v5() && p.qos != qos::at_most_once && inbound_.unacknowledged() >= limits_.receive_maximum &&
      !(p.qos == qos::exactly_once && inbound_.is_exactly_once(p.id))) // [MQTT-3.3.4-7]
    return refuse_connection(reason_code::receive_maximum_exceeded, "more publishes than the receive maximum");
  auto refusal = reason_code::success;
  if (p.properties.payload_is_utf8 && !is_utf8(p.payload))
    refusal = reason_code::payload_format_invalid;
  else if (is_system_topic(p.topic) && p.topic.starts_with("$SYS")) // [MQTT-4.7.2-1] the broker's own
    refusal = reason_code::not_authorized;
  if (refusal == reason_code::success)
    return true;
  counts_.publishes_refused.add();
  if (p.qos == qos::at_least_once)
    acknowledge(packet_type::puback, p.id, refusal); // [MQTT-3.3.5-2 v3] acknowledged in 3.x
  else if (p.qos == qos::exactly_once)
    acknowledge(packet_type::pubrec, p.id, refusal);
  return false;
}

void session::route(const publish_packet& p, time_point now) {
  message_head head;
  head.topic = port_.intern(p.topic);
  head.qos = p.qos;
  head.retain = p.retain;
  head.payload_is_utf8 = p.properties.payload_is_utf8;
  head.publisher = number_;
  if (p.properties.message_expiry_interval_s)
    head.expires_at = now + std::chrono::seconds{*p.properties.message_expiry_interval_s};
  port_.publish(message::make(std::move(head), p.properties.forwarded, p.payload), p.id);
}

void session::on_receipt(packet_id id, reason_code outcome, time_point now) {
  const bool exactly_once = inbound_.is_exactly_once(id);
  const bool refused = is_failure(outcome);
  if (refused)
    counts_.publishes_refused.add();
  if (refused && connected_ && !is_v5()) {
    // 3.x has no word for "no": not acknowledged, not read, and after bank.patience disconnected.
    if (give_up_at_ == time_point::max())
      give_up_at_ = now + limits_.patience;
    inbound_.settle(id, true);
    return check_pressure();
  }
  inbound_.settle(id, refused);
  if (!connected_)
    return;
  // [MQTT-4.3.2-4] [MQTT-4.3.3-8]
  acknowledge(exactly_once ? packet_type::pubrec : packet_type::puback, id, outcome);
  if (input_paused_)
    check_pressure();
}

} // namespace mqttzoo::mqtt
