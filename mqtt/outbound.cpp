#include "mqtt/outbound.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::mqtt {

void outbound::set_lifetime(lifetime of) {
  const bool was_persistent = std::exchange(persistent_, of == lifetime::store);
  if (!was_persistent || persistent_)
    return;
  for (auto* in : {&inflight_, &queue_})
    for (std::size_t i = 0; i < in->size(); ++i)
      if (auto& e = (*in)[i]; std::exchange(e.durable, durability::none) != durability::none)
        port_.forget(e.number);
}

void outbound::connected(const sender_limits& limits, time_point now) {
  connection_ = limits;
  connected_ = true;
  sent_now_ = 0;
  if (limits.topic_aliases > 0)
    aliases_ = std::make_unique<topic_alias_sender>(limits.topic_aliases);
  pump(now);
}

void outbound::disconnected(afterwards session) {
  connected_ = false;
  sent_now_ = 0;
  grace_ends_ = time_point::max();
  aliases_.reset(); // [MQTT-3.3.2-7] an alias lasts as long as its connection
  remove_lapsed();
  if (session == afterwards::goes_on)
    deposit_all();
}

void outbound::discard() {
  assert(!connected_);
  for (std::size_t i = 0; i < inflight_.size(); ++i) {
    auto& e = inflight_[i];
    // [MQTT-4.8.2-5] QoS 1 goes to another member; [MQTT-4.8.2-4] QoS 2 under way must not
    if (e.qos == qos::at_least_once)
      give_back({e.message, e.terms, e.durable == durability::pending ? nullptr : e.promise});
    else
      note_drop(e.message, trace_cause::session_end);
    drop(e);
  }
  inflight_.clear();
  while (!queue_.empty()) {
    auto e = pop_waiting();
    give_back({e.message, e.terms, e.durable == durability::pending ? nullptr : e.promise});
    drop(e);
  }
  prepared_ = 0;
  grace_ends_ = retry_at_ = time_point::max();
}

/// What the session does not deliver any more.
void outbound::give_back(const delivery& d) {
  if (d.terms->group == group_number::none)
    return note_drop(d.message, trace_cause::session_end);
  note(d.message, {trace_event::returned});
  port_.return_to_group(d);
}

void outbound::deliver(delivery d, time_point now) {
  const auto q = effective_qos(d.message->qos(), d.terms->maximum_qos);
  if (q == qos::at_most_once)
    return send_at_most_once(d, now);
  if (!persistent_) {
    d.promise = nullptr; // only what outlives a connection is promised to anybody
    if (!connected_)     // ended, and not every route knows it yet
      return give_back(d);
  }
  // Part of the session from here on. [MQTT-4.5.0-1] [MQTT-4.5.0-1 v3] What waits leaves in the
  // order it came: [MQTT-4.6.0-5] [MQTT-4.6.0-6] [MQTT-4.6.0-5 v3] [MQTT-4.6.0-6 v3].
  entry e;
  e.message = std::move(d.message);
  e.terms = std::move(d.terms);
  e.promise = std::move(d.promise);
  e.number = stored_number{++last_number_};
  e.qos = q;
  const bool store_first = needs_record(e) || (e.promise && e.promise->store_first());
  const bool at_once = connected_ && !store_first && queue_.empty() && window_open() &&
                       sent_now_ == inflight_.size() && !port_.congested();
  // [MQTT-4.3.2-1] [MQTT-4.3.3-1] an identifier that is not in use
  if (at_once)
    e.id = ids_.allocate();
  if (e.id == packet_id::none) // it waits for the store, for its turn, or for an identifier
    return wait(std::move(e), now);
  if (e.message->expired(now)) {
    count_expired(e, now);
    return drop(e);
  }
  if (!send(e, now))
    return drop(e);
  inflight_.push_back(std::move(e));
  ++sent_now_;
}

/// Whether its client may not read it.
bool outbound::withheld(const message& m) {
  if (!permissions_ || permissions_->may_receive(m.topic()))
    return false;
  counts_.deliveries_denied.add();
  return true;
}

void outbound::wait(entry e, time_point now) {
  if (withheld(*e.message)) // before it costs anything
    return drop(e);
  while (!has_room_for(e) && drop_expired_head(now)) {
  }
  // What nobody was promised and the store need not have is kept in memory alone.
  const bool in_memory = !persistent_ || (connected_ && !e.promise && e.qos != qos::exactly_once);
  const bool room = has_room_for(e);
  if (!room || (in_memory && !reserve(e))) {
    if (e.promise)
      e.promise->refuse({reason_code::quota_exceeded, limit::session_queue, 0});
    counts_.publishes_dropped.add();
    note_drop(e.message, room ? trace_cause::memory : trace_cause::queue);
    return drop(e);
  }
  note(e.message, {trace_event::queued, trace_cause::none, e.qos});
  queue_bytes_ += e.message->footprint_bytes();
  counts_.messages_queued.add();
  auto& placed = queue_.push_back(std::move(e));
  if (in_memory)
    return;
  // A QoS 2 message that can soon be sent gets its identifier now and saves a second transaction.
  if (needs_record(placed) && inflight_.size() + queue_.size() <= connection_.window)
    placed.id = ids_.allocate();
  deposit_predecessors(placed);
  deposit(placed);
}

