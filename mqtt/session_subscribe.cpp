// A session's subscriptions: SUBSCRIBE, UNSUBSCRIBE and their answers.
#include "mqtt/encoder.hpp"
#include "mqtt/session.hpp"
#include "mqtt/topic_filter.hpp"

#include <algorithm>

namespace mqttzoo::mqtt {

void session::on_packet(const subscribe_packet& p) {
  pending_request request{p.id, false, {}};
  std::vector<subscription> accepted;
  for (const auto& e : p.entries) { // [MQTT-3.8.4-5] each filter as if it had come alone
    auto reason = judge(p, e);
    request.reasons.push_back(reason); // [MQTT-3.8.4-6] one code for each, in order
    if (is_failure(reason))
      continue;
    const bool known = subscriptions_.contains(e.filter);
    subscription s{e.filter, e.options, p.subscription_identifier, false};
    s.options.qos = static_cast<qos>(reason);
    const bool shared = e.filter.starts_with("$share/");
    s.wants_retained = !shared && // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
                       (e.options.retained == retain_handling::send ||
                        (e.options.retained == retain_handling::send_if_new && !known));
    if (!known)
      counts_.subscriptions.add();
    subscriptions_.insert_or_assign(e.filter, s); // [MQTT-3.8.4-3] replaces one with the same filter
    accepted.push_back(std::move(s));
  }
  requests_.push_back(std::move(request));
  if (accepted.empty())
    return finish_request(requests_.size() - 1);
  port_.subscribe(std::move(accepted), p.id);
  if (persistent())
    port_.session_changed();
}

reason_code session::judge(const subscribe_packet& p, const subscribe_packet::entry& e) const {
  const auto filter = parse_topic_filter(e.filter, limits_.topic_levels_max);
  if (!filter)
    return filter.error().reason; // [MQTT-4.7.1-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  if (filter->is_shared() && !limits_.shared_available)
    return reason_code::shared_subscriptions_not_supported;
  if (filter->has_wildcard() && !limits_.wildcard_available)
    return reason_code::wildcard_subscriptions_not_supported;
  if (p.subscription_identifier != 0 && !limits_.subscription_identifiers_available)
    return reason_code::subscription_identifiers_not_supported;
  if (std::find(limits_.subscribe_deny.begin(), limits_.subscribe_deny.end(), filter->filter()) !=
      limits_.subscribe_deny.end())
    return reason_code::not_authorized;
  if (subscriptions_.size() >= limits_.subscriptions_max && !subscriptions_.contains(e.filter))
    return reason_code::quota_exceeded;
  return static_cast<reason_code>(std::min(e.options.qos, limits_.qos_max)); // [MQTT-3.8.4-7]
}

void session::on_packet(const unsubscribe_packet& p) {
  pending_request request{p.id, true, {}};
  std::vector<std::string> removed;
  for (const auto& filter : p.filters) { // [MQTT-3.10.4-1] compared character by character
    const bool known = subscriptions_.erase(filter) > 0;
    request.reasons.push_back(known ? reason_code::success : reason_code::no_subscription_existed);
    if (known) {
      counts_.subscriptions.sub();
      removed.push_back(filter);
    }
  }
  requests_.push_back(std::move(request));
  if (removed.empty()) // [MQTT-3.10.4-5] answered even when nothing was removed
    return finish_request(requests_.size() - 1);
  port_.unsubscribe(std::move(removed), p.id);
  if (persistent())
    port_.session_changed();
}

void session::on_subscribed(packet_id id, reason_code outcome) {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (requests_[i].id != id || requests_[i].unsubscribe)
      continue;
    if (is_failure(outcome))
      for (auto& reason : requests_[i].reasons)
        if (!is_failure(reason))
          reason = outcome;
    return finish_request(i);
  }
}

void session::on_unsubscribed(packet_id id) {
  for (std::size_t i = 0; i < requests_.size(); ++i)
    if (requests_[i].id == id && requests_[i].unsubscribe)
      return finish_request(i);
}

void session::finish_request(std::size_t index) {
  auto request = std::move(requests_[index]);
  requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!connected_)
    return;
  if (request.unsubscribe) { // [MQTT-3.10.4-4]
    unsuback_packet answer;
    answer.id = request.id;
    answer.reasons = std::move(request.reasons);
    encode(answer, version_, packet_size_bytes_max_, port_.out());
  } else { // [MQTT-3.8.4-1] [MQTT-3.8.4-2]
    suback_packet answer;
    answer.id = request.id;
    answer.reasons = std::move(request.reasons);
    encode(answer, version_, packet_size_bytes_max_, port_.out());
  }
  counts_.packets_sent.add();
  port_.flush();
  if (input_paused_)
    check_pressure();
}

} // namespace mqttzoo::mqtt
