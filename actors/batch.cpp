#include "actors/publish_ticket.hpp"

#include <caf/send.hpp>

namespace mqttzoo::actors {

namespace {

/// Whether who waits for it is to be told. Sequentially consistent, as in session::watch_pressure()
/// and peer::watch_transit(): each side writes one of the two and reads the other, and with less
/// both could read the old value, so that nobody is ever woken.
template<class From>
bool leave_transit(From& from, std::size_t bytes) noexcept {
  from.transit_bytes.fetch_sub(bytes);
  return from.transit_waiter.load() && from.transit_waiter.exchange(false);
}

} // namespace

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

void batch::count_for_pod() {
  counts_for_pod_ = true;
  origin.pod->transit_bytes.fetch_add(bytes_, std::memory_order_relaxed);
}

batch::~batch() {
  if (publisher && leave_transit(*publisher, bytes_))
    caf::anon_send(publisher->handle, transit_fell_atom::value);
  if (counts_for_pod_ && leave_transit(*origin.pod, bytes_))
    caf::anon_send(origin.pod->peer, transit_fell_atom::value);
}

} // namespace mqttzoo::actors
