// The usher: sends this pod's clients elsewhere and hands its sessions over, at a rate, in batches.
//
// One per pod, on the first unit, for as long as the pod. Told by the pod that it is to stop
// (drain) or by an operator that other pods are to have their share (rebalance). Asks the home for
// the sessions here and has it dismiss some of them each round. A clean session ends with its
// connection. A persistent one moves to its home in the cluster (cluster_view.hpp), where its
// client is sent; with no other pod it stays, as the store has it. Standard: 4.11 of 5.0.
//
// A batch moves in a view of its own, as sessions of a pod that departed do (decision 17):
//
//   parking   its sessions lose their clients, until the store has all there is of them
//   marking   this pod's marker in ZooKeeper names the batch, and with it a new view
//   draining  in that view topics keep what needs a promise, until this pod has confirmed all
//             that it was sent (membership)
//   sealing   what is still on its way inside this pod comes to the sessions
//   giving    their owner nodes say that they are nobody's
//   settling  their homes were told, adopt them, and the topics of all pods go on
//
// What cannot be parked or sealed in time stays and is tried again. Once given a batch only goes
// forward: whoever dies meanwhile, the homes find its sessions as those of a departed pod. One pod
// at a time has the marker. Bounded: sessions of a batch, time for each of its steps, and of a
// drain by drain.deadline, after which the pod stops with what is left.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/move_frames.hpp"
#include "actors/pinned.hpp"
#include "actors/session_card.hpp"
#include "net/timer_queue.hpp"
#include "zk/paths.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

class usher final : public pinned_base<usher_actor>, private net::timer_client {
public:
  static constexpr std::size_t batch_max = 1000;
  /// So often a rebalance looks for what could not move the last time.
  static constexpr unsigned rebalance_lists_max = 3;

  /// `on_drained`: the pod may stop; once.
  usher(caf::actor_config& config, unit_services& services, zk::paths paths,
        std::function<void()> on_drained);

  behavior_type make_behavior() override;
  const char* name() const override { return "usher"; }

  // actor_record
  wait_state waits() const override;
  void describe(facts& to) const override;
  void on_exit() override;

private:
  using cards = std::vector<card_ref>;
  using shared_cards = std::shared_ptr<const cards>;
  using state = drain_figures::state;
  enum class step : std::uint8_t {
    idle,       ///< until the next round
    listing,    ///< the home is asked who is here
    dismissing, ///< and to dismiss some
    parking,
    marking,
    draining,
    sealing,
    giving,
    settling
  };

  // what is to be done
  void drain();
  void rebalance(std::uint32_t rate);
  void start(state as);
  void give_orders();
  void found(const cards& here);
  void next_round();
  bool movable() const;
  dismissal dismissal_of(const card_ref& session) const;
  void finish();

  // one batch: usher_moves.cpp
  void dismissed(const cards& moving);
  void rested(const card_ref& session, rest how);
  void await_all();
  move_purpose purpose() const;
  void mark();
  using marker_answer = std::function<void(const expected<std::optional<move_marker>, zk::error>&)>;
  void look_at_marker(marker_answer then);
  void try_to_mark();
  void drop_marker();
  void remove_marker();
  void installed(const view_ref& v);
  void yield(const view_ref& v);
  void give();
  void given(const cards& sessions);
  void tell_homes();
  void settled(const view_ref& v);
  void give_up_waiting();
  void stay(const cards& sessions);
  void end_batch();

  static std::chrono::milliseconds patience_in(step s);
  static const char* to_text(step s);
  std::chrono::milliseconds interval() const;
  void enter(step next);
  void on_due(net::time_point now) override;
  void arm();

  const zk::paths paths_;
  std::function<void()> on_drained_;
  view_ref view_;          ///< the last that was settled; null: none, or alone
  bool unsettled_ = false; ///< another one is under way, as far as is known here
  state is_ = state::serving;
  step step_ = step::idle;
  net::time_point step_since_{};
  std::uint32_t rate_ = 0;
  net::time_point deadline_ = net::time_point::max();
  net::time_point round_at_ = net::time_point::max();
  net::time_point last_round_{};
  cards to_leave_;     ///< the last is the next
  unsigned lists_ = 0; ///< that the home was asked for
  net::time_point listed_at_{};

  std::uint64_t batch_ = 0;                    ///< its number
  cards moving_;                               ///< sessions of the batch
  std::unordered_set<session_number> awaited_; ///< of those, that have not said that they rest
  /// `pods/mover`, of which there is one for all pods.
  enum class marker : std::uint8_t {
    others, ///< or nobody's
    own,
    unsure ///< an answer was lost: looked at before anything is done to it
  };
  marker marker_ = marker::others;
  bool asks_ = false;  ///< a question about it is under way
  view_ref yields_in_; ///< the membership waits for `yielded`
};

} // namespace mqttzoo::actors
