// Mistakes on purpose, to show that the simulation of a cluster finds such mistakes.
//
// A pod makes none of them; only tests/sim sets one (pod_services::bug).
#pragma once

#include <cstdint>

namespace mqttzoo::actors {

enum class planted_bug : std::uint8_t {
  none,
  early_acknowledgement, ///< a message of another pod counts as safe when it was routed
  unfenced_write,        ///< another pod's word is stored whoever owns the session by now
  unfenced_reaping,      ///< a leader removes mail whoever leads by now and whatever is free
  returned_twice,        ///< the credits of what was removed are counted once more
  lost_watch,            ///< changes of the members after the first view are not heard of
};

} // namespace mqttzoo::actors
