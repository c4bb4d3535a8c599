// A pod of two units under CAF's deterministic coordinator: a manual clock, connections that
// record, and a store that turns when told.
//
// Lives for one test. Everything runs on the test's thread: run() drains mailboxes, settle() also
// lets the store answer.
#pragma once

#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/directory.hpp"
#include "actors/doorman.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/post_office.hpp"
#include "actors/reaper.hpp"
#include "actors/recovery.hpp"
#include "actors/session.hpp"
#include "core/clock.hpp"
#include "tests/actors/fake_connection.hpp"
#include "tests/actors/fakes.hpp"
#include "zk/create_missing.hpp"
#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// What a pod is made of, where a test wants something else than an empty store in memory.
struct pod_options {
  std::string path = ":memory:";
  core::manual_clock* clock = nullptr; ///< null: one of its own
  actors::recovered found = {};
  /// Nothing's time is over in a test that is about something else.
  core::bank_settings bank = long_lived();
  zk::faulty_options faults = {};
  std::uint64_t random_seed = 1; ///< of TTLs

  static core::bank_settings long_lived() {
    auto s = core::settings{}.bank;
    s.ttl_min = s.ttl_max = std::chrono::hours{24};
    return s;
  }
};

/// Two units on one thread. The index, the post office and, unless they say otherwise, all clients
/// are on the first.
struct pod_fixture : test_coordinator_fixture<> {
  explicit pod_fixture(pod_options options = {})
      : clock(options.clock ? *options.clock : own_clock_) {
    zk::embedded_options embedded;
    embedded.path = options.path;
    embedded.clock = &clock;
    embedded.threading = zk::store_threading::manual;
    store = std::move(zk::embedded_store::open(embedded).value());
    faults = std::make_unique<zk::faulty_store>(*store, options.faults);
    pod.random_seed = options.random_seed;
    pod.clock = &clock;
    pod.store = faults.get();
    pod.store_answers = &answers;
    for (const auto& path : zk::paths{}.skeleton())
      store->create(answers, path, {}, zk::create_mode::persistent, [](auto) {});
    store->run_turn();
    services.settings.bank = second.settings.bank = banking.settings.bank = options.bank;
    banking.pod = &pod;
    banking.host = sys.dummy_execution_unit();
    banking.timers = &bank_timers;
    make_unit(services, 0);
    make_unit(second, 1);
    make_actors(std::move(options.found));
    settle();
  }

