// What a session waits for, in sentences: the facts of the session, the bank and the store put
// together.
//
// Pure functions; on the admin service's thread.
#pragma once

#include "actors/inspector.hpp"
#include "admin/pod_state.hpp"

#include <string>
#include <vector>

namespace mqttzoo::admin {

/// The most important first; never empty. `bank` is null if it is over.
std::vector<std::string> explain(const actors::actor_details& session,
                                 const actors::actor_details* bank, const pod_state& pod);

} // namespace mqttzoo::admin
