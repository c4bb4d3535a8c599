// The registrar: which pod has the session of each client whose home this pod is.
//
// One per pod of a cluster, on the first unit, for as long as the pod. Asked by the pod's own home
// for every client without a session there; asks, through the peers, the registrar of the pod that
// is the client's home in the current view. Knows from memory: with each view every pod tells the
// new homes which sessions it has (rosters), and later what it adopted and what ended. Whom nobody
// has is granted only once all rosters are here and the view is settled, for before that a departed
// pod's session may wait to be adopted. [MQTT-3.1.4-3]
//
// Words of an earlier view are void (whoever said them says them again), those of a later one are
// kept until it is installed. Every claim has a number of its home's, which verdicts repeat: so a
// verdict that crossed a change of mind is known as such.
//
// Bounded: own claims by those that wait at the home; others' that cannot be decided yet by
// sessions.max; frames of a later view by `early_bytes_max` a pod.
#pragma once

#include "actors/pinned.hpp"
#include "actors/registrar_frames.hpp"
#include "zk/paths.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class registrar final : public pinned_base<registrar_actor> {
public:
  registrar(caf::actor_config& config, unit_services& services, zk::paths paths);

  behavior_type make_behavior() override;
  const char* name() const override { return "registrar"; }

  // actor_record: descriptions_cluster.cpp
  wait_state waits() const override;
  void describe(facts& to) const override;
  void on_exit() override;

private:
  /// Of a later view, a pod; beyond: its link is closed.
  static constexpr std::size_t early_bytes_max = 256u << 20;

  struct claim_of {
    member_ref by;
    std::uint64_t number = 0;
  };

  /// What a member that is ahead of us said, in its newest view.
  struct early {
    std::int64_t view = 0;
    std::size_t bytes = 0;
    std::vector<std::pair<net::link_kind, registrar_frame>> frames;
  };

  void install(const view_ref& v);
  void take_roster(std::int64_t number, const std::vector<client_id>& clients);
  void settle(const view_ref& v);
  void claim(const client_id& client, std::uint64_t number);
  void submit(const client_id& client, std::uint64_t number);
  void ask(const member_ref& to, const client_id& client, std::uint64_t number);
  void adopted_here(const client_id& client);
  void released_here(const client_id& client);

  void hear(const member_ref& from, const pod_frame& frame);
  void keep_for_later(const member_ref& from, const pod_frame& frame, registrar_frame f);
  void take_early();
  void take(const member_ref& from, net::link_kind kind, const registrar_frame& f);
  const char* check(const member_ref& from, net::link_kind kind, const registrar_frame& f) const;
  void misbehaved(const member_ref& from, std::string what);

  bool can_grant() const noexcept { return settled_ && gathered_ && missing_.empty(); }
  void judge(const client_id& client, const claim_of& c);
  void put_off(const client_id& client, const claim_of& c);
  void decide(const client_id& client);
  void decide_all_if_clear();
  void count_put_off(std::size_t n);
  void enter(const client_id& client, const member_ref& holder);
  void strike(const client_id& client, const member_ref& holder);
  void answer(const client_id& client, const claim_of& c, const member_ref& holder);
  void take_verdict(const client_id& client, std::uint64_t number, const member_ref& holder);

  const member_ref& home_of(const client_id& client) const;
  bool is_self(const member_ref& m) const { return m->life == view_->self->life; }
  void tell(const member_ref& whom, net::link_kind kind, const registrar_frame& f);

  zk::paths paths_;
  view_ref view_;         ///< null until the first is installed
  bool gathered_ = false; ///< the pod's own sessions are entered and told
  bool settled_ = false;
  std::set<pod_life> missing_; ///< members whose rosters have not come to an end
  std::unordered_map<client_id, member_ref> holders_;
  std::unordered_map<client_id, std::uint64_t> claims_; ///< of the home here, not answered yet
  std::unordered_map<client_id, std::vector<claim_of>> put_off_; ///< until they can be decided
  net::time_point put_off_since_{};                              ///< while there are any
  std::size_t put_off_count_ = 0;                                ///< see count_put_off()
  std::unordered_map<pod_life, early> early_;
};

} // namespace mqttzoo::actors
