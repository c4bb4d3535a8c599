// Accepts links from other pods and hands each to its user once it is open.
//
// One a pod. Made and destroyed on the thread of its accepting loop, or while no loop runs; the
// loops outlive it. Links are dealt to the loops in turn and stay there. Bounded by the seats of
// `seating`, which count links from the moment they are accepted until they are closed.
#pragma once

#include "core/expected.hpp"
#include "net/link_config.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/pod_link.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace mqttzoo::net {

class link_listener {
public:
  /// Gets each link that opened, on the thread of its loop; attaches its events. A pod that lost
  /// its link may be back before this side knows that the old link is dead: the newer one counts.
  using open_handler = std::function<void(loop&, std::shared_ptr<pod_link>)>;

  static expected<std::unique_ptr<link_listener>, listen_error>
  open(const listen_options& options, loop& accepting, std::vector<loop*> loops, ref<seating> seats,
       const link_config_ptr& config, open_handler on_open);

  ~link_listener();

  void start() { listener_->start(); }
  /// Accepts no more, and ends whatever is not yet open, each link on its own loop: until those
  /// have run what was posted to them, one may still open.
  void stop();

  std::uint16_t local_port() const noexcept { return listener_->local_port(); }

private:
  class lobby;

  link_listener() = default;

  std::unique_ptr<listener> listener_;
  std::vector<std::shared_ptr<lobby>> lobbies_; ///< one a loop
};

} // namespace mqttzoo::net