bool outbound::has_room_for(const entry& e) const noexcept {
  return queue_.size() < limits_.messages_max &&
         queue_bytes_ + e.message->footprint_bytes() <= limits_.bytes_max;
}

void outbound::pump(time_point now) {
  if (!connected_)
    return;
  resend(now);
  do
    prepare_queue();
  while (send_next(now));
}

/// Takes the head of the queue, if it can go; false if nothing can.
bool outbound::send_next(time_point now) {
  // [MQTT-4.9.0-2] [MQTT-3.3.4-9] QoS 1 and 2 stop when the window is full, and nothing else does:
  // [MQTT-4.9.0-3] [MQTT-3.3.4-10].
  if (queue_.empty() || !window_open() || sent_now_ < inflight_.size() || port_.congested())
    return false;
  if (drop_expired_head(now))
    return true;
  auto& head = queue_.front();
  if (!ready(head))
    return false;
  if (head.id == packet_id::none)
    head.id = ids_.allocate();
  if (head.id == packet_id::none) // every identifier is in use
    return false;
  auto e = pop_waiting();
  if (!send(e, now)) {
    if (!perhaps_known(e)) {
      drop(e);
      return true;
    }
    let_go(e);
  }
  inflight_.push_back(std::move(e));
  ++sent_now_;
  return true;
}

bool outbound::drop_expired_head(time_point now) {
  if (queue_.empty() || !expired(queue_.front(), now))
    return false;
  auto e = pop_waiting(); // [MQTT-3.3.2-5]
  count_expired(e, now);
  drop(e);
  return true;
}

/// Not if its delivery was begun: that goes on.
bool outbound::expired(const entry& e, time_point now) const noexcept {
  return !e.sent_before && e.expires_at() <= now;
}

void outbound::count_expired(const entry& e, time_point now) {
  const bool by_itself = e.message->expired(now);
  (by_itself ? counts_.publishes_expired : counts_.mail_expired).add();
  note(e.message,
       {trace_event::expired, by_itself ? trace_cause::own_expiry : trace_cause::mail_expiry});
}

bool outbound::reserve(entry& e) {
  e.reserved = port_.reserve(e.message->footprint_bytes());
  return e.reserved;
}

void outbound::release(entry& e) {
  if (std::exchange(e.reserved, false))
    port_.release(e.message->footprint_bytes());
}

// Expired or not: delivery was begun. [MQTT-4.3.3-7] [MQTT-4.3.3-13]
void outbound::resend(time_point now) {
  while (sent_now_ < inflight_.size() && sent_now_ < connection_.window && !port_.congested()) {
    auto& e = inflight_[sent_now_]; // in order: [MQTT-4.6.0-1 v3]
    if (e.released) {               // [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3]
      if (e.recorded || !persistent_)
        send_pubrel(e.id);
      ++sent_now_;
    } else if (send(e, now)) {
      ++sent_now_;
    } else if (perhaps_known(e)) {
      let_go(e);
      ++sent_now_;
    } else {
      remove(sent_now_);
    }
  }
}

outbound::entry outbound::pop_waiting() {
  left_queue(queue_.front());
  if (prepared_ > 0)
    --prepared_;
  return queue_.pop_front();
}

void outbound::left_queue(entry& e) {
  release(e);
  queue_bytes_ -= e.message->footprint_bytes();
  counts_.messages_queued.sub();
}

void outbound::drop(entry& e) {
  if (e.id != packet_id::none)
    ids_.release(e.id);
  if (e.durable != durability::none)
    port_.forget(e.number);
  e.promise = nullptr;
}

void outbound::remove(std::size_t index) {
  drop(inflight_[index]);
  inflight_.erase(index);
  if (index < sent_now_)
    --sent_now_;
}

void outbound::finish(std::size_t index, time_point now) {
  remove(index);
  if (!queue_.empty() || sent_now_ < inflight_.size())
    pump(now);
}

bool outbound::busy() const {
  return !connected_ || port_.congested() || !queue_.empty() || !window_open();
}

outbound::unacknowledged_message outbound::oldest() const {
  const auto& e = inflight_[0];
  auto answer = e.qos == qos::at_least_once ? awaited::puback : awaited::pubrec;
  if (e.released)
    answer = e.recording ? awaited::record : awaited::pubcomp;
  return {e.sent_at, answer, e.id, e.message ? e.message->shared_topic_name() : nullptr};
}

} // namespace mqttzoo::mqtt