  ~pod_fixture() override {
    settle();
    for (auto* u : pod.units) {
      caf::anon_send(u->doorman, actors::shut_down_atom::value);
      caf::anon_send_exit(u->courier_handle, caf::exit_reason::user_shutdown);
    }
    caf::anon_send(pod.home, actors::shut_down_atom::value);
    run();
    for (auto& [life, other] : others_)
      caf::anon_send(other.member->peer, actors::shut_down_atom::value);
    others_.clear();
    if (pod.clustered()) {
      caf::anon_send(pod.membership, actors::shut_down_atom::value);
      caf::anon_send(pod.adopter, actors::shut_down_atom::value);
      caf::anon_send(pod.registrar, actors::shut_down_atom::value);
      caf::anon_send(pod.directory, actors::shut_down_atom::value);
    }
    caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pod.post_office, caf::exit_reason::user_shutdown);
    settle();
    caf::anon_send_exit(pod.bank, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pod.reaper, caf::exit_reason::user_shutdown);
    settle();
    for (auto* u : pod.units) {
      u->courier_handle = nullptr;
      u->doorman = nullptr;
    }
    pod.membership = nullptr;
    pod.adopter = nullptr;
    pod.registrar = nullptr;
    pod.directory = nullptr;
    pod.index = nullptr;
    pod.home = nullptr;
    pod.post_office = nullptr;
    pod.bank = nullptr;
    pod.reaper = nullptr;
  }

  /// Runs everything until nothing moves: mailboxes and the store.
  void settle() {
    do
      run();
    while (store->run_turn() > 0 || faults->step());
    run();
  }

  /// The same, but whose turn it is is drawn: what runs at the same time on several units may
  /// happen in any order.
  void settle_shuffled(std::mt19937_64& random) {
    do
      while (step_shuffled(random)) {
      }
    while (store->run_turn() > 0);
  }

  /// One message of an actor that is drawn; false if none has any.
  bool step_shuffled(std::mt19937_64& random) {
    if (sched.jobs.empty())
      return false;
    std::swap(sched.jobs.front(), sched.jobs[random() % sched.jobs.size()]);
    sched.run_once();
    return true;
  }

  void advance(std::chrono::nanoseconds by) {
    pass(by);
    settle();
  }

  /// Time passes and timers are called, but no message is read.
  void pass(std::chrono::nanoseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    bank_timers.run_due(clock.now());
  }

  /// How many nodes below `path`, on all levels, have a name that begins so.
  std::size_t nodes_below(const std::string& path, std::string_view with) {
    std::size_t n = 0;
    for_each_node_below(path, [&](const zk::scanned_node& node) {
      n += zk::last_level_of(node.path).starts_with(with) && !node.data.empty();
    });
    return n;
  }

  /// Calls `f` for each node below `path`, on all levels.
  template<class F>
  void for_each_node_below(const std::string& path, F f) {
    store->scan(
        answers, path, {zk::scan_depth::subtree},
        [&](std::vector<zk::scanned_node> page) {
          for (const auto& node : page)
            f(node);
        },
        [](auto) {});
    while (store->run_turn() > 0) {
    }
  }

  std::size_t mails() { return nodes_below(zk::paths{}.topics(), "m-"); }
  std::size_t pointers() { return nodes_below(zk::paths{}.sessions(), "p-"); }
  std::size_t received_ids() { return nodes_below(zk::paths{}.sessions(), "r-"); }
  std::size_t stored_sessions() {
    return nodes_below(zk::paths{}.sessions(), "") - pointers() - received_ids();
  }

  // A pod of a cluster. Whoever connects before it joins needs no other pod's leave.

  /// Another pod and what it was told.
  struct other_pod {
    actors::member_ref member;
    std::shared_ptr<peer_log> told;
  };

  /// From now on it is the pod `self`, with a directory, and with recorders for what else a cluster
  /// needs. Topics wait for a view that is settled.
  void join_cluster() {
    pod.life = pod_life{"self"};
    pod.membership = sys.spawn(fake_membership, membership);
    pod.adopter = sys.spawn(fake_adopter, adopter);
    pod.registrar = sys.spawn(fake_registrar, std::make_shared<registrar_log>());
    pod.directory = actors::spawn_on<actors::directory>(services, sys, zk::paths{});
    settle();
  }

  /// The same one each time.
  other_pod& other(const std::string& life) {
    auto& o = others_[life];
    if (!o.member) {
      o.told = std::make_shared<peer_log>();
      auto m = make_ref<actors::cluster_member>(pod_life{life});
      m->peer = sys.spawn(fake_peer, o.told);
      o.member = m;
      o.told->member = m.get();
      store->create(answers, zk::paths{}.pod(m->life), {}, zk::create_mode::persistent,
                    [](auto) {});
    }
    return o;
  }

  actors::view_ref view_with(std::int64_t number, const std::vector<std::string>& lives) {
    std::vector<actors::member_ref> members{self_};
    for (const auto& life : lives)
      members.push_back(other(life).member);
    return make_ref<const actors::cluster_view>(number, std::move(members), self_);
  }

  /// A view of this pod and others, up to its end.
  void enter_view(std::int64_t number, const std::vector<std::string>& lives) {
    const auto v = view_with(number, lives);
    caf::anon_send(pod.directory, actors::install_atom::value, v);
    settle();
    caf::anon_send(pod.directory, actors::settle_atom::value, v);
    settle();
  }

  /// What another pod's directory does when it wants exact topics or filters.
  void other_wants(const std::string& life, const std::string& topic) {
    const zk::paths paths;
    zk::bucket_record record;
    record.add(pod_life{life}, paths.topic_hash(topic));
    const auto path = paths.topic_bucket(topic);
    for (const auto& p : zk::with_ancestors(path))
      store->create(answers, p, {}, zk::create_mode::persistent, [](auto) {});
    store->set(answers, path, zk::encode_bucket(record).value(), zk::any_version, [](auto) {});
    settle();
  }
  void other_wants_filter(const std::string& life, const std::string& shard,
                          std::vector<zk::filter_change> changes) {
    const zk::paths paths;
    const auto path = paths.wildcard_shard(shard);
    store->create(answers, path, {}, zk::create_mode::persistent, [](auto) {});
    store->create(answers,
                  path + '/' + zk::log_node_prefix(pod_life{life}, zk::log_node_name::kind::delta),
                  zk::encode_filter_log({0, 1, std::move(changes)}).value(),
                  zk::create_mode::persistent_sequential, [](auto) {});
    settle();
  }

  /// From now on the store hears nothing of what is done: the pod could as well be dead.
  void crash() { store->close(); }

  actors::doorman& doorman_of(actors::unit_services& on) {
    return static_cast<actors::doorman&>(*caf::actor_cast<caf::abstract_actor*>(on.doorman));
  }

