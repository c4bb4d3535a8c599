#include "sdk/filters.hpp"

#include "mqtt/encoder.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/wire_message.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {

void filters::subscribe(const std::string& filter, const mqtt::subscription_options& options,
                        mqtt::user_properties users, std::uint32_t identifier, granted finished) {
  // One that was to be taken back and is not sent yet needs no word to the server any more.
  for (auto& l : leaving_) {
    if (l.filter == filter && l.id == mqtt::packet_id::none)
      l.finished({});
  }
  std::erase_if(leaving_, [&](const unsubscription& l) {
    return l.filter == filter && l.id == mqtt::packet_id::none;
  });
  const auto [at, is_new] = entries_.try_emplace(filter);
  auto& e = at->second;
  e.options = options;
  e.users = std::move(users);
  e.identifier = identifier;
  e.waiting.push_back(std::move(finished));
  if (is_new || !e.unsent)
    ++unsent_;
  e.unsent = true;
}

void filters::unsubscribe(const std::string& filter, mqtt::user_properties users, done finished) {
  const auto at = entries_.find(filter);
  if (at != entries_.end()) {
    unsent_ -= at->second.unsent ? 1 : 0;
    answer(at->second, errc::closed, mqtt::qos::at_most_once);
    entries_.erase(at);
  }
  leaving_.push_back({filter, std::move(users), mqtt::packet_id::none, std::move(finished)});
}

void filters::connected(const server_grants& grants, bool session_present) {
  grants_ = grants;
  if (session_present)
    return;
  for (auto& [filter, e] : entries_)
    e.unsent = true;
  unsent_ = entries_.size();
  // The server has forgotten these by itself.
  for (auto& l : std::exchange(leaving_, {}))
    l.finished({});
}

void filters::disconnected() {
  for (const auto& [id, filter] : asked_) {
    ids_.release(id);
    const auto at = entries_.find(filter);
    if (at == entries_.end() || at->second.unsent)
      continue;
    at->second.unsent = true;
    ++unsent_;
  }
  asked_.clear();
  for (auto& l : leaving_) {
    if (l.id != mqtt::packet_id::none)
      ids_.release(std::exchange(l.id, mqtt::packet_id::none));
  }
}

void filters::pump(std::string& out) {
  for (auto& l : leaving_) {
    if (l.id != mqtt::packet_id::none || (l.id = ids_.allocate()) == mqtt::packet_id::none)
      continue;
    mqtt::unsubscribe_packet p;
    p.id = l.id;
    p.filters = {l.filter};
    p.users = l.users;
    mqtt::encode(p, grants_.version, out);
  }
  if (unsent_ == 0)
    return;
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& [filter, e] = *at++; // who is refused may take it out
    if (e.unsent && !send(filter, e, out))
      return;
  }
}

/// What the server said that it does not have.
std::error_code filters::objection(const std::string& filter) const {
  if (!grants_.shared && filter.starts_with("$share/"))
    return reason::shared_subscriptions_not_supported;
  return {};
}

/// False if no identifier is left.
bool filters::send(const std::string& filter, entry& e, std::string& out) {
  if (const auto error = objection(filter)) {
    e.unsent = false;
    --unsent_;
    answer(e, error, mqtt::qos::at_most_once);
    return true;
  }
  const auto id = ids_.allocate();
  if (id == mqtt::packet_id::none)
    return false;
  mqtt::subscribe_packet p;
  p.id = id;
  p.subscription_identifier = grants_.subscription_identifiers ? e.identifier : 0;
  p.entries = {{filter, e.options}};
  p.users = e.users;
  mqtt::encode(p, grants_.version, out);
  asked_.emplace(id, filter);
  e.unsent = false;
  --unsent_;
  return true;
}

void filters::answer(entry& e, std::error_code how, mqtt::qos level) {
  for (auto& waiting : std::exchange(e.waiting, {}))
    waiting(how, level);
}

bool filters::suback(const mqtt::suback_packet& p) {
  const auto found = asked_.find(p.id);
  if (found == asked_.end() || p.reasons.size() != 1)
    return false;
  const auto at = entries_.find(found->second);
  asked_.erase(found);
  ids_.release(p.id);
  if (at == entries_.end() || at->second.unsent)
    return true; // taken back, or asked for again, meanwhile
  const auto code = p.reasons.front();
  if (mqtt::is_failure(code)) {
    auto refused = std::move(at->second);
    entries_.erase(at); // so that it is not asked for on the next connection
    answer(refused, to_error(code), mqtt::qos::at_most_once);
  } else {
    answer(at->second, {}, static_cast<mqtt::qos>(code));
  }
  return true;
}

bool filters::unsuback(const mqtt::unsuback_packet& p) {
  const auto at = std::ranges::find(leaving_, p.id, &unsubscription::id);
  if (at == leaving_.end())
    return false;
  ids_.release(p.id);
  const auto refused = std::ranges::find_if(p.reasons, mqtt::is_failure);
  auto finished = std::move(at->finished);
  leaving_.erase(at);
  finished(refused == p.reasons.end() ? std::error_code{} : to_error(*refused));
  return true;
}

void filters::abandon(std::error_code why) {
  disconnected();
  unsent_ = 0;
  for (auto& [filter, e] : std::exchange(entries_, {}))
    answer(e, why, mqtt::qos::at_most_once);
  for (auto& l : std::exchange(leaving_, {}))
    l.finished(why);
}

} // namespace mqttzoo::sdk
