// Which pods there are: one state of the cluster's membership, as ZooKeeper numbers them.
//
// Made by the membership actor, shared by whoever works with it, immutable. All pods that know a
// view's number know the same members. Also says which pod is the home of what: by rendezvous
// hashing, so that a pod that comes or goes moves its own share and nothing else.
#pragma once

#include "actors/cluster_interfaces.hpp"
#include "actors/pigeonhole.hpp"
#include "core/ids.hpp"
#include "core/ref.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace mqttzoo::actors {

/// A pod's life as this pod knows it, from the view that brought it until nobody refers to it.
class cluster_member final : public ref_counted {
public:
  explicit cluster_member(pod_life l, std::string m = {})
      : life(std::move(l)), mqtt(std::move(m)) {}

  const pod_life life;
  /// Where clients connect to it; empty: nobody but itself knows.
  const std::string mqtt;
  /// The way to it; null for this pod itself. Set once by the membership actor, before anybody
  /// else sees the member.
  peer_actor peer;
  /// What became here of messages of that pod.
  mutable pigeonhole<far_slip> settlements;
  /// The longest frame that it takes, once it is linked. Written by its peer.
  mutable std::atomic<std::size_t> frame_bytes_max{std::numeric_limits<std::size_t>::max()};
  /// Of batches that came from there and that no topic here has handed out yet.
  mutable std::atomic<std::size_t> transit_bytes{0};
  /// Its peer wants to hear when they fall.
  mutable std::atomic<bool> transit_waiter{false};
};

/// One of 65,536 parts of all client ids: the first two levels of a session's path.
enum class client_bucket : std::uint16_t {};

/// Which of them `.../<ab>/<cd>` is; nothing if it is no bucket.
std::optional<client_bucket> bucket_of(std::string_view path);

/// Sessions of one pod go to their homes in this view; see usher.hpp.
struct session_move {
  member_ref by; ///< null: none do
  std::uint64_t batch = 0;
  move_purpose why{};
};

class cluster_view final : public ref_counted {
public:
  /// `members` in any order, `self` among them.
  cluster_view(std::int64_t number, std::vector<member_ref> members, member_ref self,
               session_move move = {});

  const std::int64_t number;             ///< rises with every change
  const std::vector<member_ref> members; ///< by life
  const member_ref self;
  const session_move move;

  bool alone() const noexcept { return members.size() == 1; }
  /// Null if it is not a member (any more, or yet).
  member_ref find(const pod_life& life) const;
  bool contains(const pod_life& life) const { return find(life) != nullptr; }
  /// The member that says who has the sessions of these clients. One that drains is nobody's home,
  /// if there is another.
  const member_ref& home_of(client_bucket bucket) const;
  /// The one that will be when `leaves` is none any more.
  const member_ref& home_without(const member_ref& leaves, client_bucket bucket) const;
  /// Whether sessions of `life` move in this view.
  bool moves_from(const pod_life& life) const { return move.by && move.by->life == life; }

private:
  std::vector<std::uint64_t> seeds_; ///< parallel to members
};

} // namespace mqttzoo::actors
