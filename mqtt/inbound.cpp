#include "mqtt/inbound.hpp"

namespace mqttzoo::mqtt {

inbound::verdict inbound::begin_exactly_once(packet_id id) {
  const auto i = find(id);
  if (i == received_.size()) {
    received_.push_back({id, state::under_way});
    ++waiting_;
    return verdict::route;
  }
  return received_[i].is == state::under_way ? verdict::already_under_way : verdict::repeat_ack;
}

void inbound::settle(packet_id id, bool refused) {
  if (waiting_ > 0)
    --waiting_;
  const auto i = find(id);
  if (i == received_.size())
    return;
  if (refused) {
    received_.erase(i);
  } else {
    received_[i].is = state::acknowledged;
    ++acknowledged_;
  }
}

bool inbound::release(packet_id id) noexcept {
  const auto i = find(id);
  if (i == received_.size())
    return false;
  received_[i].is = state::released;
  return true;
}

void inbound::forget(packet_id id) noexcept {
  const auto i = find(id);
  if (i == received_.size())
    return;
  received_.erase(i);
  if (acknowledged_ > 0)
    --acknowledged_;
}

void inbound::disconnected() noexcept {
  waiting_ = 0;
  acknowledged_ = 0;
}

std::size_t inbound::find(packet_id id) const noexcept {
  for (std::size_t i = 0; i < received_.size(); ++i)
    if (received_[i].id == id)
      return i;
  return received_.size();
}

} // namespace mqttzoo::mqtt
