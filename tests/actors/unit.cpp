// Units with real loops and threads: pinned actors run where they belong, and nothing is left when
// a unit goes.
#define CAF_SUITE unit
#include "actors/unit.hpp"

#include "actors/pinned.hpp"
#include "core/clock.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/test/dsl.hpp>

#include <future>
#include <memory>
#include <thread>

using namespace mqttzoo;

namespace {

using job = std::function<void(actors::pinned<caf::event_based_actor>&)>;

/// Runs what it is told, and holds something that shows when it is gone.
class worker final : public actors::pinned<caf::event_based_actor> {
public:
  worker(caf::actor_config& config, actors::unit_services& services, std::shared_ptr<int> life)
      : pinned<caf::event_based_actor>(config, services), life_(std::move(life)) {}

  caf::behavior make_behavior() override {
    return {[this](std::shared_ptr<job> j) { (*j)(*this); }, [this](int) { quit(); }};
  }
  template<class F>
  bool inline_call(F&& f) {
    return run_inline(std::forward<F>(f));
  }

private:
  std::shared_ptr<int> life_;
};

struct unit_fixture {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  core::system_clock clock;
  net::loop loops[2] = {net::loop{clock}, net::loop{clock}};
  std::unique_ptr<actors::unit> units[2];
  actors::pod_services pod;
  actors::unit_services services[2];
  std::vector<std::thread> threads;

  unit_fixture() {
    config.set("scheduler.policy", caf::atom("sharing"));
    config.set("scheduler.max-threads", std::size_t{1});
    system = std::make_unique<caf::actor_system>(config);
    pod.clock = &clock;
    for (int i = 0; i < 2; ++i) {
      units[i] = std::make_unique<actors::unit>(*system, loops[i]);
      services[i].host = units[i].get();
      services[i].timers = &loops[i].timers();
      services[i].pod = &pod;
    }
  }

  ~unit_fixture() {
    stop();
    for (auto& u : units)
      u.reset();
  }

  void start() {
    for (auto& l : loops)
      threads.emplace_back([&l] { l.run(); });
  }
  void stop() {
    for (auto& l : loops)
      l.post([&l] { l.stop(); }); // its thread may not have come to run() yet
    for (auto& t : threads)
      t.join();
    threads.clear();
  }

  caf::actor spawn(int on, std::shared_ptr<int> life = nullptr) {
    return caf::actor_cast<caf::actor>(
        actors::spawn_on<worker>(services[on], *system, std::move(life)));
  }

  /// Has `a` call `f` and waits for it.
  template<class F>
  static auto call(const caf::actor& a, F f) {
    auto done = std::make_shared<std::promise<decltype(f())>>();
    auto result = done->get_future();
    caf::anon_send(a, std::make_shared<job>([done, f](auto&) { done->set_value(f()); }));
    return result.get();
  }
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<job>)

CAF_TEST_FIXTURE_SCOPE(unit_tests, unit_fixture)

CAF_TEST(pinned actors run on the thread of their unit) {
  start();
  const auto first = spawn(0), other = spawn(1);
  for (int i = 0; i < 100; ++i) {
    CAF_CHECK(call(first, [] { return std::this_thread::get_id(); }) == threads[0].get_id());
    CAF_CHECK(call(other, [] { return std::this_thread::get_id(); }) == threads[1].get_id());
  }
  for (const auto& a : {first, other})
    caf::anon_send(a, 0);
  system->await_all_actors_done();
}

CAF_TEST(actors of two units reach each other in order) {
  constexpr int messages = 10'000;
  start();
  const auto first = spawn(0), other = spawn(1);
  std::promise<bool> done;
  int next = 0;
  bool in_order = true;
  call(first, [&] {
    for (int i = 0; i < messages; ++i)
      caf::anon_send(other, std::make_shared<job>([&, i](auto&) {
                       in_order &= i == next++;
                       if (next == messages)
                         done.set_value(in_order);
                     }));
    return 0;
  });
  CAF_CHECK(done.get_future().get());
  for (const auto& a : {first, other})
    caf::anon_send(a, 0);
  system->await_all_actors_done();
}

CAF_TEST(a busy actor does not keep others from running) {
  start();
  const auto busy = spawn(0), quick = spawn(0);
  call(quick, [] { return 0; }); // it has arrived on its unit
  std::promise<int> served;
  int so_far = 0;
  call(busy, [&] { // while its unit is here, all of this waits
    for (int i = 0; i < 1000; ++i)
      caf::anon_send(busy, std::make_shared<job>([&](auto&) { ++so_far; }));
    caf::anon_send(quick, std::make_shared<job>([&](auto&) { served.set_value(so_far); }));
    return 0;
  });
  CAF_CHECK_LESS(served.get_future().get(), 128);
  for (const auto& a : {busy, quick})
    caf::anon_send(a, 0);
  system->await_all_actors_done();
}

// What other units and sockets want stands behind a turn.
CAF_TEST(many busy actors together have no longer turn than one) {
  core::manual_clock still;
  net::loop loop{still};
  actors::unit unit{*system, loop};
  services[0].host = &unit;
  std::vector<caf::actor> busy;
  int handled = 0;
  for (int i = 0; i < 100; ++i) {
    busy.push_back(spawn(0));
    for (int n = 0; n < 100; ++n)
      caf::anon_send(busy.back(), std::make_shared<job>([&](auto&) {
                       ++handled;
                       still.advance(std::chrono::microseconds{10});
                     }));
  }
  loop.run_one(std::chrono::seconds{1});
  CAF_CHECK_GREATER(handled, 0);
  CAF_CHECK_LESS(handled, 100 + 64); // 1 ms of work, and what the last one of them had begun
  for (const auto& a : busy)
    caf::anon_send(a, 0);
  busy.clear();
  while (system->registry().running() > 0)
    loop.poll();
}

CAF_TEST(an actor runs inline unless it has ended) {
  start();
  const auto a = spawn(0);
  auto* self = static_cast<worker*>(caf::actor_cast<caf::abstract_actor*>(a));
  std::promise<bool> ran, ran_after;
  loops[0].post([&] {
    bool called = false;
    const auto alive = self->inline_call([&] { called = true; });
    ran.set_value(called && alive);
  });
  CAF_CHECK(ran.get_future().get());
  caf::anon_send(a, 0);
  system->await_all_actors_done();
  loops[0].post([&] {
    bool called = false;
    const auto alive = self->inline_call([&] { called = true; });
    ran_after.set_value(called || alive);
  });
  CAF_CHECK(!ran_after.get_future().get());
}

CAF_TEST(what never ran is released with its unit) {
  auto life = std::make_shared<int>(0);
  {
    const auto a = spawn(0, life); // its loop does not run
    caf::anon_send(a, std::make_shared<job>([](auto&) {}));
    CAF_CHECK_EQUAL(life.use_count(), 2);
  }
  units[0].reset();
  CAF_CHECK_EQUAL(life.use_count(), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
