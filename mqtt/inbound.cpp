#include "mqtt/inbound.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::mqtt {

namespace {

/// Room for so many identifiers is kept when there are none.
constexpr std::size_t idle_capacity = 16;

} // namespace

inbound::verdict inbound::begin_exactly_once(packet_id id) {
  auto e = place(id);
  const bool is_new = e == received_.end() || e->id != id;
  if (is_new)
    e = received_.insert(e, {id, state::under_way});
  count(*e);
  if (is_new)
    return verdict::route;
  // [MQTT-4.3.3-10] until PUBREL it is the same message, whatever the packet says
  return e->is == state::under_way ? verdict::already_under_way : verdict::repeat_ack;
}

void inbound::count(entry& e) noexcept {
  if (e.counted)
    return;
  e.counted = true;
  ++(e.is == state::under_way ? waiting_ : acknowledged_);
}

bool inbound::waits_for(packet_id id) const noexcept {
  const auto e = find(id);
  return e != received_.end() && e->is == state::under_way;
}

bool inbound::at_rest() const noexcept {
  return std::all_of(received_.begin(), received_.end(),
                     [](const entry& e) { return e.is == state::acknowledged; });
}

void inbound::settle_at_least_once() noexcept {
  assert(waiting_ > 0);
  --waiting_;
}

void inbound::settle_exactly_once(packet_id id, result how) {
  assert(waits_for(id));
  const auto e = find(id);
  if (e->counted)
    --waiting_;
  if (how == result::refused) // [MQTT-4.3.3-9] the identifier is free again
    return erase(e);
  e->is = state::acknowledged;
  if (e->counted)
    ++acknowledged_;
}

inbound::release_verdict inbound::release(packet_id id) noexcept {
  const auto e = find(id);
  if (e == received_.end())
    return release_verdict::unknown;
  switch (e->is) {
  case state::under_way:
    return release_verdict::premature;
  case state::acknowledged:
    e->is = state::released;
    return release_verdict::forget;
  case state::released:
  case state::kept:
    break;
  }
  return release_verdict::wait;
}

bool inbound::forget(packet_id id) {
  const auto e = find(id);
  if (e == received_.end() || e->is != state::released)
    return false;
  if (e->counted)
    --acknowledged_;
  erase(e);
  return true;
}

void inbound::keep(packet_id id) noexcept {
  const auto e = find(id);
  if (e != received_.end() && e->is == state::released)
    e->is = state::kept;
}

packet_id inbound::next_kept() noexcept {
  for (auto& e : received_) {
    if (e.is != state::kept)
      continue;
    e.is = state::released;
    return e.id;
  }
  return packet_id::none;
}

void inbound::disconnected() noexcept {
  waiting_ = 0;
  acknowledged_ = 0;
  for (auto& e : received_)
    e.counted = false;
}

void inbound::restore(packet_id id) {
  const auto e = place(id);
  if (e == received_.end() || e->id != id)
    received_.insert(e, {id, state::acknowledged});
}

/// Where it is or would be.
inbound::entries::iterator inbound::place(packet_id id) noexcept {
  if (received_.empty() || received_.back().id < id) // as a rule they rise
    return received_.end();
  return std::lower_bound(received_.begin(), received_.end(), id,
                          [](const entry& at, packet_id i) { return at.id < i; });
}

inbound::entries::iterator inbound::find(packet_id id) noexcept {
  const auto e = place(id);
  return e != received_.end() && e->id == id ? e : received_.end();
}

inbound::entries::const_iterator inbound::find(packet_id id) const noexcept {
  const auto e = std::lower_bound(received_.begin(), received_.end(), id,
                                  [](const entry& at, packet_id i) { return at.id < i; });
  return e != received_.end() && e->id == id ? e : received_.end();
}

void inbound::erase(entries::iterator e) {
  received_.erase(e);
  if (received_.empty() && received_.capacity() > idle_capacity)
    received_ = entries{};
}

} // namespace mqttzoo::mqtt
