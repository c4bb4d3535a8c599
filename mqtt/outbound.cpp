#include "mqtt/outbound.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::mqtt {

namespace {

/// After the store said no, it is asked again this much later.
constexpr std::chrono::seconds store_retry_interval{1};

} // namespace

void outbound::connected(const sender_limits& limits, time_point now) {
  connection_ = limits;
  connected_ = true;
  sent_now_ = 0;
  if (limits.topic_aliases > 0)
    aliases_ = std::make_unique<topic_alias_sender>(limits.topic_aliases);
  pump(now);
}

void outbound::disconnected() {
  connected_ = false;
  sent_now_ = 0;
  aliases_.reset(); // [MQTT-3.3.2-7] an alias lasts as long as its connection
  if (!persistent_)
    return;
  for (auto* waiting : {&inflight_, &queue_})
    for (std::size_t i = 0; i < waiting->size(); ++i)
      if (auto& e = (*waiting)[i]; e.durable == durability::none && e.message)
        deposit(e);
}

void outbound::discard() {
  for (std::size_t i = 0; i < inflight_.size(); ++i) {
    auto& e = inflight_[i];
    // [MQTT-4.8.2-5] QoS 1 goes to another member; [MQTT-4.8.2-4] QoS 2 under way must not
    if (e.qos == qos::at_least_once && e.terms->group != group_number::none)
      port_.return_to_group({e.message, e.terms, e.promise});
    drop(e);
  }
  inflight_.clear();
  while (!queue_.empty()) {
    auto e = pop_waiting();
    if (e.terms->group != group_number::none)
      port_.return_to_group({e.message, e.terms, e.promise});
    drop(e);
  }
}

void outbound::deliver(delivery d, time_point now) {
  const auto q = effective_qos(d.message->qos(), d.terms->maximum_qos); // [MQTT-3.8.4-6 v3]
  if (q == qos::at_most_once)
    return send_at_most_once(d, now);
  entry e;
  e.message = std::move(d.message);
  e.terms = std::move(d.terms);
  e.promise = std::move(d.promise);
  e.qos = q;
  const bool store_first = persistent_ && (q == qos::exactly_once || (e.promise && e.promise->store_first()));
  const bool at_once = connected_ && !store_first && queue_.empty() && window_open() &&
                       sent_now_ == inflight_.size() && !port_.congested();
  if (!at_once)
    return wait(std::move(e));
  e.id = ids_.allocate();
  if (e.id == packet_id::none) // every identifier is in use: wait for an acknowledgement
    return wait(std::move(e));
  if (!e.message->expired(now) && send(e, now)) {
    inflight_.push_back(std::move(e));
    ++sent_now_;
  } else {
    drop(e);
  }
}

void outbound::wait(entry e) {
  if (!has_room_for(e)) {
    if (e.promise)
      e.promise->refuse(reason_code::quota_exceeded);
    counts_.publishes_dropped.add();
    return drop(e);
  }
  queue_bytes_ += e.message->footprint_bytes();
  counts_.messages_queued.add();
  auto& placed = queue_.push_back(std::move(e));
  if (persistent_ && (placed.promise || placed.qos == qos::exactly_once || !connected_)) {
    // A QoS 2 message that can soon be sent gets its identifier now and saves a second transaction.
    if (needs_record(placed) && inflight_.size() + queue_.size() <= connection_.window)
      placed.id = ids_.allocate();
    deposit(placed);
  }
}

bool outbound::has_room_for(const entry& e) const noexcept {
  return queue_.size() < limits_.messages_max &&
         queue_bytes_ + e.message->footprint_bytes() <= limits_.bytes_max;
}

void outbound::deposit(entry& e) {
  e.stored = stored_number{++last_stored_};
  e.durable = durability::pending;
  e.recording = needs_record(e) && e.id != packet_id::none;
  counts_.messages_stored.add();
  const auto state = e.recording ? stored_state::sent : stored_state::queued;
  port_.deposit({e.message, e.terms, e.promise},
                {e.stored, e.recording ? e.id : packet_id::none, state, e.qos});
}

void outbound::record(entry& e) {
  e.recorded = false;
  e.recording = true;
  port_.record({e.stored, e.id, e.released ? stored_state::released : stored_state::sent, e.qos});
}

void outbound::prepare_queue() {
  for (; prepared_ < queue_.size() && inflight_.size() + prepared_ < connection_.window; ++prepared_) {
    auto& e = queue_[prepared_];
    if (!needs_record(e) || e.recorded || e.recording)
      continue;
    if (e.durable != durability::done)
      return; // comes again when the store has it
    if (e.id == packet_id::none)
      e.id = ids_.allocate();
    if (e.id == packet_id::none)
      return;
    record(e);
  }
}

bool outbound::ready(const entry& e) const noexcept {
  if (needs_record(e))
    return e.recorded;
  return !(persistent_ && e.promise && e.promise->store_first()) || e.durable == durability::done;
}

