// The home of all client ids: it says which session belongs to which client, one at a time.
//
// One per pod, on the first unit, for as long as the pod. Asked by doormen for every CONNECT. Each
// grant has an epoch; a session that ends is let go only if no later connection was granted it, so
// a client is never sent to a session that is leaving. [MQTT-3.1.4-3]
#pragma once

#include "actors/pinned.hpp"
#include "actors/session.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class home final : public pinned_base<home_actor> {
public:
  /// A session the pod found in its store, already spawned.
  using found_sessions = std::vector<card_ref>;

  home(caf::actor_config& config, unit_services& services, found_sessions found);

  behavior_type make_behavior() override;
  const char* name() const override { return "home"; }
  void on_exit() override { sessions_.clear(); }

private:
  struct entry {
    card_ref card;
    std::uint64_t epoch = 0;
  };

  void claim(const std::shared_ptr<attachment>& a);
  void release(const card_ref& card, std::uint64_t epoch);
  void shut_down();
  void tell();

  std::unordered_map<client_id, entry> sessions_;
  std::uint64_t last_epoch_ = 0;
  std::vector<card_ref> to_tell_; ///< that the pod stops
  std::size_t telling_ = 0;       ///< were told and have not said goodbye yet
};

/// Makes a session's card, for a session on `on` that is still to be started. Thread-safe.
card_ref make_session_card(unit_services& on, client_id client,
                           std::vector<pod_life> adopted_from = {});

/// Starts the actor of a card that was made for `on`. Thread-safe.
void start_session(unit_services& on, caf::actor_system& system, const card_ref& card,
                   std::shared_ptr<restored_session> restored);

/// Both at once.
card_ref spawn_session(unit_services& on, caf::actor_system& system, client_id client,
                       std::shared_ptr<restored_session> restored,
                       std::vector<pod_life> adopted_from = {});

} // namespace mqttzoo::actors
