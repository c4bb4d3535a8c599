// A peer between recorders, and the pod that it stands for at the other end of its links.
//
// Lives for one test, on its thread. This pod is "a-1", the other one "b-1"; "c-1" and "d-1" are
// members whose peers are recorders.
#pragma once

#include "actors/frame_kinds.hpp"
#include "actors/peer.hpp"
#include "actors/peer_frames.hpp"
#include "tests/actors/fake_pod.hpp"
#include "tests/actors/far_side.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// A promise that writes down how it ended: "<name>:<reason>".
class noted_ticket final : public actors::publish_ticket {
public:
  using log_ref = std::shared_ptr<std::vector<std::string>>;

  noted_ticket(policy p, std::string name, log_ref log)
      : publish_ticket(p, nullptr, mqtt::connection_epoch::none, mqtt::packet_id::none),
        name_(std::move(name)), log_(std::move(log)) {}
  ~noted_ticket() override;

private:
  std::string name_;
  log_ref log_;
};

struct peer_fixture : fake_pod {
  using strings = std::vector<std::string>;
  using policy = mqtt::ticket::policy;

  peer_fixture();

  ~peer_fixture() override;

  /// A new life of it; `before`: the view before the one that brought it.
  void spawn_peer(actors::view_ref before);

  /// This pod and others.
  actors::view_ref view(std::int64_t number, const strings& others) const;

  template<class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(b->peer, std::forward<Ts>(xs)...);
    run();
  }
  void link() { tell(actors::linked_atom::value, far.link()); }
  /// Until nothing moves at either end.
  void settle();
  /// Long enough for both ends to confirm what they had.
  void advance();

  static mqtt::message_ref message(const std::string& payload,
                                   mqtt::qos qos = mqtt::qos::at_least_once);
  /// What a pod of ours says of one message, for this pod.
  static actors::pod_frame far_message(const std::string& payload, std::uint64_t number);
  /// Named in `outcomes`.
  ref<actors::publish_ticket> promise(const std::string& name, policy p = policy::store_if_needed);

  /// A batch of a client here; a payload that begins with '-' needs no promise.
  void publish(const strings& payloads, policy p = policy::store_if_needed,
               std::vector<actors::departed_pod> orphans_of = {});
  /// To a group.
  void publish_to_group(const std::string& payload, bool promised = true);

  /// What the other pod was sent: "<number>=<payload>", number 0 if no answer is expected.
  strings heard();
  /// The other pod says so.
  void answer(std::vector<std::uint64_t> numbers,
              mqtt::reason_code outcome = mqtt::reason_code::success);
  void give_word(std::uint64_t number);

  strings take_outcomes() { return std::exchange(outcomes, {}); }
  std::uint64_t dropped() const { return services.counters.publishes_dropped.get(); }

  far_side far{timers, clock, {"b", 1}};
  std::shared_ptr<membership_log> membership = std::make_shared<membership_log>();
  std::map<std::string, actors::member_ref> members;
  std::map<std::string, std::shared_ptr<peer_log>> logs; ///< what c-1 and d-1 were told
  ref<actors::cluster_member> b;
  /// Who still holds a promise may live longer than the fixture.
  noted_ticket::log_ref outcome_log = std::make_shared<strings>();
  strings& outcomes = *outcome_log;
};

} // namespace mqttzoo::test
