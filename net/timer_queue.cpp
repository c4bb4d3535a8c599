#include "net/timer_queue.hpp"

#include <algorithm>
#include <cassert>

namespace mqttzoo::net {

void timer_queue::schedule(timer_client& client, time_point when) {
  if (when <= running_until_)
    when = running_until_ + time_point::duration{1}; // or run_due() might never return
  const auto before = next();
  if (client.scheduled_) {
    auto node = entries_.extract(client.slot_);
    node.key() = when;
    client.slot_ = entries_.insert(std::move(node));
  } else {
    client.slot_ = entries_.emplace(when, &client);
    client.scheduled_ = true;
  }
  if (next() != before && running_until_ == time_point::min())
    next_changed();
}

void timer_queue::cancel(timer_client& client) noexcept {
  if (!client.scheduled_)
    return;
  entries_.erase(client.slot_);
  client.scheduled_ = false;
}

time_point timer_queue::next() const noexcept {
  return entries_.empty() ? time_point::max() : entries_.begin()->first;
}

void timer_queue::run_due(time_point now) {
  assert(running_until_ == time_point::min());
  running_until_ = now;
  while (!entries_.empty() && entries_.begin()->first <= now) {
    auto& client = *entries_.begin()->second;
    cancel(client);
    client.on_due(now);
  }
  running_until_ = time_point::min();
  next_changed();
}

} // namespace mqttzoo::net
