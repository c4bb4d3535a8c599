#include "zk/faulty_stream.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::zk {

faulty_store::stream::stream(faulty_options options)
    : options_(std::move(options)), dice_(options_.seed), watch_dice_(~options_.seed) {}

// --- fates ---

fault faulty_store::stream::roll() {
  // Both dice fall each time, so that changing one rate does not reshuffle all other choices.
  auto fallen = dice_.below(1000);
  const bool applied = dice_.below(1000) < options_.applied_per_mille;
  if (injected_)
    return *std::exchange(injected_, std::nullopt);
  const std::pair<unsigned, fault> rates[] = {
      {options_.loss_per_mille, applied ? fault::loss_applied : fault::loss_not_applied},
      {options_.session_expiry_per_mille, fault::session_expiry},
      {options_.storage_full_per_mille, fault::storage_full},
      {options_.delay_per_mille, fault::delay},
  };
  for (const auto& [per_mille, what] : rates) {
    if (fallen < per_mille)
      return what;
    fallen -= per_mille;
  }
  return fault::none;
}

faulty_store::stream::fate faulty_store::stream::decide(bool writes) {
  fate decided;
  {
    const std::lock_guard lock{mutex_};
    ++count_.operations;
    advance();
    const auto fallen = roll();
    decided.link = link_;
    if (session_over_ || outage_steps_ > 0) {
      decided.refused = session_over_ ? error::session_expired : error::connection_loss;
    } else if (fallen == fault::loss_applied) {
      break_link(); // with this operation in flight, since it was sent over the link that broke
    } else if (fallen == fault::loss_not_applied) {
      break_link();
      decided.link = link_; // a refusal is not lost with the link it met
      decided.refused = error::connection_loss;
    } else if (fallen == fault::session_expiry && options_.expire_session) {
      ++count_.expiries;
      break_link();
      decided.link = link_;
      session_over_ = true;
      decided.refused = error::session_expired;
      decided.expires_session = true;
    } else if (writes && (fallen == fault::storage_full || full_)) {
      ++count_.storage_full;
      decided.refused = error::storage_full;
    } else if (fallen == fault::delay) {
      ++count_.delays;
      decided.delay_steps = 1 + static_cast<unsigned>(dice_.below(options_.delay_steps_max));
    }
  }
  pump();
  return decided;
}

void faulty_store::stream::break_link() {
  ++count_.losses;
  ++link_;
  outage_steps_ = 1 + static_cast<unsigned>(dice_.below(options_.outage_steps_max));
  std::deque<parcel> kept;
  for (auto& each : parcels_) {
    if (each.kind == parcel_kind::watch_event) {
      after_outage_.push_back(std::move(each));
      continue;
    }
    if (each.kind == parcel_kind::completion)
      each.call = [fail = each.fail] { fail(error::connection_loss); };
    each.delay_steps = 0;
    kept.push_back(std::move(each));
  }
  parcels_ = std::move(kept);
  tell(session_state::suspended, session_);
}

void faulty_store::stream::mend_link() {
  outage_steps_ = 0;
  if (!session_over_)
    tell(session_state::connected, session_);
  for (auto& each : after_outage_)
    parcels_.push_back(std::move(each));
  after_outage_.clear();
}

// --- what comes back ---

void faulty_store::stream::add(parcel next, std::uint64_t link) {
  {
    const std::lock_guard lock{mutex_};
    if (link != link_) {
      if (next.kind == parcel_kind::page)
        return; // the scan's completion will say that there are no more
      next.call = [fail = next.fail] { fail(error::connection_loss); };
      next.delay_steps = 0;
    }
    parcels_.push_back(std::move(next));
  }
  pump();
}

