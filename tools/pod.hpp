// A pod: all units and actors of one broker process, from start to stop.
//
// Made and stopped on the main thread; owns the actor system and the I/O threads (pod_parts.hpp).
// Talked to by main only.
#pragma once

#include "actors/unit_services.hpp"
#include "auth/open_house.hpp"
#include "core/clock.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "tools/pod_listeners.hpp"
#include "zk/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mqttzoo::tools {

class pod {
public:
  struct environment {
    zk::store& store;         ///< outlives the pod
    const core::clock& clock; ///< outlives the pod
    std::shared_ptr<const auth::policy> policy = auth::open_house();
    mqtt::authentication_methods methods = {};
    /// Other pods take over what this one has: it has to stop. On any thread, perhaps more than
    /// once. Only with `zk.servers`.
    std::function<void()> on_fenced = [] {};
    /// An operator wants the pod to drain() and stop; and what drain() began is over. Not on the
    /// main thread.
    std::function<void()> on_drain_wanted = [] {};
    std::function<void()> on_drained = [] {};
  };

  /// Reads the store, starts the threads and listens; with `zk.servers` becomes a member of the
  /// cluster. On failure a sentence for the operator.
  static expected<std::unique_ptr<pod>, std::string> start(const core::settings& settings,
                                                           environment in);
  ~pod();

  /// Where clients come in.
  const std::vector<pod_listeners::place>& places() const noexcept;
  /// Of the endpoint for operators; empty: there is none.
  std::string admin_url() const;

  /// Uses `wanted` from now on: for what happens next, and for connections still to come. By
  /// `policy` those that are there are judged again, too. If a file of `wanted` is not as it should
  /// be nothing changes, and the error is a sentence for the operator.
  expected<void, std::string> reload(const core::settings& wanted,
                                     const std::shared_ptr<const auth::policy>& policy);

  /// Lets no new client in, sends those it has elsewhere and hands their sessions over, in
  /// drain.deadline at most; on_drained() then says that it may be stopped. Does not block.
  void drain();

  /// Stops accepting, tells every client, ends all actors, joins the threads. Blocks. Idempotent.
  void stop();

private:
  struct parts;
  explicit pod(std::unique_ptr<parts> p);

  std::unique_ptr<parts> parts_;
};

} // namespace mqttzoo::tools
