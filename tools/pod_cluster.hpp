// What makes a pod one of a cluster: its membership in ZooKeeper, its links, and the actors that
// deal with the other pods.
//
// Part of a pod with `zk.servers`; made before the pod's actors, gone after them. enter() blocks;
// it and spawn() are called before the loops run.
#pragma once

#include "actors/unit_services.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"
#include "tools/pod_links.hpp"
#include "zk/enrolment.hpp"
#include "zk/paths.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::tools {

class pod_cluster {
public:
  /// What is told to people.
  struct addresses {
    std::string mqtt;  ///< where clients connect
    std::string admin; ///< the endpoint for operators; empty: there is none
  };

  /// Draws this life's incarnation, listens for links, and makes the pod a member: from here on
  /// others count on it. `on_fenced` comes when the membership is
  /// lost for good, on any thread, at least once. On failure a sentence for the operator.
  static expected<std::unique_ptr<pod_cluster>, std::string>
  enter(zk::store& store, const zk::paths& paths, const core::settings& settings, net::loop& first,
        const addresses& at, std::function<void()> on_fenced);

  /// This pod's life, for pod_services.
  pod_life life() const;

  /// Spawns the actors on the first unit; all others exist.
  void spawn(actors::unit_services& first, caf::actor_system& system);
  /// Speaks with no pod any more, and takes over no sessions: first of all when the pod stops, so
  /// that no other pod is told that something is safe because it was dropped. From another thread
  /// than the units'.
  void leave_pods(actors::unit_services& first, caf::actor_system& system,
                  const std::function<void(const std::function<void()>&)>& on_first_unit);
  /// Ends the actors; nobody uses them any more.
  void dismiss(actors::pod_services& pod);

private:
  pod_cluster(zk::paths paths, zk::pod_record self, std::function<void()> on_fenced);

  zk::paths paths_;
  zk::pod_record self_;
  std::function<void()> on_fenced_;
  std::unique_ptr<pod_links> links_;
  std::unique_ptr<zk::enrolment> enrolment_;
  actors::membership_actor membership_;  ///< whom links are told to
  std::vector<actors::peer_actor> left_; ///< they refuse what is still sent to them
};

} // namespace mqttzoo::tools
