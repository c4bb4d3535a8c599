// A pod's membership of its cluster, as ZooKeeper holds it: an ephemeral node with the pod's name
// and incarnation.
//
// Made by tools/pod_cluster before the pod's actors, gone after them. All of it blocks, and gives
// up after some requests that were not answered; not on the store's thread. When the store's
// session is over, so is the membership, and the pod has to stop: others take over what it had. The
// store must not begin another session by itself (`after_expiry::stay_ended`), so that nothing the
// pod still writes can reach the tree.
#pragma once

#include "core/expected.hpp"
#include "zk/paths.hpp"
#include "zk/pod_record.hpp"
#include "zk/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace mqttzoo::zk {

/// A number that no earlier life of any pod of this tree has had, and greater than theirs. Makes
/// the node `pods` if needed.
expected<std::uint64_t, error> draw_incarnation(store& in, const paths& of);

class enrolment {
public:
  /// Makes the node that says the pod lives. `on_lost` comes at most once, on the store's thread.
  static expected<std::unique_ptr<enrolment>, error>
  enter(store& in, const paths& of, const pod_record& self, std::function<void()> on_lost);

  ~enrolment();

private:
  class sentry;
  explicit enrolment(std::shared_ptr<sentry> s) noexcept;

  std::shared_ptr<sentry> sentry_;
};

} // namespace mqttzoo::zk
