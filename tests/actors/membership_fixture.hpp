// A pod's membership with real peers, and the other pods at the far ends of their links.
//
// Lives for one test, on its thread.
#pragma once

#include "actors/frame_bytes.hpp"
#include "actors/frame_kinds.hpp"
#include "actors/membership.hpp"
#include "actors/peer_frames.hpp"
#include "tests/actors/fake_pod.hpp"
#include "tests/actors/far_side.hpp"
#include "tests/actors/manual_tree.hpp"
#include "tests/actors/store_proxy.hpp"
#include "zk/embedded_store.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

using namespace actors;
using strings = std::vector<std::string>;
using numbers = std::vector<std::int64_t>;

/// Refuses what it is told to, in its next turn.
class unwilling_store final : public store_proxy {
public:
  using store_proxy::store_proxy;

  void children(zk::executor& where, std::string path, zk::watcher watch,
                zk::handler<zk::child_list> done) override {
    ++lists;
    if (std::exchange(refuse_list, false))
      return refusals_.push_back([done] { done(unexpected(zk::error::overloaded)); });
    store_proxy::children(where, std::move(path), std::move(watch), std::move(done));
  }
  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    if (const auto meanwhile = std::exchange(before_record, nullptr))
      meanwhile();
    if (std::exchange(refuse_record, false))
      return refusals_.push_back([done] { done(unexpected(zk::error::overloaded)); });
    store_proxy::get(where, std::move(path), std::move(watch), std::move(done));
  }

  /// False if there is none to say.
  bool refuse() {
    const auto now = std::exchange(refusals_, {});
    for (const auto& say : now)
      say();
    return !now.empty();
  }

  int lists = 0;
  bool refuse_list = false; ///< the next one
  bool refuse_record = false;
  std::function<void()> before_record; ///< once

private:
  std::vector<std::function<void()>> refusals_;
};

/// Which pods links are kept up to: "+b-1", "-b-1".
struct noted_links final : link_source {
  void keep(const zk::pod_record& p) override { log.push_back("+" + p.links); }
  void let_go(const zk::pod_record& p) override { log.push_back("-" + p.links); }
  strings log;
};

struct membership_fixture : fake_pod {
  membership_fixture() {
    tree = open_manual_tree(clock, answers);
    store = std::make_unique<unwilling_store>(*tree);
    pod.store = store.get();
    pod.store_answers = &answers;
    pod.sys = sys.spawn([this](sys_actor::pointer) -> sys_actor::behavior_type {
      return {
          [this](heard_atom, const member_ref& m, const pod_frame&) {
            told_sys.push_back("figures of " + m->life.str());
          },
          [this](depart_atom, const pod_life& life) {
            told_sys.push_back(life.str() + " departed");
          },
          [](reloaded_atom) {},
          [](shut_down_atom) {},
      };
    });
    pod.usher = sys.spawn(fake_usher, usher);
    come("a");
  }

  ~membership_fixture() override {
    directory->installed.clear();
    stop();
    caf::anon_send_exit(pod.sys, caf::exit_reason::user_shutdown);
    caf::anon_send(pod.usher, shut_down_atom::value);
    run();
  }

  void start() {
    pod.membership = spawn_on<membership>(
        services, sys, membership::parts{paths, &links, [this] { ++removed; }, on_left});
    settle();
  }
  void stop() {
    caf::anon_send(pod.membership, shut_down_atom::value);
    settle();
  }

  void settle() {
    bool moved = true;
    while (moved) {
      run();
      moved = tree->run_turn() > 0;
      moved |= store && store->refuse();
      for (auto& [name, pod_there] : far)
        moved |= pod_there.wire.deliver(1) > 0;
    }
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    settle();
  }

  // --- the tree ---

