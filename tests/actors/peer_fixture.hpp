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
      : publish_ticket(p, nullptr, 0, mqtt::packet_id::none), name_(std::move(name)),
        log_(std::move(log)) {}
  ~noted_ticket() override {
    log_->push_back(name_ + ':' + std::to_string(static_cast<int>(outcome().reason)));
  }

private:
  std::string name_;
  log_ref log_;
};

struct peer_fixture : fake_pod {
  using strings = std::vector<std::string>;
  using policy = mqtt::ticket::policy;

  peer_fixture() {
    pod.membership = sys.spawn(fake_membership, membership);
    for (const auto* life : {"c-1", "d-1"}) {
      auto m = make_ref<actors::cluster_member>(pod_life{life});
      logs[life] = std::make_shared<peer_log>();
      m->peer = sys.spawn(fake_peer, logs[life]);
      logs[life]->member = m.get();
      members.emplace(life, m);
    }
    members.emplace("a-1", make_ref<actors::cluster_member>(pod.life));
    // Was a member once: nobody sends to it.
    members.emplace("e-1", make_ref<actors::cluster_member>(pod_life{"e-1"}));
    spawn_peer(nullptr);
  }

  ~peer_fixture() override {
    run();
    caf::anon_send(b->peer, actors::shut_down_atom::value);
    for (auto& [life, log] : logs)
      caf::anon_send(members.at(life)->peer, actors::shut_down_atom::value);
    caf::anon_send(pod.membership, actors::shut_down_atom::value);
    run();
  }

  /// A new life of it; `before`: the view before the one that brought it.
  void spawn_peer(actors::view_ref before) {
    if (b)
      caf::anon_send(b->peer, actors::shut_down_atom::value);
    b = make_ref<actors::cluster_member>(pod_life{"b-1"});
    b->peer = actors::spawn_on<actors::peer>(services, sys, actors::member_ref{b}, before);
    members.insert_or_assign("b-1", b);
    run();
  }

  /// This pod and others.
  actors::view_ref view(std::int64_t number, const strings& others) const {
    std::vector<actors::member_ref> all{members.at("a-1")};
    for (const auto& life : others)
      all.push_back(members.at(life));
    return make_ref<const actors::cluster_view>(number, std::move(all), members.at("a-1"));
  }

  template<class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(b->peer, std::forward<Ts>(xs)...);
    run();
  }
  void link() { tell(actors::linked_atom::value, far.link()); }
  /// Until nothing moves at either end.
  void settle() {
    do
      run();
    while (far.wire.deliver(1) > 0);
  }
  /// Long enough for both ends to confirm what they had.
  void advance() {
    clock.advance(std::chrono::milliseconds{25});
    timers.run_due(clock.now());
    settle();
  }

  static mqtt::message_ref message(const std::string& payload,
                                   mqtt::qos qos = mqtt::qos::at_least_once) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>("t");
    head.qos = qos;
    return mqtt::message::make(std::move(head), {}, payload);
  }
  /// Named in `outcomes`.
  ref<actors::publish_ticket> promise(const std::string& name, policy p = policy::store_if_needed) {
    return make_ref<noted_ticket>(p, name, outcome_log);
  }

  /// A batch of a client here; a payload that begins with '-' needs no promise.
  void publish(const strings& payloads, policy p = policy::store_if_needed,
               std::vector<actors::departed_pod> orphans_of = {}) {
    auto batch =
        make_ref<actors::batch>(make_ref<const mqtt::shared_topic>("t"), actors::card_ref{}, 0);
    actors::ticket_list tickets;
    for (const auto& text : payloads) {
      batch->add({message(text), mqtt::packet_id::none});
      tickets.push_back(text.starts_with('-') ? nullptr : promise(text, p));
    }
    if (std::all_of(tickets.begin(), tickets.end(), [](const auto& t) { return t == nullptr; }))
      tickets.clear();
    batch->origin.orphans_of = std::move(orphans_of);
    caf::anon_send(b->peer, actors::publish_atom::value, actors::batch_ref{std::move(batch)},
                   std::move(tickets));
    run();
  }
  /// To a group.
  void publish_to_group(const std::string& payload, bool promised = true) {
    tell(actors::deliver_atom::value,
         actors::group_mail{"$share/g/t", message(payload), promised ? promise(payload) : nullptr,
                            nullptr, 0});
  }

  /// What the other pod was sent: "<number>=<payload>", number 0 if no answer is expected.
  strings heard() {
    strings all;
    for (const auto& body : far.take(actors::frame_kind::messages)) {
      actors::messages_reader in{body};
      const auto name = make_ref<const mqtt::shared_topic>(std::string{in.topic()});
      auto number = in.first_number();
      while (const auto m = in.next(name, clock.now())) {
        all.push_back(std::to_string(number) + '=' + std::string{m->payload()});
        number += number > 0;
      }
      CAF_CHECK(!in.failed());
    }
    return all;
  }
  /// The other pod says so.
  void answer(std::vector<std::uint64_t> numbers,
              mqtt::reason_code outcome = mqtt::reason_code::success) {
    far.say(actors::encode_settled({outcome, std::move(numbers)}));
    settle();
  }
  void give_word(std::uint64_t number) {
    far.say(
        actors::encode_word(number, {zk::create_op{"/x", "data", zk::create_mode::persistent}}));
    settle();
  }

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
