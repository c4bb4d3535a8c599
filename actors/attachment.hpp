// A connection on its way from its doorman to its session.
//
// Made by the doorman when a CONNECT was accepted, completed by the home (which session, which
// epoch), consumed by the session; or, where another pod has the session, by the porter. One holder
// at a time.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/session_card.hpp"
#include "mqtt/connection_epoch.hpp"
#include "mqtt/handshake.hpp"
#include "net/connection.hpp"
#include "net/detached_socket.hpp"
#include "net/timer_queue.hpp"

#include <cstdint>
#include <string>

namespace mqttzoo::actors {

struct attachment {
  mqtt::accepted_connect connect;
  unit_index unit{};              ///< whose doorman made it
  net::connection_ptr connection; ///< while on that unit
  net::detached_socket socket;    ///< while it travels to another
  card_ref session;               ///< set by the home
  mqtt::connection_epoch epoch{}; ///< set by the home
  /// Why there is no session for it. Session taken over: a later connection of the same client
  /// came before it was let in.
  mqtt::reason_code refusal = mqtt::reason_code::success;
  std::string refusal_text;
  std::string refusal_reference; ///< where its client is to go; empty: nowhere
  /// Set by the home with the first claim, where pods must agree: later it is refused.
  net::time_point wait_until = net::time_point::max();
  unsigned not_here = 0; ///< how often a pod was said to have the session and had it not
};

/// What stands for an attachment at the pod that has the session, where the connection is not.
struct far_attachment {
  mqtt::accepted_connect connect;
  member_ref pod;                 ///< that has the connection
  unit_index unit{};              ///< there
  std::uint64_t number = 0;       ///< given by that pod
  std::string address;            ///< the client's, for logs
  std::string listener;           ///< that it came by, for people
  card_ref session;               ///< set by the home
  mqtt::connection_epoch epoch{}; ///< set by the home
};

} // namespace mqttzoo::actors
