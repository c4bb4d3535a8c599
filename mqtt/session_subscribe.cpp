// A session's subscriptions: SUBSCRIBE, UNSUBSCRIBE and their answers.
#include "mqtt/encoder.hpp"
#include "mqtt/session.hpp"
#include "mqtt/topic_filter.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::mqtt {

void session::on_packet(const subscribe_packet& p, time_point now) {
  pending_request request;
  request.id = p.id;
  request.silent = answers_given_up_;
  request.filters = p.entries.size();
  std::vector<subscription> accepted;
  core::name_view_map<std::size_t> places; // in `accepted`, by filter
  // Each filter as if it had come alone, one code for each, in order. [MQTT-3.8.4-5] [MQTT-3.8.4-6]
  // [MQTT-3.8.4-4 v3] [MQTT-3.8.4-5 v3]
  for (const auto& e : p.entries) {
    const auto reason = judge(p, e);
    request.reasons.push_back(reason);
    if (is_failure(reason))
      continue;
    auto s = subscribe(p, e, static_cast<qos>(reason), request);
    const auto [before, is_first] = places.try_emplace(e.filter, accepted.size());
    if (is_first) {
      accepted.push_back(std::move(s));
      continue;
    }
    auto& replaced = accepted[before->second]; // the routes need not know it, nor see it go
    s.wants_retained |= replaced.wants_retained;
    request.changes.pop_back();
    replaced = std::move(s);
  }
  requests_.push_back(std::move(request));
  if (accepted.empty())
    return finish_request(requests_.size() - 1, now);
  port_.subscribe(std::move(accepted), p.id);
  if (persistent())
    port_.session_changed();
}

subscription session::subscribe(const subscribe_packet& p, const subscribe_packet::entry& e,
                                qos granted, pending_request& by) {
  const auto known = subscriptions_.find(e.filter);
  // [MQTT-3.8.4-3 v3] what waits for the replaced one stays: [MQTT-3.8.4-4]
  const bool is_new = known == subscriptions_.end();
  by.changes.push_back({e.filter, is_new ? std::nullopt : std::optional{known->second}});
  subscription s{e.filter, e.options, p.subscription_identifier, false};
  s.options.qos = granted;
  s.wants_retained =
      !e.filter.starts_with("$share/") && // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
      (e.options.retained == retain_handling::send ||
       (e.options.retained == retain_handling::send_if_new && is_new));
  if (is_new)
    count_in(e.filter);
  subscriptions_.insert_or_assign(e.filter, s); // [MQTT-3.8.4-3] replaces one with the same filter
  return s;
}

reason_code session::judge(const subscribe_packet& p, const subscribe_packet::entry& e) const {
  const auto filter = parse_topic_filter(e.filter, limits_.topic_levels_max);
  if (!filter)
    return filter.error().reason; // [MQTT-4.7.1-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  if (filter->is_shared() && !limits_.shared_available)
    return reason_code::shared_subscriptions_not_supported;
  // [MQTT-3.8.3-2 v3]
  if (filter->has_wildcard() && !limits_.wildcard_available)
    return reason_code::wildcard_subscriptions_not_supported;
  if (p.subscription_identifier != 0 && !limits_.subscription_identifiers_available)
    return reason_code::subscription_identifiers_not_supported;
  const auto covers = [&](const std::string& denied) { return matches(denied, filter->filter()); };
  if (std::any_of(limits_.subscribe_deny.begin(), limits_.subscribe_deny.end(), covers))
    return reason_code::not_authorized;
  if (permissions_ && !permissions_->may_subscribe(filter->filter())) {
    counts_.subscriptions_denied.add();
    return reason_code::not_authorized;
  }
  if (!has_room_for(e.filter) && !subscriptions_.contains(e.filter)) {
    counts_.subscriptions_refused.add();
    return reason_code::quota_exceeded;
  }
  // [MQTT-3.8.4-7] [MQTT-3.2.2-10] [MQTT-3.8.4-6 v3]
  return static_cast<reason_code>(std::min(e.options.qos, limits_.qos_max));
}

bool session::has_room_for(const std::string& filter) const noexcept {
  return subscriptions_.size() < limits_.subscriptions_max &&
         filter_bytes_ + filter.size() <= limits_.subscriptions_bytes_max;
}

void session::count_in(const std::string& filter) noexcept {
  counts_.subscriptions.add();
  filter_bytes_ += filter.size();
}

void session::count_out(const std::string& filter) noexcept {
  counts_.subscriptions.sub();
  filter_bytes_ -= filter.size();
}

