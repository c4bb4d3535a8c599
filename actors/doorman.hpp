// A unit's doorman: connections from accept until their CONNECT is accepted and their session
// found.
//
// One per unit. Owns a visitor for each connection that has no session yet; asks the home for the
// session, and hands the connection over. Bounded: net.connections.max, and each visitor has
// net.connect.timeout. Standard: 3.1.4.
#pragma once

#include "actors/attachment.hpp"
#include "actors/pinned.hpp"
#include "mqtt/handshake.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class doorman final : public pinned_base<doorman_actor> {
public:
  doorman(caf::actor_config& config, unit_services& services);
  ~doorman() override;

  behavior_type make_behavior() override;
  const char* name() const override { return "doorman"; }
  void on_exit() override;

  /// A connection was accepted. Unit's thread, from its loop.
  void admit(net::detached_socket socket);

private:
  class visitor;

  void close_up();
  void accepted(visitor& v);
  void leave(visitor& v);
  void granted(attachment& a, const std::shared_ptr<attachment>& shared);
  void refuse(attachment& a);

  std::unordered_map<visitor*, std::unique_ptr<visitor>> visitors_;
  std::vector<std::unique_ptr<visitor>>
      gone_; ///< left during their own event; freed at the next one
  bool closed_ = false;
};

} // namespace mqttzoo::actors
