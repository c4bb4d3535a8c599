// A unit's porter: carries the bytes of clients that are connected to one pod and have their
// session at another.
//
// One per unit of a pod in a cluster, for as long as the pod. On the client's side it owns a
// carrier for each connection that the home sent it; on the session's side it makes a
// far_connection, which the session uses like any other. The first unit's porter hears all frames
// and passes them on to the unit they name. When a pod departs, all that is carried from and to it
// ends. Bounded by the connections of the client's side; each stream by its window and by what a
// session writes before it is congested.
#pragma once

#include "actors/attachment.hpp"
#include "actors/far_connection.hpp"
#include "actors/pinned.hpp"
#include "actors/porter_frames.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class porter final : public pinned_base<porter_actor> {
public:
  porter(caf::actor_config& config, unit_services& services);
  ~porter() override;

  behavior_type make_behavior() override;
  const char* name() const override { return "porter"; }

  // actor_record: descriptions_cluster.cpp
  void describe(facts& to) const override;
  void on_exit() override;

  // --- for its carriers and far connections, from any event of the unit's ---

  void tell(const member_ref& pod, pod_frame frame);
  std::size_t outbox_bytes_max() const { return services().settings.net.outbox_bytes_max; }
  /// Calls take_turn() with the end of this turn.
  void give_turn(std::weak_ptr<far_connection> c);
  /// It has closed.
  void forget(const far_connection& c);

private:
  class carrier;
  using far_connections = std::unordered_map<std::uint64_t, far_connection*>;

  void carry(const std::shared_ptr<attachment>& a, const member_ref& to, std::uint64_t number);
  void attach_far(far_attachment& f);
  void take_turns();
  void hear(const member_ref& from, const pod_frame& frame);
  void hear_attach(const member_ref& from, const pod_frame& frame);
  void hear_as_client(const member_ref& from, const stream_frame& f);
  void hear_as_session(const member_ref& from, const stream_frame& f);
  void depart(const member_ref& pod);
  void shut_down();
  void leave(carrier& c);
  void give_back(carrier& c);
  void misbehaved(const member_ref& from, const char* what);

  /// By number, which this pod's home gave.
  std::unordered_map<std::uint64_t, std::unique_ptr<carrier>> carriers_;
  std::vector<std::unique_ptr<carrier>> gone_; ///< left during their own event
  std::unordered_map<pod_life, far_connections> far_;
  std::vector<std::weak_ptr<far_connection>> turns_;
};

} // namespace mqttzoo::actors
