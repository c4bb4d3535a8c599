// Which store a pod has: its own, or that of a cluster.
//
// For main, before the pod.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"
#include "zk/store.hpp"

#include <memory>
#include <string>

namespace mqttzoo::tools {

/// Opens the embedded store, or waits for a session with `zk.servers`. On failure a sentence for
/// the operator.
expected<std::unique_ptr<zk::store>, std::string> open_store(const core::settings& settings);

/// Whether open_store() could read what it reads from files. The error is a sentence for the
/// operator.
expected<void, std::string> check_store(const core::settings& settings);

/// The store's place, in a few words.
std::string store_place(const core::settings& settings);

} // namespace mqttzoo::tools
