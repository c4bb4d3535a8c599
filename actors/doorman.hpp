// A unit's doorman: connections from accept until their CONNECT is accepted, it is known who they
// are, and their session is found.
//
// One per unit. Owns a visitor for each connection that has no session yet; asks the gatekeeper
// about those that bring a password and the home for the session, and hands the connection over.
// After a reload it has the unit's sessions look at who they are again. Bounded:
// net.connections.max, and each visitor has net.connect.timeout, also for each step of an exchange
// of AUTH. Standard: 3.1.4.
#pragma once

#include "actors/attachment.hpp"
#include "actors/login_request.hpp"
#include "actors/pinned.hpp"
#include "mqtt/handshake.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class doorman final : public pinned_base<doorman_actor> {
public:
  doorman(caf::actor_config& config, unit_services& services);
  ~doorman() override;

  behavior_type make_behavior() override;
  const char* name() const override { return "doorman"; }
  void describe(facts& to) const override; // descriptions.cpp
  void on_exit() override;

  /// A connection was accepted. Unit's thread, from its loop.
  void admit(net::detached_socket socket);

private:
  class visitor;

  void close_up();
  void accepted(visitor& v);
  void judged(const login_request& r);
  void settle(visitor& v, const auth::login& l, auth::verdict verdict);
  void let_in(visitor& v, mqtt::identity who);
  void turn_away(visitor& v, mqtt::reason_code why, const char* what);
  void await(visitor& v);
  void leave(visitor& v);
  void granted(attachment& a, const std::shared_ptr<attachment>& shared);
  void refuse(attachment& a);
  void judge_sessions();

  std::unordered_map<std::uint64_t, std::unique_ptr<visitor>> visitors_; ///< by number
  std::uint64_t last_number_ = 0;
  std::vector<std::unique_ptr<visitor>>
      gone_;                            ///< left during their own event; freed at the next one
  std::optional<actor_reader> judging_; ///< goes through the unit's sessions
  bool closed_ = false;
};

} // namespace mqttzoo::actors
