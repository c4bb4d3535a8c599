// Whether the state of the cluster's membership keeps a pod from being ready.
//
// A function; any thread.
#pragma once

#include "actors/inspector.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mqttzoo::admin {

/// How long one step of a view in which sessions move may take while pods stay ready: it waits for
/// publishers of 3.x for some seconds (actors/usher.hpp).
inline constexpr std::chrono::seconds moving_step_max{10};

/// Why a pod with this membership is not ready, if it is not; null: it has none yet.
///
/// Views that only move sessions follow each other for as long as a pod drains. Were every pod
/// unready in each, clients that the draining one sends away would find nobody.
std::optional<std::string> obstacle_of(const actors::actor_details* membership);

} // namespace mqttzoo::admin
