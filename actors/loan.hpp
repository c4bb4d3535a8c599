// What units and the bank say to each other about memory: credits that stay in the pod's lease.
#pragma once

#include "core/ids.hpp"

#include <cstdint>

namespace mqttzoo::actors {

/// A unit asks for so many credits.
struct loan_request {
  unit_index unit{};
  std::int64_t least = 0; ///< fewer are of no use; 0: every one is welcome
  std::int64_t wanted = 0;
};

/// The answer; or what comes back.
struct loan {
  unit_index unit{};
  std::int64_t credits = 0;
};

} // namespace mqttzoo::actors
