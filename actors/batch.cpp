#include "actors/publish_ticket.hpp"

#include <caf/send.hpp>

namespace mqttzoo::actors {

batch::batch(mqtt::topic_ref to, card_ref from, mqtt::connection_epoch from_epoch)
    : topic(std::move(to)), publisher(std::move(from)), epoch(from_epoch) {}

void batch::add(publication p) {
  const auto bytes = p.message->footprint_bytes();
  bytes_ += bytes;
  followed_ |= p.message->trace() != mqtt::trace_mark::none;
  if (publisher)
    publisher->transit_bytes.fetch_add(bytes, std::memory_order_relaxed);
  publications.push_back(std::move(p));
}

batch::~batch() {
  if (!publisher)
    return;
  // Sequentially consistent, as in session::watch_pressure(): each side writes one of the two and
  // reads the other, and with less both could read the old value, so that the publisher is never
  // woken.
  publisher->transit_bytes.fetch_sub(bytes_);
  if (publisher->transit_waiter.load() && publisher->transit_waiter.exchange(false))
    caf::anon_send(publisher->handle, transit_fell_atom::value);
}

} // namespace mqttzoo::actors