void session::on_packet(const unsubscribe_packet& p, time_point now) {
  pending_request request;
  request.id = p.id;
  request.is = pending_request::kind::unsubscribe;
  request.silent = answers_given_up_;
  request.filters = p.filters.size();
  std::vector<std::string> removed;
  // One after the other: [MQTT-3.10.4-6]. What is under way is still delivered: [MQTT-3.10.4-3]
  // [MQTT-3.10.4-3 v3]. The same of 3.1.1: [MQTT-3.10.4-1 v3] [MQTT-3.10.4-6 v3].
  for (const auto& filter : p.filters) { // [MQTT-3.10.4-1] compared character by character
    const bool known = subscriptions_.erase(filter) > 0;
    request.reasons.push_back(known ? reason_code::success : reason_code::no_subscription_existed);
    if (known) {
      count_out(filter);
      removed.push_back(filter);
    }
  }
  requests_.push_back(std::move(request));
  if (removed.empty()) // [MQTT-3.10.4-5] [MQTT-3.10.4-5 v3] answered even when nothing was removed
    return finish_request(requests_.size() - 1, now);
  // [MQTT-3.10.4-2] [MQTT-3.10.4-2 v3] no route knows it before UNSUBACK goes out
  port_.unsubscribe(std::move(removed), p.id);
  if (persistent())
    port_.session_changed();
}

void session::on_subscribed(packet_id id, reason_code outcome, time_point now) {
  const auto i = find_request(id, pending_request::kind::subscribe);
  if (i == requests_.size())
    return;
  if (is_failure(outcome)) {
    for (auto& reason : requests_[i].reasons)
      if (!is_failure(reason))
        reason = outcome;
    undo(i);
  }
  finish_request(i, now);
}

void session::on_unsubscribed(packet_id id, time_point now) {
  const auto i = find_request(id, pending_request::kind::unsubscribe);
  if (i != requests_.size())
    finish_request(i, now);
}

/// Takes back what a SUBSCRIBE did, as far as no later one of the client replaced it.
void session::undo(std::size_t request) {
  std::vector<subscription> back;
  std::vector<std::string> away;
  auto& changes = requests_[request].changes;
  for (auto c = changes.rbegin(); c != changes.rend(); ++c) {
    const auto current = subscriptions_.find(c->filter);
    if (auto* later = find_change(request + 1, c->filter)) {
      later->before = std::move(c->before);
    } else if (current == subscriptions_.end()) {
      continue; // unsubscribed meanwhile
    } else if (c->before) {
      current->second = std::move(*c->before);
      current->second.wants_retained = false;
      back.push_back(current->second);
    } else {
      subscriptions_.erase(current);
      count_out(c->filter);
      away.push_back(c->filter);
    }
  }
  // The SUBACK goes out now; the answers to these calls are for nobody.
  const auto id = requests_[request].id;
  if (!back.empty()) {
    expect_silently(id, pending_request::kind::subscribe, back.size());
    port_.subscribe(std::move(back), id);
  }
  if (!away.empty()) {
    expect_silently(id, pending_request::kind::unsubscribe, away.size());
    port_.unsubscribe(std::move(away), id);
  }
  if (persistent())
    port_.session_changed();
}

/// The oldest change to `filter` among the requests from `begin` on; null if there is none.
session::pending_request::change* session::find_change(std::size_t begin,
                                                       const std::string& filter) {
  for (auto i = begin; i < requests_.size(); ++i)
    for (auto& c : requests_[i].changes)
      if (c.filter == filter)
        return &c;
  return nullptr;
}

void session::expect_silently(packet_id id, pending_request::kind is, std::size_t filters) {
  pending_request& r = requests_.emplace_back();
  r.id = id;
  r.is = is;
  r.silent = true;
  r.filters = filters;
}

std::size_t session::find_request(packet_id id, pending_request::kind is) const noexcept {
  const auto found =
      std::find_if(requests_.begin(), requests_.end(),
                   [&](const pending_request& r) { return r.id == id && r.is == is; });
  return static_cast<std::size_t>(found - requests_.begin());
}

/// They still come, and may have the identifiers of later requests.
void session::give_up_answers() noexcept {
  answers_given_up_ = true;
  answers_first_ = false;
  for (auto& r : requests_)
    r.silent = true;
}

void session::finish_request(std::size_t index, time_point now) {
  const auto request = std::move(requests_[index]);
  requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!request.silent)
    answer(request, now);
  if (connected_ && input_paused_)
    check_pressure(now);
}

void session::answer(const pending_request& r, time_point now) {
  std::size_t size_bytes = 0;
  if (r.is == pending_request::kind::unsubscribe) { // [MQTT-3.10.4-4] [MQTT-3.10.4-4 v3]
    unsuback_packet p;
    p.id = r.id;
    p.reasons = r.reasons;
    size_bytes = encode(p, version_, packet_size_bytes_max_, port_.out());
  } else { // [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-2.2.1-6] and the same of v3:
    // [MQTT-3.8.4-1 v3] [MQTT-3.8.4-2 v3] [MQTT-2.3.1-7 v3]
    suback_packet p;
    p.id = r.id;
    p.reasons = r.reasons;
    size_bytes = encode(p, version_, packet_size_bytes_max_, port_.out());
  }
  if (size_bytes == 0) // it asked for more than it can take
    return disconnect(reason_code::packet_too_large,
                      "the answer exceeds the client's maximum packet size", now);
  counts_.packets_sent.add();
  port_.flush();
}

} // namespace mqttzoo::mqtt