private:
  core::manual_clock own_clock_;

public:
  core::manual_clock& clock;
  net::timer_queue timers;
  net::timer_queue bank_timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  std::unique_ptr<zk::faulty_store> faults; ///< over `store`; does no harm unless it is told to
  actors::pod_services pod;
  actors::unit_services services;
  actors::unit_services second;
  /// Where the bank and the reaper are, so that a test may count the timers of all others.
  actors::unit_services banking;
  /// What the next socket that comes to a unit becomes.
  std::shared_ptr<fake_connection> adoptable;
  const std::shared_ptr<membership_log> membership = std::make_shared<membership_log>();
  const std::shared_ptr<adopter_log> adopter = std::make_shared<adopter_log>();

private:
  std::map<std::string, other_pod> others_;
  const actors::member_ref self_ = make_ref<const actors::cluster_member>(pod_life{"self"});

  void make_unit(actors::unit_services& u, std::uint16_t number) {
    u.index = unit_index{number};
    u.pod = &pod;
    u.host = sys.dummy_execution_unit();
    u.timers = &timers;
    u.limits = actors::make_limits(u.settings);
    u.adopt = [this](net::detached_socket) { return adoptable; };
    pod.units.push_back(&u);
    u.courier_handle = actors::spawn_on<actors::courier>(u, sys);
    u.local_courier =
        static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(u.courier_handle));
    u.doorman = actors::spawn_on<actors::doorman>(u, sys);
  }

  /// As a pod starts with what it found.
  void make_actors(actors::recovered found) {
    pod.index = actors::spawn_on<actors::index>(services, sys);
    for (auto& m : found.retained)
      caf::anon_send(pod.index, actors::retain_atom::value, m->shared_topic_name(), m);
    auto mail = actors::mail_of(found);
    actors::home::found_sessions cards;
    for (auto& s : found.sessions) {
      auto change = std::make_shared<actors::subscription_change>();
      change->add = s.state->subscriptions;
      auto received = s.state->received;
      auto card = actors::spawn_session(services, sys, s.client, s.state);
      change->session = card;
      caf::anon_send(pod.index, actors::change_atom::value,
                     std::shared_ptr<const actors::subscription_change>{std::move(change)});
      for (auto& p : s.pointers) {
        p.session = card;
        mail.pointers.push_back(std::move(p));
      }
      mail.received.emplace_back(card, std::move(received));
      cards.push_back(std::move(card));
    }
    pod.bank = actors::spawn_on<actors::bank>(banking, sys, zk::paths{});
    pod.reaper = actors::spawn_on<actors::reaper>(banking, sys, zk::paths{});
    pod.post_office =
        actors::spawn_on<actors::post_office>(services, sys, zk::paths{}, std::move(mail));
    pod.home = actors::spawn_on<actors::home>(services, sys, std::move(cards));
  }
};

} // namespace mqttzoo::test
