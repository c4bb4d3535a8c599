#include "sdk/inbox.hpp"

#include "mqtt/encoder.hpp"

#include <algorithm>

namespace mqttzoo::sdk {

void inbox::connected(mqtt::protocol_version version, bool session_present) {
  version_ = version;
  if (!session_present) {
    received_ = mqtt::packet_id_pool{};
    carried_.clear();
  }
}

void inbox::disconnected() {
  // The server sends all of these again. What is QoS 2 and still held is recognised by then.
  std::erase_if(carried_, [](const carried& c) { return c.came_again_as != 0 && c.holders == 0; });
  for (auto& c : carried_)
    c.came_again_as = 0;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const auto& p = pending_[i];
    if (p.qos != mqtt::qos::exactly_once)
      continue;
    const bool carried_before =
        std::ranges::any_of(carried_, [&](const carried& c) { return c.id == p.id; });
    if (!carried_before)
      carried_.push_back({p.id, first_ + i, p.done ? 0 : p.holders, 0});
    received_.release(p.id);
  }
  first_ += pending_.size();
  pending_.clear();
}

inbox::arrival inbox::arrived(const mqtt::publish_packet& p, std::string& out) {
  if (pending_.size() >= pending_max)
    return {verdict::too_many, receipt_number::none};
  if (p.qos == mqtt::qos::exactly_once && !received_.reserve(p.id)) {
    // [MQTT-4.3.3-10] Known. If its PUBREC is due only when the application let go, it will come.
    if (!is_held(p.id))
      mqtt::append_ack(mqtt::packet_type::pubrec, p.id, mqtt::reason_code::success, version_, out);
    return {verdict::known, receipt_number::none};
  }
  pending_.push_back({p.id, p.qos, 0, false});
  const auto number = first_ + pending_.size() - 1;
  if (p.qos == mqtt::qos::exactly_once) {
    const auto known = std::ranges::find_if(
        carried_, [&](const carried& c) { return c.id == p.id && c.came_again_as == 0; });
    if (known != carried_.end()) {
      known->came_again_as = number;
      pending_.back().holders = known->holders;
      if (known->holders == 0) {
        carried_.erase(known);
        pending_.back().done = true;
        settle(out);
      }
      return {verdict::known, receipt_number::none};
    }
  }
  return {verdict::deliver, receipt_number{number}};
}

/// A QoS 2 message that the application has not let go.
bool inbox::is_held(mqtt::packet_id id) const noexcept {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (pending_[i].id == id && pending_[i].qos == mqtt::qos::exactly_once)
      return true;
  }
  return false;
}

inbox::pending* inbox::find(std::uint64_t number) {
  return number >= first_ && number - first_ < pending_.size() ? &pending_[number - first_]
                                                               : nullptr;
}

inbox::carried* inbox::find_carried(std::uint64_t number) {
  const auto at = std::ranges::find(carried_, number, &carried::number);
  return at == carried_.end() ? nullptr : &*at;
}

void inbox::hold(receipt_number number) {
  if (auto* p = find(static_cast<std::uint64_t>(number)))
    ++p->holders;
}

void inbox::release(receipt_number number, std::string& out) {
  auto which = static_cast<std::uint64_t>(number);
  if (auto* c = find_carried(which)) {
    if (c->holders > 0)
      --c->holders;
    which = c->came_again_as;
    if (which != 0 && c->holders == 0)
      std::erase_if(carried_, [&](const carried& each) { return each.came_again_as == which; });
  }
  auto* p = find(which);
  if (!p || p->done)
    return;
  if (p->holders > 0)
    --p->holders;
  p->done = p->holders == 0;
  settle(out);
}

void inbox::settle(std::string& out) {
  while (!pending_.empty() && pending_.front().done) {
    const auto& p = pending_.front();
    const auto type =
        p.qos == mqtt::qos::exactly_once ? mqtt::packet_type::pubrec : mqtt::packet_type::puback;
    mqtt::append_ack(type, p.id, mqtt::reason_code::success, version_, out);
    pending_.pop_front();
    ++first_;
  }
}

void inbox::released_by_server(mqtt::packet_id id, std::string& out) {
  const bool known = received_.release(id);
  mqtt::append_ack(mqtt::packet_type::pubcomp, id,
                   known ? mqtt::reason_code::success
                         : mqtt::reason_code::packet_identifier_not_found,
                   version_, out);
}

} // namespace mqttzoo::sdk
