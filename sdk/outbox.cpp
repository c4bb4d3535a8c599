#include "sdk/outbox.hpp"

#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/wire_message.hpp"

#include <algorithm>
#include <limits>

namespace mqttzoo::sdk {

outbox::outbox(const outbox_options& bounds, mqtt::packet_id_pool& ids,
               std::unique_ptr<outbox_store> store)
    : bounds_(bounds), ids_(ids), store_(std::move(store)) {}

outbox::~outbox() = default;

std::error_code outbox::load(time_point now) {
  if (is_loaded())
    return {};
  std::vector<stored_message> found;
  if (const auto error = store_->load(found))
    return error;
  loaded_ = true;
  for (auto& m : found) {
    auto& queued = lists_[static_cast<std::size_t>(list::queued)];
    auto& e = queued.emplace_back();
    e.forwarded = encode_properties(m.what.properties);
    e.cost_bytes = cost_bytes(m.what);
    e.what = std::move(m.what);
    if (e.what.properties.expiry_s) // counted anew: how long nobody ran is not known
      e.expires = now + std::chrono::seconds{*e.what.properties.expiry_s};
    e.row = m.row;
    e.put_in = e.changed_in = next_commit_;
    last_row_ = std::max(last_row_, m.row);
    e.where = list::queued;
    e.order = next_order_++;
    if (m.id != mqtt::packet_id::none && ids_.reserve(m.id)) {
      e.id = m.id;
      e.stage = m.stage;
      by_id_.emplace(static_cast<std::uint16_t>(m.id), std::prev(queued.end()));
    }
    ++messages_;
    bytes_ += e.cost_bytes;
  }
  return {};
}

// ---------------------------------------------------------------- lists

void outbox::move(place at, list to) {
  auto& from = lists_[static_cast<std::size_t>(at->where)];
  auto& target = lists_[static_cast<std::size_t>(to)];
  target.splice(target.end(), from, at);
  at->where = to;
}

/// In front of everything that was published later.
void outbox::back_in_queue(place at) {
  auto& from = lists_[static_cast<std::size_t>(at->where)];
  auto& queued = lists_[static_cast<std::size_t>(list::queued)];
  const auto later =
      std::ranges::find_if(queued, [&](const entry& e) { return e.order > at->order; });
  queued.splice(later, from, at);
  at->where = list::queued;
}

bool outbox::busy() const noexcept {
  return std::ranges::any_of(lists_, [](const entries& each) { return !each.empty(); });
}

bool outbox::has_room(std::size_t cost_bytes) const noexcept {
  // One message is always taken, so that none is too large for an empty outbox.
  return messages_ == 0 ||
         (messages_ < bounds_.messages_max && bytes_ + cost_bytes <= bounds_.bytes_max);
}

// ---------------------------------------------------------------- publishing

void outbox::publish(message&& m, const publish_options& how, publish_number number, time_point now,
                     done finished) {
  if (const auto error = check_message(m))
    return finished(error);
  if (const auto error = load(now)) // first: what a former life left is older
    return finished(error);
  const auto cost = sdk::cost_bytes(m);
  auto& waiting = lists_[static_cast<std::size_t>(list::waiting)];
  const bool room = waiting.empty() && has_room(cost);
  if (!room && (how.when_full == when_full::fail || waiting.size() >= bounds_.waiting_max))
    return finished(errc::outbox_full);
  const auto at = waiting.emplace(waiting.end());
  at->forwarded = encode_properties(m.properties);
  at->what = std::move(m);
  at->cost_bytes = cost;
  at->order = next_order_++;
  at->until = how.until;
  at->finished = std::move(finished);
  if (how.timeout)
    at->deadline = now + *how.timeout;
  if (at->what.properties.expiry_s)
    at->expires = now + std::chrono::seconds{*at->what.properties.expiry_s};
  watch(at, number);
  if (room)
    admit(at);
}

void outbox::admit(place at) {
  move(at, list::queued);
  ++messages_;
  bytes_ += at->cost_bytes;
  if (store_ && at->what.qos != qos::at_most_once) {
    if (!store_->put(++last_row_, at->what, at->id, at->stage))
      return remove(at, errc::store_failed);
    at->row = last_row_;
    at->put_in = at->changed_in = next_commit_;
  }
  if (at->until == publish_until::stored) {
    unwatch(*at);
    at->deadline = time_point::max(); // which was the caller's; the message stays
    stored_.push_back(at);
  }
}

void outbox::admit_waiting() {
  auto& waiting = lists_[static_cast<std::size_t>(list::waiting)];
  while (!waiting.empty() && has_room(waiting.front().cost_bytes))
    admit(waiting.begin());
}

void outbox::watch(place at, publish_number number) {
  at->number = number;
  if (number == publish_number::none)
    return;
  by_number_.emplace(static_cast<std::uint64_t>(number), at);
  if (at->deadline != time_point::max())
    deadlines_.emplace(at->deadline, number);
}

void outbox::unwatch(const entry& e) {
  if (e.number == publish_number::none ||
      by_number_.erase(static_cast<std::uint64_t>(e.number)) == 0)
    return;
  const auto [from, to] = deadlines_.equal_range(e.deadline);
  const auto at = std::find_if(from, to, [&](const auto& d) { return d.second == e.number; });
  if (at != to)
    deadlines_.erase(at);
}

void outbox::finish(entry& e, std::error_code how) {
  unwatch(e);
  if (e.finished)
    e.finished(how);
}

/// Takes it out of its list, gives back what it holds, and completes it.
void outbox::remove(place at, std::error_code how) {
  if (at->id != mqtt::packet_id::none) {
    by_id_.erase(static_cast<std::uint16_t>(at->id));
    ids_.release(at->id);
  }
  if (at->until == publish_until::stored && at->finished)
    std::erase(stored_, at);
  if (at->row != 0) {
    store_->remove(at->row);
    if (at->put_in != next_commit_)
      removed_.push_back(at->row);
  }
  const bool had_room = at->where != list::waiting;
  if (had_room) {
    --messages_;
    bytes_ -= at->cost_bytes;
  }
  if (!how)
    ++published_;
  entries gone;
  gone.splice(gone.end(), lists_[static_cast<std::size_t>(at->where)], at);
  if (had_room)
    admit_waiting();
  finish(gone.front(), how);
}

void outbox::cancel(publish_number number, std::error_code why) {
  const auto found = by_number_.find(static_cast<std::uint64_t>(number));
  if (found == by_number_.end())
    return;
  const auto at = found->second;
  const bool has_left =
      at->stage != sent_as::nothing || at->where == list::leaving || at->where == list::writing;
  if (has_left)
    finish(*at, why); // the protocol goes on with it: its identifier is in use at the server
  else
    remove(at, why);
}

void outbox::abandon(std::error_code why) {
  for (auto& each : lists_) {
    while (!each.empty()) {
      const auto at = each.begin();
      at->row = 0; // stays in the store
      remove(at, why);
    }
  }
  loaded_ = false;
}

// ---------------------------------------------------------------- time

void outbox::tick(time_point now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now)
    cancel(deadlines_.begin()->second, std::make_error_code(std::errc::timed_out));
  paused_ = paused_ && now < paused_until_;
}

time_point outbox::wakeup() const {
  auto next = paused_ ? paused_until_ : time_point::max();
  if (!deadlines_.empty())
    next = std::min(next, deadlines_.begin()->first);
  return next;
}

std::error_code outbox::commit() {
  if (const auto error = store_ ? store_->commit() : std::error_code{}) {
    save_anew(error);
    return error;
  }
  ++next_commit_;
  removed_.clear();
  for (const auto& at : std::exchange(stored_, {}))
    at->finished({});
  return {};
}

/// The store has forgotten what was asked of it since the last commit().
void outbox::save_anew(std::error_code why) {
  for (const auto& at : std::exchange(stored_, {}))
    remove(at, why);
  for (const auto row : removed_)
    store_->remove(row);
  for (const auto& each : lists_) {
    for (const auto& e : each) {
      if (e.row != 0 && e.changed_in == next_commit_)
        store_->put(e.row, e.what, e.id, e.stage);
    }
  }
}

void outbox::describe(client_figures& out) const {
  out.published = published_;
  out.retried = retried_;
  out.outbox_messages = messages_;
  out.outbox_bytes = bytes_;
  out.callers_waiting = lists_[static_cast<std::size_t>(list::waiting)].size();
}

} // namespace mqttzoo::sdk
