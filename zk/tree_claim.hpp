// The right to serve a tree: one pod at a time.
//
// An ephemeral node names the pod that serves; others wait until it goes, which makes them
// standbys. When the store's session is over, so is the claim, and the pod has to stop: another one
// may serve already. The store must not begin another session by itself
// (`after_expiry::stay_ended`), so that nothing the pod still writes can reach the tree.
//
// Owned by main, before and until after the pod; `take` blocks, `on_lost` comes on the store's
// thread.
#pragma once

#include "core/expected.hpp"
#include "zk/store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mqttzoo::zk {

class tree_claim {
public:
  struct events {
    /// Another pod serves; called once for each holder that is waited for, with its name.
    std::function<void(const std::string& holder)> on_waiting;
    /// The claim is lost for good. On the store's thread; at most once.
    std::function<void()> on_lost;
  };

  /// Waits for the claim for as long as it takes; fails when the store is closed or its session is
  /// over before. Not on the store's thread.
  static expected<std::unique_ptr<tree_claim>, error> take(store& of, const std::string& path,
                                                           const std::string& name, events tell);

  ~tree_claim();

private:
  class holder;
  explicit tree_claim(std::shared_ptr<holder> h) noexcept;

  std::shared_ptr<holder> holder_;
};

} // namespace mqttzoo::zk
