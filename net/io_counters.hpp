// What a loop has done, for $SYS and the inspector.
//
// One a loop, written by its thread only, read by any thread at any time; values of different
// counters may be of different instants.
#pragma once

#include "net/io_counter.hpp"
#include "net/link_counters.hpp"

namespace mqttzoo::net {

struct io_counters {
  io_counter bytes_in;
  io_counter bytes_out;
  io_counter read_calls;         ///< of sockets, also those that found nothing
  io_counter write_calls;        ///< of sockets, also those that found one full
  io_counter connections_opened; ///< accepted and given to this loop first
  io_counter connections_closed;
  io_counter connections_refused; ///< accepted beyond the limit, and closed at once
  io_counter refused_by_count;    ///< closed at once: limits.address.connections.max
  io_counter refused_by_rate;     ///< closed at once: limits.address.connections.rate
  io_counter addresses_forgotten; ///< too many to remember all, see address_book.hpp
  io_counter accepts_paced;       ///< times that those who wait had to, for limits.listener
  io_counter accept_failures;     ///< out of descriptors or kernel memory, by the listener
  io_counter handshakes;          ///< of TLS and WebSocket that were completed, links included
  io_counter handshake_failures;  ///< or later, when a record or frame was wrong
  io_counter answers_held;  ///< to a PING of WebSocket, as its client did not take what it got
  io_counter stalls;        ///< closed because the peer took nothing for too long
  io_counter bytes_dropped; ///< stood in an outbox when its connection went away
  link_counters links;
};

} // namespace mqttzoo::net
