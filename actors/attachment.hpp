// A connection on its way from its doorman to its session.
//
// Made by the doorman when a CONNECT was accepted, completed by the home (which session, which
// epoch), consumed by the session. One holder at a time.
#pragma once

#include "actors/session_card.hpp"
#include "mqtt/handshake.hpp"
#include "net/connection.hpp"
#include "net/detached_socket.hpp"

#include <cstdint>

namespace mqttzoo::actors {

struct attachment {
  mqtt::accepted_connect connect;
  unit_index unit{};              ///< whose doorman made it
  net::connection_ptr connection; ///< while on that unit
  net::detached_socket socket;    ///< while it travels to another
  card_ref session;               ///< set by the home
  std::uint64_t epoch = 0;        ///< set by the home
};

} // namespace mqttzoo::actors
