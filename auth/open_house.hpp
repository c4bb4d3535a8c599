// The policy of a pod that has none, apart from policy.hpp for whoever only holds on to one.
#pragma once

#include <memory>

namespace mqttzoo::auth {

class policy;

/// Lets everybody in without asking, to do everything.
std::shared_ptr<const policy> open_house();

} // namespace mqttzoo::auth
