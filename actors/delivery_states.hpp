// How far a stored message has come on its way to a session: the session's word for it, and its
// record's. Both count alike, and the store has the numbers.
//
// Pure; any thread.
#pragma once

#include "mqtt/session_port.hpp"
#include "zk/records.hpp"

namespace mqttzoo::actors {

constexpr zk::delivery_state to_delivery_state(mqtt::stored_state s) noexcept {
  return static_cast<zk::delivery_state>(s);
}

constexpr mqtt::stored_state to_stored_state(zk::delivery_state s) noexcept {
  return static_cast<mqtt::stored_state>(s);
}

static_assert(to_delivery_state(mqtt::stored_state::queued) == zk::delivery_state::queued);
static_assert(to_delivery_state(mqtt::stored_state::sent) == zk::delivery_state::sent);
static_assert(to_delivery_state(mqtt::stored_state::released) == zk::delivery_state::released);

} // namespace mqttzoo::actors
