#include "mqtt/inbound.hpp"

#include <cassert>

namespace mqttzoo::mqtt {

inbound::verdict inbound::begin_exactly_once(packet_id id) {
  const auto i = find(id);
  const bool is_new = i == received_.size();
  auto& e = is_new ? received_.push_back({id, state::under_way}) : received_[i];
  count(e);
  if (is_new)
    return verdict::route;
  // [MQTT-4.3.3-10] until PUBREL it is the same message, whatever the packet says
  return e.is == state::under_way ? verdict::already_under_way : verdict::repeat_ack;
}

void inbound::count(entry& e) noexcept {
  if (e.counted)
    return;
  e.counted = true;
  ++(e.is == state::under_way ? waiting_ : acknowledged_);
}

bool inbound::waits_for(packet_id id) const noexcept {
  const auto i = find(id);
  return i != received_.size() && received_[i].is == state::under_way;
}

bool inbound::at_rest() const noexcept {
  for (std::size_t i = 0; i < received_.size(); ++i)
    if (received_[i].is != state::acknowledged)
      return false;
  return true;
}

void inbound::settle_at_least_once() noexcept {
  assert(waiting_ > 0);
  --waiting_;
}

void inbound::settle_exactly_once(packet_id id, result how) {
  assert(waits_for(id));
  const auto i = find(id);
  auto& e = received_[i];
  if (e.counted)
    --waiting_;
  if (how == result::refused) // [MQTT-4.3.3-9] the identifier is free again
    return received_.erase(i);
  e.is = state::acknowledged;
  if (e.counted)
    ++acknowledged_;
}

inbound::release_verdict inbound::release(packet_id id) noexcept {
  const auto i = find(id);
  if (i == received_.size())
    return release_verdict::unknown;
  auto& e = received_[i];
  switch (e.is) {
  case state::under_way:
    return release_verdict::premature;
  case state::acknowledged:
    e.is = state::released;
    return release_verdict::forget;
  case state::released:
  case state::kept:
    break;
  }
  return release_verdict::wait;
}

bool inbound::forget(packet_id id) {
  const auto i = find(id);
  if (i == received_.size() || received_[i].is != state::released)
    return false;
  if (received_[i].counted)
    --acknowledged_;
  received_.erase(i);
  return true;
}

void inbound::keep(packet_id id) noexcept {
  const auto i = find(id);
  if (i != received_.size() && received_[i].is == state::released)
    received_[i].is = state::kept;
}

packet_id inbound::next_kept() noexcept {
  for (std::size_t i = 0; i < received_.size(); ++i) {
    if (received_[i].is != state::kept)
      continue;
    received_[i].is = state::released;
    return received_[i].id;
  }
  return packet_id::none;
}

void inbound::disconnected() noexcept {
  waiting_ = 0;
  acknowledged_ = 0;
  for (std::size_t i = 0; i < received_.size(); ++i)
    received_[i].counted = false;
}

void inbound::restore(packet_id id) {
  received_.push_back({id, state::acknowledged});
}

std::size_t inbound::find(packet_id id) const noexcept {
  for (std::size_t i = 0; i < received_.size(); ++i)
    if (received_[i].id == id)
      return i;
  return received_.size();
}

} // namespace mqttzoo::mqtt
