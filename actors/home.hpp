// The home of all client ids: it says which session belongs to which client, one at a time.
//
// One per pod, on the first unit, for as long as the pod. Asked by doormen for every CONNECT. Each
// grant has an epoch; a session that ends is let go only if no later connection was granted it, so
// a client is never sent to a session that is leaving. [MQTT-3.1.4-3]
//
// Among several pods a client without a session here waits until the registrar says that its
// session may begin here, or which pod has it: then the porter takes the connection there. The
// other way round, the home finds the session for connections of other pods. Bounded:
// sessions.max clients wait, each for cluster.claim.timeout. What one account may have is counted
// here, so at each pod by itself; a session from the store counts when its client is back.
#pragma once

#include "actors/account_roll.hpp"
#include "actors/attachment.hpp"
#include "actors/pinned.hpp"
#include "actors/session.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class home final : public pinned_base<home_actor>, private net::timer_client {
public:
  /// A session the pod found in its store, already spawned.
  using found_sessions = std::vector<card_ref>;

  home(caf::actor_config& config, unit_services& services, found_sessions found);

  behavior_type make_behavior() override;
  const char* name() const override { return "home"; }
  void describe(facts& to) const override; // descriptions.cpp
  void on_exit() override;

private:
  struct entry {
    card_ref card;
    mqtt::connection_epoch epoch{};
    account_roll::place account = {}; ///< of its last client
  };
  using entries = std::unordered_map<client_id, entry>;

  using due_times = std::multimap<net::time_point, client_id>;

  /// The latest connection of a client without a session here.
  struct waiting {
    std::shared_ptr<attachment> connection;
    std::uint64_t claim = 0; ///< its number
    due_times::iterator due;
  };
  /// A session on its way to another pod; see usher.hpp.
  struct leaving {
    entry was;
    std::uint64_t batch = 0;
    bool nobodys = false;                   ///< the registrars do not know of it any more
    std::shared_ptr<attachment> connection; ///< the latest that came before that; often null
  };
  using all_waiting = std::unordered_map<client_id, waiting>;

  void claim(const std::shared_ptr<attachment>& a);
  void grant(entry& e, const std::shared_ptr<attachment>& a);
  bool begin(const client_id& client, const std::shared_ptr<attachment>& a);
  bool has_room_for(const mqtt::identity& who);
  void count_for(entry& e, const mqtt::identity& who);
  void refuse(const std::shared_ptr<attachment>& a, mqtt::reason_code why, std::string text);
  void release(const card_ref& card, mqtt::connection_epoch epoch);
  void shut_down();
  /// The next of those that are yet to be told; ends the rest when the last has answered.
  void shut_down_some();

  // home_moves.cpp
  bool turn_away(const client_id& client, const std::shared_ptr<attachment>& a);
  void list();
  void dismiss(const dismissal_round& round);
  bool release_leaving(const card_ref& card);
  void go_back(const std::vector<card_ref>& cards);
  void moved(std::uint64_t batch);

  // home_cluster.cpp: among several pods
  void wait(const client_id& client, const std::shared_ptr<attachment>& a);
  std::shared_ptr<attachment> stop_waiting(all_waiting::iterator at);
  void on_due(net::time_point now) override;
  void granted(const client_id& client, std::uint64_t claim);
  void held(const client_id& client, std::uint64_t claim, const member_ref& by);
  void adopt(const std::vector<card_ref>& cards);
  void tell_roster(const view_ref& view);
  void attach_far(const std::shared_ptr<far_attachment>& f);
  static void answer_not_here(const far_attachment& f);
  void supersede_far(const client_id& client);

  account_roll accounts_;
  entries sessions_;
  mqtt::connection_epoch last_epoch_{};
  std::vector<card_ref> to_tell_; ///< that the pod stops
  std::size_t telling_ = 0;       ///< were told and have not said goodbye yet
  bool stops_ = false;

  std::unordered_map<client_id, leaving> leaving_; ///< none of them is in sessions_
  std::vector<card_ref> moved_; ///< other pods' by now, and not out of all routes yet
  std::shared_ptr<const drain_orders> drains_; ///< null: it does not
  std::size_t turned_away_ = 0;                ///< clients, since it drains

  all_waiting waiting_; ///< none of them is in sessions_
  due_times due_;       ///< of waiting_
  std::uint64_t last_claim_ = 0;
  std::uint64_t last_stream_ = 0; ///< number of what was asked of another pod
  /// Other pods' connections that wait until a session here is over; all are in sessions_.
  std::unordered_map<client_id, std::shared_ptr<far_attachment>> successors_;
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
