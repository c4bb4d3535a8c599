// Which pods there are, and how far all of them have come with every change of that.
//
// One per pod with ZooKeeper, on the first unit, for as long as the pod. Watches the node `pods`,
// where each pod has an ephemeral child. Each state of it is a view; a view is carried through in
// steps that all pods take together, by telling each other how far they are:
//
//   installing   this pod's actors work by the new view; what departed pods wanted waits
//   meeting      until every member has installed it
//   yielding     only where sessions of one pod move (usher.hpp): until that pod has confirmed all
//                it was sent, and has let go of them
//   adopting     this pod takes over its share of the sessions that departed pods had
//   gathering    until every member has adopted its share
//   handing over what departed pods did not confirm goes to all members
//   settled      everything flows, topics as soon as the directory knows anew what others want;
//                the other pods are told of that
//
// A view that comes before the last one was settled begins anew with the first step. A pod that is
// cut off from ZooKeeper sees no new view and takes no step; its session ends, and it with it.
#pragma once

#include "actors/link_source.hpp"
#include "actors/move_frames.hpp"
#include "actors/pinned.hpp"
#include "actors/store_ear.hpp"
#include "zk/paths.hpp"
#include "zk/pod_record.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class membership final : public pinned_base<membership_actor>, private net::timer_client {
public:
  static void retire(const peer_actor& p);

  struct parts {
    zk::paths paths;
    link_source* links = nullptr;
    /// This pod's own node is gone while its session lives: somebody removed it.
    std::function<void()> on_removed;
    /// The pod stops, and this peer was told so: it is to retire when nobody sends to it any more.
    std::function<void(const peer_actor&)> on_left = retire;
  };

  membership(caf::actor_config& config, unit_services& services, parts with);
  ~membership() override;

  behavior_type make_behavior() override;
  const char* name() const override { return "membership"; }

  // actor_record: descriptions_cluster.cpp
  wait_state waits() const override;
  void describe(facts& to) const override;
  /// Every step of the last view that it knows is done. On the unit's thread.
  bool settled() const noexcept { return view_ && step_ == step::settled; }
  void on_exit() override;

private:
  enum class step : std::uint8_t {
    installing,
    meeting,
    yielding,
    adopting,
    gathering,
    handing_over,
    settled
  };

  struct known_pod {
    zk::pod_record record;
    member_ref member;
    std::int64_t reached = -1; ///< the latest view it has installed
    std::int64_t adopted = -1; ///< and whose orphans it has adopted
    std::int64_t drained = -1; ///< in which it has nothing under way to the pod that yields
    std::int64_t settled = -1; ///< the latest in which topics go on there
    std::int64_t yielded = -1; ///< in which its sessions that move are nobody's
  };

  // what ZooKeeper says
  void on_due(net::time_point now) override;
  void listen();
  void read_pods();
  void read_records(std::vector<std::string> names, std::int64_t number);
  void record_came(const std::string& name, const std::string& data);
  void read_marker();
  void read_then(const std::string& path, std::function<void(const std::string&)> on_data);
  session_move move_of(const std::vector<member_ref>& members) const;
  void conclude();
  void enter_view(std::int64_t number, const std::vector<std::string>& names);
  void take_in(const pod_life& life, const zk::pod_record& record);
  void dismiss(const pod_life& life);
  void give_links();
  void leave(const peer_actor& p);

  // how far everybody is
  void installed(std::int64_t number);
  void adopted(std::int64_t number);
  void drained(std::int64_t number);
  void yielded(std::int64_t number);
  void handed_over(const pod_life& life);
  void heard(const member_ref& from, const pod_frame& f);
  void linked(const net::pod_link_ptr& link);
  void go_on();
  bool all_have(std::int64_t known_pod::*done) const;
  void tell_all(const pod_frame& f);
  pod_frame step_frame(net::link_kind kind) const;
  void tell_step(net::link_kind kind);
  void begin(step next);
  void begin_to_yield();
  void ask_for_yield();
  void tell_usher();
  void settle();
  void topics_go_on(std::int64_t number);

  parts with_;
  std::shared_ptr<store_ear> ear_;
  std::map<pod_life, known_pod> pods_; ///< members, this pod included
  view_ref view_;
  step step_ = step::settled;
  net::time_point step_since_{};  ///< once there is a view
  std::size_t not_installed_ = 0; ///< of this pod's actors
  bool asked_to_yield_ = false;   ///< the usher was told that all members are drained
  /// A departed pod.
  struct ghost {
    member_ref member;
    bool handed_over = false; ///< its peer has nothing left
  };
  /// Their peers end together, as one may pass on to another.
  std::map<pod_life, ghost> ghosts_;
  std::vector<net::pod_link_ptr> early_links_; ///< of pods that are no members yet

  // a reading that is under way
  struct reading {
    reading() {} // else clang 14 does not find that it can be made
    std::int64_t number = 0;
    std::vector<std::string> names;
    std::map<std::string, zk::pod_record> records; ///< of those that are new
    std::optional<move_marker> move;               ///< as somebody's marker says
    std::size_t missing = 0;
    bool failed = false; ///< the store did not give one of them
  };
  std::optional<reading> reading_;
  bool read_again_ = false;
};

} // namespace mqttzoo::actors
