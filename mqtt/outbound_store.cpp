// The part of the sender that deals with the store: what must survive, when, and what if it cannot.
#include "mqtt/outbound.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::mqtt {

namespace {

/// After the store said no, it is asked again this much later.
constexpr std::chrono::seconds store_retry_interval{1};

} // namespace

void outbound::deposit(entry& e) {
  e.durable = durability::pending;
  // With an identifier a QoS 2 message will soon be sent, and a QoS 1 message was.
  e.recording = e.id != packet_id::none;
  counts_.messages_stored.add();
  const auto state = e.recording ? stored_state::sent : stored_state::queued;
  port_.deposit({e.message, e.terms, e.promise},
                {e.number, e.recording ? e.id : packet_id::none, state, e.qos});
}

/// Deposits the messages under way that `of` must not overtake. If only `of` were stored when the
/// pod crashes, it would come before those, which their publishers repeat.
// [MQTT-4.6.0-5] [MQTT-4.6.0-5 v3]
void outbound::deposit_predecessors(const entry& of) {
  const auto bound_by_order = [](const entry& e) { return e.promise && !e.promise->store_first(); };
  if (!bound_by_order(of))
    return;
  auto i = inflight_.size();
  while (i > 0 && inflight_[i - 1].number > deposited_before_)
    --i;
  for (; i < inflight_.size(); ++i)
    if (auto& e = inflight_[i]; bound_by_order(e) && e.durable == durability::none)
      deposit(e);
  deposited_before_ = of.number;
}

/// Deposits what must be in the store and is not: while the client is away everything, else QoS 2.
void outbound::deposit_all() {
  if (!persistent_)
    return;
  for (auto* in : {&inflight_, &queue_})
    for (std::size_t i = 0; i < in->size(); ++i) {
      auto& e = (*in)[i];
      if (e.durable == durability::none && e.message && (!connected_ || needs_record(e)))
        deposit(e);
    }
}

void outbound::record(entry& e) {
  e.recorded = false;
  e.recording = true;
  port_.record({e.number, e.id, e.released ? stored_state::released : stored_state::sent, e.qos});
}

bool outbound::at_rest() const noexcept {
  for (const auto* in : {&inflight_, &queue_})
    for (std::size_t i = 0; i < in->size(); ++i) {
      const auto& e = (*in)[i];
      const bool stands = e.message ? e.durable == durability::done : e.recorded;
      if (!stands || e.recording || (e.released && !e.recorded))
        return false;
    }
  return true;
}

