// One pod serves a tree in ZooKeeper; another one started beside it stands by.
//
// For main, between opening the store and starting the pod.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"
#include "zk/store.hpp"
#include "zk/tree_claim.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mqttzoo::tools {

/// Waits until no other pod serves the tree; null for an embedded store, which one process can open
/// anyhow. `on_lost` comes on the store's thread when the claim is over, and nothing that is
/// written from then on reaches the store. On failure a sentence for the operator.
expected<std::unique_ptr<zk::tree_claim>, std::string>
serve_alone(zk::store& store, const core::settings& settings, std::function<void()> on_lost);

} // namespace mqttzoo::tools
