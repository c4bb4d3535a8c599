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
#include "actors/gatekeeper.hpp"
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
#include "tests/actors/manual_workers.hpp"
#include "tests/actors/polite_store.hpp"
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
  explicit pod_fixture(pod_options options = {});

  ~pod_fixture() override;

  /// Runs everything until nothing moves: mailboxes and the store.
  void settle();

  /// The same, but whose turn it is is drawn: what runs at the same time on several units may
  /// happen in any order.
  void settle_shuffled(std::mt19937_64& random);

  /// One message of an actor that is drawn; false if none has any.
  bool step_shuffled(std::mt19937_64& random);

  void advance(std::chrono::nanoseconds by);

  /// Time passes and timers are called, but no message is read.
  void pass(std::chrono::nanoseconds by);

  /// How many nodes below `path`, on all levels, have a name that begins so.
  std::size_t nodes_below(const std::string& path, std::string_view with);

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
  std::size_t stored_sessions();

  // A pod of a cluster. Whoever connects before it joins needs no other pod's leave.

  /// Another pod and what it was told.
  struct other_pod {
    actors::member_ref member;
    std::shared_ptr<peer_log> told;
  };

  /// From now on it is the pod `self`, with a directory, and with recorders for what else a cluster
  /// needs. Topics wait for a view that is settled.
  void join_cluster();

  /// The same one each time.
  other_pod& other(const std::string& life);

  actors::view_ref view_with(std::int64_t number, const std::vector<std::string>& lives);

  /// A view of this pod and others, up to its end.
  void enter_view(std::int64_t number, const std::vector<std::string>& lives);

  /// What another pod's directory does when it wants exact topics or filters.
  void other_wants(const std::string& life, const std::string& topic);
  void other_wants_filter(const std::string& life, const std::string& shard,
                          std::vector<zk::filter_change> changes);

  /// From now on the store hears nothing of what is done: the pod could as well be dead.
  void crash() { store->close(); }

  actors::doorman& doorman_of(actors::unit_services& on);

private:
  core::manual_clock own_clock_;

public:
  core::manual_clock& clock;
  net::timer_queue timers;
  net::timer_queue bank_timers;
  zk::inline_executor answers;
  manual_workers workers; ///< of the gatekeeper
  std::unique_ptr<zk::embedded_store> store;
  std::unique_ptr<zk::faulty_store> faults; ///< over `store`; does no harm unless it is told to
  std::unique_ptr<polite_store> calls;      ///< over that
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

  void make_unit(actors::unit_services& u, std::uint16_t number);

  /// As a pod starts with what it found.
  void make_actors(actors::recovered found);
};

} // namespace mqttzoo::test
