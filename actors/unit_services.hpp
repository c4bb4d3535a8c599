// What an actor on a unit may use without sending a message: time, timers, limits, counters, the
// courier.
//
// One per unit, made by the pod before its first actor and gone after its last. The counters may be
// read by any thread, everything else belongs to the unit's thread. Tests make one with a manual
// clock and CAF's dummy execution unit.
#pragma once

#include "actors/actor_record.hpp"
#include "actors/allowance.hpp"
#include "actors/bank_services.hpp"
#include "actors/cluster_interfaces.hpp"
#include "actors/cluster_view.hpp"
#include "actors/planted_bug.hpp"
#include "actors/trace_recorder.hpp"
#include "auth/open_house.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/settings.hpp"
#include "mqtt/authentication.hpp"
#include "mqtt/counters.hpp"
#include "mqtt/server_limits.hpp"
#include "net/connection.hpp"
#include "net/detached_socket.hpp"
#include "net/http_caller.hpp"
#include "net/timer_queue.hpp"
#include "net/workers.hpp"
#include "zk/store.hpp"

#include <caf/actor.hpp>
#include <caf/execution_unit.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

class courier;
struct unit_services;

/// What the index holds of retained messages, for everybody's bounds.
struct retained_totals {
  std::atomic<std::size_t> messages{0};
  std::atomic<std::size_t> bytes{0};
};

/// What the directory counts; it writes, any thread may read.
struct directory_counters {
  mqtt::counter wants_waiting;   ///< now: confirms that wait for the store
  mqtt::counter writes;          ///< of buckets and shards, those that succeeded
  mqtt::counter writes_repeated; ///< somebody else wrote first, or the answer was lost
  mqtt::counter reads;           ///< of buckets and shards
  mqtt::counter requests_queued; ///< now: they wait until fewer are under way
  mqtt::counter events_stale;    ///< watch events of a session that is over
  mqtt::counter records_refused; ///< what stood in the store was no record
  mqtt::counter reroutes;        ///< routes that topics were told
  mqtt::counter topics_watched;  ///< now
};

/// How far a pod is with sending its sessions elsewhere; the usher writes, any thread may read.
struct drain_figures {
  enum class state : std::uint8_t { serving, rebalancing, draining, drained };
  std::atomic<state> is{state::serving};
  std::atomic<std::int64_t> until_unix_ms{0}; ///< its deadline, while it drains
  mqtt::counter sessions_left;                ///< now: still to leave
  mqtt::counter sessions_moved;               ///< other pods have them
  mqtt::counter moves_failed; ///< sessions that could not be moved in time, and were tried again
  mqtt::counter batches;
};

constexpr std::string_view to_string(drain_figures::state s) noexcept {
  using state = drain_figures::state;
  switch (s) {
  case state::serving:
    return "serving";
  case state::rebalancing:
    return "rebalancing";
  case state::draining:
    return "draining";
  case state::drained:
    return "drained";
  }
  return "unknown";
}

/// Clients with a connection, over all units.
class client_count {
public:
  void add() noexcept {
    const auto n = now_.fetch_add(1, std::memory_order_relaxed) + 1;
    for (auto seen = maximum_.load(std::memory_order_relaxed);
         n > seen && !maximum_.compare_exchange_weak(seen, n, std::memory_order_relaxed);) {
    }
  }
  void sub() noexcept { now_.fetch_sub(1, std::memory_order_relaxed); }
  /// The most at any time since the start.
  std::uint64_t maximum() const noexcept { return maximum_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> now_{0};
  std::atomic<std::uint64_t> maximum_{0};
};

/// The pod's actors and units, known to every unit.
struct pod_services {
  mqtt::authentication_methods methods;
  const core::clock* clock = nullptr;
  std::vector<unit_services*> units;
  net::workers* workers = nullptr;  ///< for the gatekeeper
  net::http_caller* hook = nullptr; ///< the same; null: nobody is asked
  gatekeeper_actor gatekeeper;
  index_actor index;
  home_actor home;
  post_office_actor post_office;
  bank_actor bank;
  reaper_actor reaper;
  usher_actor usher;
  tracer_actor tracer;
  sys_actor sys;
  // Only with ZooKeeper, where several pods are one broker; else null.
  membership_actor membership;
  directory_actor directory;
  registrar_actor registrar;
  adopter_actor adopter;

  planted_bug bug = planted_bug::none;
  std::uint64_t random_seed = 0; ///< of TTLs; 0: the system's
  pod_life life;                 ///< empty: alone
  zk::store* store = nullptr;
  zk::executor* store_answers = nullptr; ///< runs on the first unit, where the post office is
  retained_totals retained;
  directory_counters directory_counts;
  bank_figures bank_counts;
  store_clock store_time; ///< first unit
  client_count clients;
  drain_figures drain;
  std::function<void()> on_drain_wanted;            ///< an operator wants the pod to drain and stop
  std::atomic<std::size_t> members{1};              ///< pods of the view, this one included
  std::atomic<std::size_t> shared_subscriptions{0}; ///< written by the index

  bool clustered() const noexcept { return !life.empty(); }

  unit_services& at(unit_index i) const { return *units[static_cast<std::size_t>(i)]; }
};

/// What the pod's books are called: its life, or the same name each time if it is alone.
pod_life bank_life(const pod_services& pod);

struct unit_services {
  unit_index index{};
  caf::execution_unit* host = nullptr;
  net::timer_queue* timers = nullptr;
  pod_services* pod = nullptr;
  courier_actor courier_handle;
  doorman_actor doorman;
  porter_actor porter; ///< null: alone
  courier* local_courier = nullptr;
  core::settings settings;    ///< a copy for this thread, replaced by a reload
  mqtt::server_limits limits; ///< what they mean to sessions
  /// Who may come in and do what; never null. Replaced by a reload, too.
  std::shared_ptr<const auth::policy> policy = auth::open_house();
  mqtt::counters counters;
  trace_recorder traces{*this};
  actor_list actors; ///< all that run here
  std::unique_ptr<actors::allowance> memory =
      std::make_unique<open_allowance>(); ///< null after the last actor
  /// Makes a connection of this unit's loop.
  std::function<net::connection_ptr(net::detached_socket)> adopt;

  net::time_point now() const noexcept { return pod->clock->now(); }
};

} // namespace mqttzoo::actors
