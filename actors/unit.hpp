// A unit: one I/O thread as the execution unit of the actors pinned to it.
//
// Owns the queue of actors that have mail; borrows the loop, whose thread runs them between socket
// events. One per I/O thread, from the pod's start until that thread is joined. exec_later() is
// thread-safe, the rest is the thread's own. This is the one place that sees both an io_context and
// an actor.
#pragma once

#include "core/ids.hpp"
#include "net/loop.hpp"

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace mqttzoo::actors {

class unit final : public caf::execution_unit {
public:
  unit(caf::actor_system& system, net::loop& loop);
  /// Drops jobs that never ran; the loop's thread must be joined.
  ~unit() override;

  net::loop& loop() noexcept { return loop_; }

  /// Runs `job` on this unit's thread soon. Takes over the caller's reference. Jobs that are not
  /// pinned actors go to CAF's scheduler.
  void exec_later(caf::resumable* job) override;

private:
  /// Bounds of one turn, so that no actor starves the sockets or other units' messages. Time is
  /// looked at after an actor that did not come to the end of its mailbox and now and then.
  static constexpr std::size_t messages_per_job_max = 64;
  static constexpr std::size_t jobs_per_turn_max = 256;
  static constexpr std::size_t jobs_between_looks = 16;
  static constexpr std::chrono::microseconds turn_max{1000};

  enum class mailbox : std::uint8_t { drained, filled };

  void take_inbox();
  void run_jobs();
  mailbox run(caf::resumable* job);

  net::loop& loop_;
  bool armed_ = false; ///< run_jobs() is posted
  std::deque<caf::resumable*> jobs_;
  std::mutex inbox_mutex_;
  std::vector<caf::resumable*> inbox_; ///< from other threads
  std::vector<caf::resumable*> taken_;
};

} // namespace mqttzoo::actors