/// Has the store learn the identifiers of the QoS 2 messages that the window will soon admit.
void outbound::prepare_queue() {
  for (; prepared_ < queue_.size() && inflight_.size() + prepared_ < connection_.window;
       ++prepared_) {
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

void outbound::on_stored(stored_number number, const settlement& outcome, time_point now,
                         time_point held_until) {
  const auto where = find(number);
  if (!where.in)
    return; // acknowledged meanwhile
  auto& e = (*where.in)[where.index];
  if (e.durable == durability::none)
    return; // asked for when it still had to last
  if (is_failure(outcome))
    return store_failed(where, outcome, now);
  if (std::exchange(e.durable, durability::done) == durability::pending) {
    release(e); // one copy, one charge
    note(e.message, {trace_event::mailed, trace_cause::none, e.qos});
    e.held_until = held_until;
  }
  e.promise = nullptr; // safe
  if (std::exchange(e.recording, false)) {
    e.recorded = true;
    if (e.released && where.index < sent_now_)
      send_pubrel(e.id);
  } else if (where.in == &queue_) {
    prepared_ = std::min(prepared_, where.index);
  }
  pump(now);
}

// [MQTT-4.3.3-7] delivery that was begun goes on as long as its connection.
void outbound::on_expired(stored_number number, time_point now) {
  const auto where = find(number);
  if (!where.in)
    return;
  auto& e = (*where.in)[where.index];
  if (e.released) // the client has it
    return;
  counts_.mail_expired.add();
  note(e.message, {trace_event::expired, trace_cause::mail_expiry});
  if (where.in == &inflight_) {
    e.lapsed = true;
    return connected_ ? void() : remove_lapsed();
  }
  if (perhaps_known(e))
    return lapse_queued(where.index, now);
  // The store keeps the identifier of a QoS 2 message until it is told to forget it.
  if (e.qos != qos::exactly_once || e.id == packet_id::none)
    e.durable = durability::none;
  drop_queued(where.index);
  pump(now);
}

void outbound::drop_queued(std::size_t index) {
  auto& e = queue_[index];
  left_queue(e);
  drop(e);
  queue_.erase(index);
  if (index < prepared_)
    --prepared_;
}

/// Of QoS 2 the identifier stays until PUBCOMP: the client may have the message, and would take
/// another one under that identifier for the same.
void outbound::remove_lapsed() {
  for (auto i = inflight_.size(); i-- > 0;) {
    auto& e = inflight_[i];
    if (!e.lapsed || e.released)
      continue;
    if (e.qos != qos::exactly_once) {
      e.durable = durability::none;
      remove(i);
      continue;
    }
    lapse(e);
  }
}

/// PUBREL asks its client to let go of the identifier.
void outbound::lapse(entry& e) {
  e.released = e.recorded = true;
  e.message = nullptr;
  e.promise = nullptr;
}

/// One that an earlier process perhaps sent.
void outbound::lapse_queued(std::size_t index, time_point now) {
  left_queue(queue_[index]);
  auto e = std::move(queue_[index]);
  queue_.erase(index);
  if (index < prepared_)
    --prepared_;
  lapse(e);
  inflight_.push_back(std::move(e));
  pump(now);
}

void outbound::store_failed(place where, const settlement& why, time_point now) {
  auto& e = (*where.in)[where.index];
  retry_at_ = std::min(retry_at_, now + store_retry_interval);
  e.recording = false;
  if (e.durable == durability::done)
    return; // only the identifier could not be recorded: tried again
  e.durable = durability::none;
  if (!e.promise)
    return; // nobody can be told; kept in memory and tried again
  if (where.in == &inflight_ && connected_) {
    if (is_failure(e.promise->outcome())) { // its publisher is to hear that now
      e.promise = nullptr;
      return;
    }
    // Its client may still acknowledge it; if not, it is tried again.
    e.sent_at = now;
    grace_ends_ = std::min<time_point>(grace_ends_, now + store_retry_interval);
    return;
  }
  e.promise->refuse(why);
  note(e.message, {trace_event::dropped, trace_cause::store, e.qos, e.id, why});
  if (where.in == &inflight_)
    return remove(where.index);
  drop_queued(where.index);
  pump(now);
}

void outbound::on_due(time_point now) {
  if (grace_ends_ <= now)
    store_overdue(now);
  if (retry_at_ > now)
    return;
  retry_at_ = time_point::max();
  deposit_all();
  for (std::size_t i = 0; i < inflight_.size(); ++i)
    if (auto& e = inflight_[i]; persistent_ && e.released && !e.recorded && !e.recording)
      record(e);
  prepared_ = 0;
  pump(now);
}

/// Deposits what its client has not acknowledged within the grace.
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
  return std::clamp<std::chrono::nanoseconds>(2 * acknowledge_time_, limits_.grace_min,
                                              limits_.grace_max);
}

outbound::place outbound::find(stored_number number) noexcept {
  // The queue may be long and is sorted; what is in flight is bounded by the window.
  std::size_t begin = 0;
  for (auto left = queue_.size(); left > 0;) {
    const auto half = left / 2;
    const bool before = queue_[begin + half].number < number;
    begin = before ? begin + half + 1 : begin;
    left = before ? left - half - 1 : half;
  }
  if (begin < queue_.size() && queue_[begin].number == number)
    return {&queue_, begin};
  for (std::size_t i = 0; i < inflight_.size(); ++i)
    if (inflight_[i].number == number)
      return {&inflight_, i};
  return {};
}

void outbound::remove_restored(packet_id id) {
  if (const auto i = find(id); i != inflight_.size())
    return remove(i);
  for (std::size_t i = 0; i < queue_.size(); ++i)
    if (queue_[i].id == id) {
      left_queue(queue_[i]);
      drop(queue_[i]);
      return queue_.erase(i);
    }
}

void outbound::restore(delivery d, stored_pointer pointer, time_point held_until) {
  entry e;
  e.message = std::move(d.message);
  e.terms = std::move(d.terms);
  e.number = pointer.number;
  e.qos = pointer.qos;
  e.id = pointer.id;
  e.durable = durability::done;
  e.recorded = pointer.state != stored_state::queued;
  e.released = pointer.state == stored_state::released;
  last_number_ = std::max(last_number_, static_cast<std::uint64_t>(pointer.number));
  if (e.id != packet_id::none && !ids_.reserve(e.id)) {
    // An identifier is given anew only after PUBACK or PUBCOMP: the older one was done and not
    // forgotten yet.
    remove_restored(e.id);
    ids_.reserve(e.id);
  }
  if (e.released)
    e.message = nullptr;
  // QoS 2 is sent in order, so what follows a message without an identifier was not sent either.
  const bool sent = e.qos == qos::at_least_once || !unsent_exactly_once_;
  e.sent_before = e.released || (e.recorded && sent); // [MQTT-3.3.1-1] [MQTT-3.3.1-1 v3]
  // One of QoS 1 that waited when it was stored was perhaps sent since, which nobody wrote down.
  // DUP says "perhaps".
  e.perhaps_sent = e.qos == qos::at_least_once;
  e.held_until = held_until;
  // What stands behind a message of QoS 1 keeps its place: nobody knows whether that one was sent.
  if (e.released || (e.sent_before && queue_.empty()))
    return void(inflight_.push_back(std::move(e)));
  unsent_exactly_once_ |= e.qos == qos::exactly_once;
  queue_bytes_ += e.message->footprint_bytes();
  counts_.messages_queued.add();
  queue_.push_back(std::move(e));
}

} // namespace mqttzoo::mqtt
