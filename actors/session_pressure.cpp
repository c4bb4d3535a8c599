// What holds a session actor back: an outbox that fills, memory that nobody pays for, messages in
// transit, and how much its client may send.
#include "actors/session.hpp"

#include <utility>

namespace mqttzoo::actors {

/// Half of an outbox is free, as a burst may pass through it to a client that keeps up. The rest is
/// reserved as it fills, in a few steps. Above the half the connection says when it has drained.
bool session::congested() {
  const auto bytes = outbox_bytes();
  const auto bound = services().settings.net.outbox_bytes_max;
  if (bytes <= bound / 2)
    return false;
  if (bytes > bound)
    return true;
  constexpr std::size_t steps = 8;
  const auto step = (bound - bound / 2 + steps - 1) / steps;
  while (outbox_bytes_ < bytes - bound / 2) {
    if (!reserve(step))
      return true;
    outbox_bytes_ += step;
  }
  return false;
}

std::size_t session::outbox_bytes() const noexcept {
  return connection_->outbox_bytes() + (connack_ ? connack_->output.size() : 0);
}

void session::pay_back_outbox() {
  release(std::exchange(outbox_bytes_, 0));
}

bool session::reserve(std::size_t bytes) {
  if (!services().memory->reserve(bytes))
    return false;
  reserved_bytes_ += bytes;
  return true;
}

void session::release(std::size_t bytes) {
  services().memory->release(bytes);
  reserved_bytes_ -= bytes;
}

void session::watch_pressure() {
  note_rest();
  const auto bound = services().settings.net.transit_bytes_max;
  if (card_->transit_bytes.load(std::memory_order_acquire) <= bound)
    return release_input(by_transit);
  hold_input(by_transit);
  card_->transit_waiter.store(true);
  // The last batch may have gone between the two lines above, and nobody would tell us.
  // Sequentially consistent with the other side, batch::~batch().
  if (card_->transit_bytes.load() <= bound && card_->transit_waiter.exchange(false))
    release_input(by_transit);
}

/// Without a limit it costs nothing but to see that. With one it holds for what is read at once,
/// not for each message: the rest stays with the connection, which the client's TCP notices in the
/// end.
std::size_t session::take_input(std::string_view input, net::time_point at) {
  const auto& rates = services().limits.client;
  if (!rates)
    return machine_.on_input(input, at);
  if (!throttle_)
    throttle_ = std::make_unique<throttle>();
  auto budget = throttle_->meter.open(rates, at);
  const auto consumed = machine_.on_input(input, at, &budget);
  const auto again_at = throttle_->meter.close(budget, rates, at);
  if (again_at && connection_) {
    throttle_->read_again_at = *again_at; // rearm() follows
    hold_input(by_rate);
  }
  return consumed;
}

void session::hold_input(pause by) {
  const auto before = paused_;
  if (before == 0)
    paused_since_ = now();
  paused_ = static_cast<std::uint8_t>(before | by);
  if ((before & ours) == 0 && (by & ours) != 0) {
    machine_.on_reading(mqtt::session::reading::held, now());
    if (by != by_store) // which nobody is to blame for
      (by == by_rate ? services().counters.reads_throttled : services().counters.reads_paused)
          .add();
  }
  if (connection_ && before == 0)
    connection_->pause_reading();
}

void session::release_input(pause by) {
  const auto before = paused_;
  paused_ = static_cast<std::uint8_t>(before & ~by);
  if ((before & ours) != 0 && (paused_ & ours) == 0)
    machine_.on_reading(mqtt::session::reading::goes_on, now());
  if (connection_ && before != 0 && paused_ == 0)
    connection_->resume_reading();
}

} // namespace mqttzoo::actors
