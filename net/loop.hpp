// One I/O thread's event loop: Asio's io_context, the readiness of its sockets, its timers and its
// buffers.
//
// Made before its thread, driven by whoever calls run(), destroyed after that thread is joined and
// after its connections; it does not own the thread. post(), stop(), in_thread() and counters() are
// thread-safe, everything else belongs to the loop's thread (or, before run() and after it
// returned, to whoever owns the loop). An idle loop sleeps: there is no tick.
//
// A turn: connections that were left with something to do, sockets that became ready, what these
// posted, and in the end one write for each connection that was marked by flush_at_end().
#pragma once

#include "core/clock.hpp"
#include "net/buffer_pool.hpp"
#include "net/connection_limits.hpp"
#include "net/io_counters.hpp"
#include "net/poller.hpp"
#include "net/task.hpp"
#include "net/timer_queue.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_set>

namespace boost::asio {
class io_context;
}

namespace mqttzoo::net {

/// What wants to write at the end of a turn.
class flushable : public turn_end {
public:
  virtual void flush() = 0;

protected:
  ~flushable() = default;
};

class loop {
public:
  explicit loop(const core::clock& clock, const connection_limits& limits = {});
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  ~loop();

  /// Runs handlers on the calling thread until stop(). Exceptions of handlers come out of it.
  void run();
  /// Runs what is ready now, without waiting; returns how many handlers ran. For tests.
  std::size_t poll();
  /// Waits for one handler, at most so long, and runs it; returns how many ran. For tests.
  std::size_t run_one(std::chrono::milliseconds wait_max);
  /// Makes run() return after the current handler; posted tasks that did not run are kept.
  /// Thread-safe.
  void stop() noexcept;

  /// Runs `f` in this loop, later. Thread-safe.
  void post(task f);
  /// Whether the caller is inside run(), poll() or run_one() of this loop. Thread-safe.
  bool in_thread() const noexcept { return current_ == this; }

  boost::asio::io_context& context() noexcept;
  timer_queue& timers() noexcept;
  time_point now() const noexcept { return clock_.now(); }

  const io_counters& counters() const noexcept { return counters_; }
  const connection_limits& limits() const noexcept { return limits_; }
  /// For what happens from now on.
  void set_limits(const connection_limits& limits) noexcept { limits_ = limits; }

  // --- for connections and listeners ---

  io_counters& counters() noexcept { return counters_; }
  poller& sockets() noexcept { return poller_; }
  /// As poller::look_again(), and makes sure that a next turn comes.
  void look_again(watcher& w);
  /// Calls `f.flush()` after all handlers that are ready now.
  void flush_at_end(flushable& f);
  buffer_pool& buffers() noexcept { return buffers_; }

  /// Input is received here, by whoever is being called, and is gone when it returns. In front of
  /// it is as much space again, for what was kept of earlier input.
  char* scratch() noexcept { return scratch_.get() + scratch_bytes; }
  static constexpr std::size_t scratch_bytes = 64 * 1024;

  /// Keeps alive what finishes by itself (a connection that is closing) until let_go(), at most as
  /// long as the loop.
  void keep(std::shared_ptr<void> object) { kept_.insert(std::move(object)); }
  void let_go(const std::shared_ptr<void>& object) { kept_.erase(object); }

private:
  struct io;
  class clockwork;

  void post_turn();
  void wait_for_sockets();
  void take_turn();
  void flush_all();

  static inline thread_local const loop* current_ = nullptr;

  const core::clock& clock_;
  connection_limits limits_;
  io_counters counters_;
  poller poller_;
  buffer_pool buffers_;
  std::unique_ptr<char[]> scratch_;
  std::unique_ptr<clockwork> timers_;
  turn_list<flushable, turn_end> dirty_;
  std::unordered_set<std::shared_ptr<void>> kept_;
  bool waiting_ = false; ///< for the set of sockets
  bool turn_posted_ = false;
  bool flush_posted_ = false;
  std::unique_ptr<io> io_; ///< last: its handlers refer to all of the above
};

} // namespace mqttzoo::net