void outbound::pump(time_point now) {
  if (!connected_)
    return;
  resend(now);
  prepare_queue();
  while (!queue_.empty() && window_open() && sent_now_ == inflight_.size() && !port_.congested()) {
    auto& head = queue_.front();
    const bool expired = head.message->expired(now);
    if (!expired && !ready(head))
      return;
    auto e = pop_waiting();
    if (!expired && e.id == packet_id::none)
      e.id = ids_.allocate();
    if (!expired && e.id != packet_id::none && send(e, now)) {
      inflight_.push_back(std::move(e));
      ++sent_now_;
    } else {
      if (expired)
        counts_.publishes_expired.add();
      drop(e);
    }
    prepare_queue();
  }
}

void outbound::resend(time_point now) {
  while (sent_now_ < inflight_.size() && sent_now_ < connection_.window && !port_.congested()) {
    auto& e = inflight_[sent_now_];
    if (e.released) {
      if (e.recorded || !persistent_)
        send_pubrel(e.id); // [MQTT-4.4.0-1]
      ++sent_now_;
    } else if (send(e, now)) {
      ++sent_now_;
    } else {
      finish(sent_now_, now);
    }
  }
}

outbound::entry outbound::pop_waiting() {
  auto e = queue_.pop_front();
  queue_bytes_ -= e.message->footprint_bytes();
  counts_.messages_queued.sub();
  if (prepared_ > 0)
    --prepared_;
  return e;
}

void outbound::drop(entry& e) {
  if (e.id != packet_id::none)
    ids_.release(e.id);
  if (e.durable != durability::none)
    port_.forget(e.stored);
  e.promise = nullptr;
}

void outbound::finish(std::size_t index, time_point now) {
  drop(inflight_[index]);
  inflight_.erase(index);
  if (index < sent_now_)
    --sent_now_;
  if (!queue_.empty() || sent_now_ < inflight_.size())
    pump(now);
}

bool outbound::busy() const {
  return !connected_ || port_.congested() || !queue_.empty() || !window_open();
}

void outbound::on_due(time_point now) {
  if (grace_ends_ <= now)
    store_overdue(now);
  if (retry_at_ > now)
    return;
  retry_at_ = time_point::max();
  for (std::size_t i = 0; i < inflight_.size(); ++i)
    if (auto& e = inflight_[i]; e.released && !e.recorded && !e.recording && persistent_)
      record(e);
  prepared_ = 0;
  pump(now);
}

void outbound::store_overdue(time_point now) {
  grace_ends_ = time_point::max();
  for (std::size_t i = 0; i < inflight_.size(); ++i) {
    auto& e = inflight_[i];
    if (!e.promise || e.durable != durability::none)
      continue;
    if (e.sent_at + grace() <= now)
      deposit(e);
    else
      grace_ends_ = std::min<time_point>(grace_ends_, e.sent_at + grace());
  }
}

std::chrono::nanoseconds outbound::grace() const noexcept {
  return std::clamp<std::chrono::nanoseconds>(2 * acknowledge_time_, limits_.grace_min, limits_.grace_max);
}

outbound::place outbound::find(stored_number number) noexcept {
  for (auto* in : {&inflight_, &queue_})
    for (std::size_t i = 0; i < in->size(); ++i)
      if ((*in)[i].stored == number)
        return {in, i};
  return {};
}

void outbound::on_stored(stored_number number, reason_code outcome, time_point now) {
  const auto where = find(number);
  if (!where.in)
    return; // acknowledged meanwhile
  if (is_failure(outcome))
    return store_failed(where, outcome, now);
  auto& e = (*where.in)[where.index];
  e.durable = durability::done;
  e.promise = nullptr; // safe
  if (e.recording) {
    e.recording = false;
    e.recorded = true;
    if (e.released && connected_ && where.index < sent_now_)
      send_pubrel(e.id);
  } else {
    prepared_ = std::min(prepared_, where.index);
  }
  pump(now);
}

void outbound::store_failed(place where, reason_code why, time_point now) {
  auto& e = (*where.in)[where.index];
  retry_at_ = std::min(retry_at_, now + store_retry_interval);
  e.recording = false;
  if (e.durable == durability::done)
    return; // only the packet id could not be recorded: tried again
  e.durable = durability::none;
  if (where.in == &inflight_ && connected_) {
    e.sent_at = now; // its client may still acknowledge it; else it is tried again after the grace
    return;
  }
  if (e.promise)
    e.promise->refuse(why);
  if (where.in == &queue_) {
    queue_bytes_ -= e.message->footprint_bytes();
    counts_.messages_queued.sub();
    prepared_ = std::min(prepared_, where.index);
  }
  drop(e);
  where.in->erase(where.index);
}

void outbound::restore(delivery d, stored_pointer pointer) {
  entry e;
  e.message = std::move(d.message);
  e.terms = std::move(d.terms);
  e.stored = pointer.number;
  e.qos = pointer.qos;
  e.id = pointer.id;
  e.durable = durability::done;
  e.recorded = pointer.state != stored_state::queued;
  e.released = pointer.state == stored_state::released;
  e.sent_before = e.recorded;
  last_stored_ = std::max(last_stored_, static_cast<std::uint64_t>(pointer.number));
  if (e.id != packet_id::none)
    ids_.reserve(e.id);
  if (e.recorded) {
    inflight_.push_back(std::move(e));
  } else {
    queue_bytes_ += e.message->footprint_bytes();
    counts_.messages_queued.add();
    queue_.push_back(std::move(e));
  }
}

} // namespace mqttzoo::mqtt
