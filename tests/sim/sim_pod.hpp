// One pod of a simulation: all its actors on one unit, its session with the shared tree, and its
// part of the network.
//
// Made and killed by the sim_cluster. A killed pod's actors go on for a while and speak to nobody:
// its store answers nothing, its links are cut and its clients do not hear it.
#pragma once

#include "actors/adopter.hpp"
#include "actors/bank.hpp"
#include "actors/courier.hpp"
#include "actors/directory.hpp"
#include "actors/doorman.hpp"
#include "actors/home.hpp"
#include "actors/index.hpp"
#include "actors/limits.hpp"
#include "actors/membership.hpp"
#include "actors/porter.hpp"
#include "actors/post_office.hpp"
#include "actors/reaper.hpp"
#include "actors/registrar.hpp"
#include "actors/unit_allowance.hpp"
#include "actors/usher.hpp"
#include "tests/sim/sim_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/send.hpp>
#include <caf/test/dsl.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mqttzoo::sim {

/// What a store has to say to its pod, until the pod's thread has a turn.
class answer_queue final : public zk::executor {
public:
  void post(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  /// The oldest; false if there is none.
  bool run_one() {
    if (jobs_.empty())
      return false;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
    return true;
  }

private:
  std::deque<std::function<void()>> jobs_;
};

class sim_pod final : public actors::link_source {
public:
  struct place {
    caf::actor_system& system;
    caf::execution_unit* host;
    core::manual_clock& clock;
    zk::embedded_store& tree;
    ephemeral_owners& owners;
    zk::paths paths;
    std::function<void(sim_pod&, const zk::pod_record&)> on_keep; ///< it wants a link to that pod
    zk::faulty_options faults;
    actors::planted_bug bug = actors::planted_bug::none;
    std::uint64_t random_seed = 1;
    core::bank_settings bank = {};
  };

  sim_pod(place at, std::string name, std::uint64_t incarnation)
      : at_(std::move(at)), self_{std::move(name), incarnation, "127.0.0.1:1", "", "sim"},
        session_(at_.tree, at_.owners, zk::session_id{static_cast<std::int64_t>(incarnation)}),
        store_(session_, at_.faults) {
    pod.bug = at_.bug;
    pod.random_seed = at_.random_seed;
    unit.settings.bank = at_.bank;
    pod.clock = &at_.clock;
    pod.store = &store_;
    pod.store_answers = &answers_;
    const auto path = at_.paths.pod(self_.name, self_.incarnation);
    pod.life = pod_life{std::string{zk::last_level_of(path)}};
    session_.create(answers_, path, zk::encode_pod(self_), zk::create_mode::ephemeral, [](auto) {});
    make_unit();
    make_actors();
  }

  ~sim_pod() override { dismiss(); }

  const zk::pod_record& record() const noexcept { return self_; }
  bool alive() const noexcept { return alive_; }
  sim_store& session() noexcept { return session_; }
  zk::faulty_store& store() noexcept { return store_; }

  void keep(const zk::pod_record& other) override { at_.on_keep(*this, other); }
  void let_go(const zk::pod_record&) override {}

  /// Lets the pod hear one answer of its store; false if there is none.
  bool hear() { return answers_.run_one(); }

  /// It thinks that nothing is under way.
  bool settled() const {
    return static_cast<const actors::membership&>(
               *caf::actor_cast<caf::abstract_actor*>(pod.membership))
        .settled();
  }

  /// Its sessions have left, or it gave up on some.
  bool drained() const noexcept { return drained_; }

  /// As SIGKILL does.
  void kill() {
    alive_ = false;
    session_.die();
  }

  /// Its actors end, whatever they still think.
  void dismiss() {
    if (std::exchange(dismissed_, true))
      return;
    using caf::anon_send;
    alive_ = false;
    anon_send(pod.membership, actors::shut_down_atom::value);
    anon_send(unit.doorman, actors::shut_down_atom::value);
    anon_send(pod.home, actors::shut_down_atom::value);
    anon_send(pod.directory, actors::shut_down_atom::value);
    anon_send(pod.registrar, actors::shut_down_atom::value);
    anon_send(pod.adopter, actors::shut_down_atom::value);
    anon_send(pod.reaper, actors::shut_down_atom::value);
    anon_send(pod.usher, actors::shut_down_atom::value);
  }
  /// After what dismiss() said was heard.
  void release() {
    const auto end = caf::exit_reason::user_shutdown;
    caf::anon_send_exit(unit.courier_handle, end);
    caf::anon_send_exit(unit.porter, end);
    caf::anon_send_exit(pod.index, end);
    caf::anon_send_exit(pod.post_office, end);
    caf::anon_send_exit(pod.bank, end);
    unit.courier_handle = nullptr;
    unit.doorman = nullptr;
    unit.porter = nullptr;
    pod.membership = nullptr;
    pod.home = nullptr;
    pod.index = nullptr;
    pod.post_office = nullptr;
    pod.bank = nullptr;
    pod.reaper = nullptr;
    pod.usher = nullptr;
    pod.directory = nullptr;
    pod.registrar = nullptr;
    pod.adopter = nullptr;
  }

  actors::pod_services pod;
  net::timer_queue timers;
  actors::unit_services unit;

private:
  void make_unit() {
    unit.index = unit_index{0};
    unit.pod = &pod;
    unit.host = at_.host;
    unit.timers = &timers;
    unit.limits = actors::make_limits(unit.settings);
    pod.units.push_back(&unit);
    auto& system = at_.system;
    unit.courier_handle = actors::spawn_on<actors::courier>(unit, system);
    unit.local_courier =
        static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(unit.courier_handle));
    unit.doorman = actors::spawn_on<actors::doorman>(unit, system);
    unit.porter = actors::spawn_on<actors::porter>(unit, system);
  }

  void make_actors() {
    auto& system = at_.system;
    pod.index = actors::spawn_on<actors::index>(unit, system);
    pod.bank = actors::spawn_on<actors::bank>(unit, system, at_.paths);
    auto memory = std::make_unique<actors::unit_allowance>(unit);
    memory->start([] {});
    unit.memory = std::move(memory);
    pod.reaper = actors::spawn_on<actors::reaper>(unit, system, at_.paths);
    pod.post_office =
        actors::spawn_on<actors::post_office>(unit, system, at_.paths, actors::recovered_mail{});
    pod.home = actors::spawn_on<actors::home>(unit, system, actors::home::found_sessions{});
    pod.directory = actors::spawn_on<actors::directory>(unit, system, at_.paths);
    pod.registrar = actors::spawn_on<actors::registrar>(unit, system, at_.paths);
    pod.adopter = actors::spawn_on<actors::adopter>(unit, system, at_.paths);
    pod.usher =
        actors::spawn_on<actors::usher>(unit, system, at_.paths, [this] { drained_ = true; });
    pod.membership = actors::spawn_on<actors::membership>(
        unit, system, actors::membership::parts{at_.paths, this, [this] { kill(); }});
  }

  place at_;
  zk::pod_record self_;
  sim_store session_;
  zk::faulty_store store_;
  answer_queue answers_;
  bool alive_ = true;
  bool dismissed_ = false;
  bool drained_ = false;
};

} // namespace mqttzoo::sim