  /// A pod's node, without any turn of this pod.
  void make_node(const std::string& life, const std::string& data) {
    tree->create(answers, paths.pod(pod_life{life}), data, zk::create_mode::persistent,
                 [](auto r) { CAF_REQUIRE(r); });
  }
  void come(const std::string& name, std::uint64_t incarnation = 1) {
    const auto life = name + '-' + std::to_string(incarnation);
    make_node(life, zk::encode_pod({name, incarnation, life, "", ""}));
    settle();
  }
  /// Sessions of that pod move.
  void mark(const std::string& life, std::uint64_t batch, move_purpose why) {
    tree->remove(answers, paths.mover(), zk::any_version, [](auto) {});
    tree->create(answers, paths.mover(), encode_marker({pod_life{life}, batch, why}),
                 zk::create_mode::persistent, [](auto r) { CAF_REQUIRE(r); });
    settle();
  }
  void go(const std::string& life) {
    tree->remove(answers, paths.pod(pod_life{life}), zk::any_version, [](auto) {});
    settle();
  }

  // --- other pods ---

  far_side& at(const std::string& name, std::uint64_t incarnation = 1) {
    return far.try_emplace(name, timers, clock, net::link_peer{name, incarnation}).first->second;
  }
  void link(const std::string& name, std::uint64_t incarnation = 1) {
    caf::anon_send(pod.membership, linked_atom::value, at(name, incarnation).link());
    settle();
  }
  /// It has come and has a link.
  void join(const std::string& name) {
    come(name);
    link(name);
  }
  void say(const std::string& name, net::link_kind step, std::int64_t view) {
    std::string body;
    append_u64(body, static_cast<std::uint64_t>(view));
    at(name).say(step, body);
    settle();
  }
  /// The views for which it was told of that step.
  numbers told(const std::string& name, net::link_kind step) {
    numbers all;
    for (const auto& body : at(name).take(step))
      all.push_back(static_cast<std::int64_t>(frame_reader{body}.u64()));
    return all;
  }

  // --- this pod's actors ---

  void installed(std::int64_t view, int times = 3) {
    for (; times > 0; --times)
      caf::anon_send(pod.membership, installed_atom::value, view);
    settle();
  }
  void adopted(std::int64_t view) {
    caf::anon_send(pod.membership, adopted_atom::value, view);
    settle();
  }
  /// Every step, with whoever is there.
  void carry_through(std::int64_t view, const strings& others) {
    installed(view);
    for (const auto& name : others)
      say(name, frame_kind::reached, view);
    adopted(view);
    for (const auto& name : others)
      say(name, frame_kind::has_adopted, view);
    CAF_REQUIRE(is_settled());
  }
  bool is_settled() const {
    return static_cast<const membership&>(*caf::actor_cast<caf::abstract_actor*>(pod.membership))
        .settled();
  }
  strings lives() const {
    strings all;
    for (const auto& m : directory->installed.back()->members)
      all.push_back(m->life.str());
    return all;
  }
  numbers views() const {
    numbers all;
    for (const auto& v : directory->installed)
      all.push_back(v->number);
    return all;
  }
  peer_actor peer_of(const std::string& life) const {
    member_ref last;
    for (const auto& v : directory->installed)
      if (const auto m = v->find(pod_life{life}))
        last = m;
    CAF_REQUIRE(last);
    return last->peer;
  }

  /// It has a message that waits for the store.
  void speak(const std::string& name, std::uint64_t number) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>("t");
    head.qos = mqtt::qos::exactly_once;
    auto b = make_ref<batch>(head.topic, card_ref{}, mqtt::connection_epoch::none);
    b->add({mqtt::message::make(std::move(head), {}, "m"), mqtt::packet_id::none});
    ticket_list tickets{make_ref<publish_ticket>(mqtt::ticket::policy::store_first, nullptr,
                                                 mqtt::connection_epoch::none,
                                                 mqtt::packet_id::none)};
    caf::anon_send(peer_of(name + "-1"), publish_atom::value, batch_ref{std::move(b)},
                   std::move(tickets));
    settle();
    at(name).say(encode_word(number, {}));
    settle();
  }

  const zk::paths paths;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> tree;
  std::unique_ptr<unwilling_store> store;
  std::shared_ptr<usher_log> usher = std::make_shared<usher_log>();
  noted_links links;
  std::function<void(const peer_actor&)> on_left = membership::retire;
  std::map<std::string, far_side> far;
  strings told_sys;
  int removed = 0;
};

} // namespace mqttzoo::test
