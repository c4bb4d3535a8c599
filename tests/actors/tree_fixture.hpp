// A tree that several pods of a test have, each by a way of its own, and the time they share.
//
// Lives for one test, on its thread; outlives the pods of the fixture that builds on it.
#pragma once

#include "core/clock.hpp"
#include "net/timer_queue.hpp"
#include "tests/actors/manual_tree.hpp"
#include "tests/actors/polite_store.hpp"
#include "zk/faulty_store.hpp"
#include "zk/paths.hpp"

#include <caf/test/dsl.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace mqttzoo::test {

struct tree_fixture : test_coordinator_fixture<> {
  void settle() {
    for (int quiet = 0; quiet < 2;) { // the last step may let an answer pass
      run();
      bool moved = store->run_turn() > 0;
      for (auto* way : ways)
        moved |= way->step();
      for (auto* way : calls)
        moved |= way->run();
      quiet = moved ? 0 : quiet + 1;
    }
  }

  void advance(std::chrono::nanoseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    settle();
  }

  const zk::paths paths;
  core::manual_clock clock;
  net::timer_queue timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store = open_manual_tree(clock, answers);
  std::vector<zk::faulty_store*> ways; ///< the pods', to the store
  std::vector<polite_store*> calls;    ///< those of pods whose calls may be answered at once
};

} // namespace mqttzoo::test