void faulty_store::stream::add_watch(executor& where, std::weak_ptr<watch_sink> sink,
                                     watch_event event) {
  parcel next{parcel_kind::watch_event,
              &where,
              [sink = std::move(sink), event = std::move(event)] {
                if (const auto alive = sink.lock())
                  alive->on_watch(event);
              },
              {},
              0};
  {
    const std::lock_guard lock{mutex_};
    const bool late = watch_dice_.below(1000) < options_.watch_delay_per_mille;
    const auto steps = 1 + static_cast<unsigned>(watch_dice_.below(options_.delay_steps_max));
    if (late) {
      ++count_.watch_delays;
      next.delay_steps = steps;
    }
    if (outage_steps_ > 0)
      after_outage_.push_back(std::move(next));
    else
      parcels_.push_back(std::move(next));
  }
  pump();
}

void faulty_store::stream::end_session(session_id old) {
  {
    const std::lock_guard lock{mutex_};
    session_over_ = true;
    tell(session_state::expired, old);
  }
  pump();
}

void faulty_store::stream::begin_session(session_id now) {
  {
    const std::lock_guard lock{mutex_};
    session_ = now;
    // At first only noted: whoever attaches is told then.
    if (std::exchange(session_over_, false))
      mend_link();
  }
  pump();
}

void faulty_store::stream::attach(executor& where, const watcher& sink, session_id now) {
  {
    const std::lock_guard lock{mutex_};
    if (session_ == session_id::none)
      session_ = now;
    attached_.push_back({sink, &where});
    const auto present =
        outage_steps_ > 0 || session_over_ ? session_state::suspended : session_state::connected;
    const auto everyone = std::exchange(attached_, {attached_.back()});
    tell(present, session_);
    attached_ = everyone;
  }
  pump();
}

void faulty_store::stream::tell(session_state what, session_id session) {
  for (const auto& each : attached_)
    parcels_.push_back({parcel_kind::session_event,
                        each.where,
                        [sink = each.sink, event = session_event{what, session}] {
                          if (const auto alive = sink.lock())
                            alive->on_session(event);
                        },
                        {},
                        0});
}

watcher faulty_store::stream::relayed(executor& where, const watcher& sink) {
  if (!sink)
    return nullptr;
  const std::lock_guard lock{mutex_};
  if (!relays_.contains(sink))
    std::erase_if(relays_, [](const auto& entry) { return entry.first.expired(); });
  auto& known = relays_[sink][&where];
  if (!known)
    known = std::make_shared<relay>(weak_from_this(), where, sink);
  return known;
}

// --- steps ---

void faulty_store::stream::advance() {
  if (!parcels_.empty() && parcels_.front().delay_steps > 0)
    --parcels_.front().delay_steps;
  if (outage_steps_ > 0 && --outage_steps_ == 0)
    mend_link();
}

bool faulty_store::stream::step() {
  {
    const std::lock_guard lock{mutex_};
    advance();
  }
  pump();
  const std::lock_guard lock{mutex_};
  return !parcels_.empty() || outage_steps_ > 0;
}

void faulty_store::stream::hurry() {
  {
    const std::lock_guard lock{mutex_};
    hurried_ = true;
    mend_link();
  }
  pump();
}

void faulty_store::stream::pump() {
  std::unique_lock lock{mutex_};
  if (pumping_)
    return; // whoever pumps looks again before it ends
  pumping_ = true;
  while (!parcels_.empty() && (hurried_ || parcels_.front().delay_steps == 0)) {
    auto due = std::move(parcels_.front());
    parcels_.pop_front();
    lock.unlock();
    due.where->post(std::move(due.call));
    lock.lock();
  }
  pumping_ = false;
}

void faulty_store::stream::next_meets(fault what) {
  const std::lock_guard lock{mutex_};
  injected_ = what;
}

void faulty_store::stream::set_full(bool yes) {
  const std::lock_guard lock{mutex_};
  full_ = yes;
}

faulty_counters faulty_store::stream::counters() const {
  const std::lock_guard lock{mutex_};
  return count_;
}

bool faulty_store::stream::session_over() const {
  const std::lock_guard lock{mutex_};
  return session_over_;
}

} // namespace mqttzoo::zk
