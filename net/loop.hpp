// One I/O thread's event loop: Asio's io_context with one set of timers, of buffers and of
// counters.
//
// Made before its thread, driven by whoever calls run(), destroyed after that thread is joined and
// after its connections; it does not own the thread. post(), stop(), in_thread() and counters() are
// thread-safe, everything else belongs to the loop's thread (or, before run() and after it
// returned, to whoever owns the loop). An idle loop sleeps: there is no tick.
//
// A turn: sockets that became ready, what was posted before, and in the end one write for each
// connection that was marked by flush_at_end().
#pragma once

#include "core/clock.hpp"
#include "net/buffer_pool.hpp"
#include "net/connection_limits.hpp"
#include "net/io_counters.hpp"
#include "net/timer_queue.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_set>
#include <utility>

namespace mqttzoo::net {

/// What wants to write at the end of a turn; it may vanish at any moment.
class flushable : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  virtual void flush() = 0;

protected:
  ~flushable() = default;
};

class loop {
public:
  /// Named everywhere: Asio's default executor is type-erased and costs a virtual call an
  /// operation.
  using executor = boost::asio::io_context::executor_type;

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
  /// Makes run() return after the current handler, or at once if it is called only later; posted
  /// functions that did not run are kept. Thread-safe.
  void stop() noexcept { context_.stop(); }

  /// Runs `f`, which need not be copyable, in this loop, later. Thread-safe.
  template<class F>
  void post(F&& f) {
    boost::asio::post(context_, std::forward<F>(f));
  }
  /// Whether the caller is inside run(), poll() or run_one() of this loop. Thread-safe.
  bool in_thread() const noexcept { return current_ == this; }

  boost::asio::io_context& context() noexcept { return context_; }
  timer_queue& timers() noexcept;
  time_point now() const noexcept { return clock_.now(); }

  const io_counters& counters() const noexcept { return counters_; }
  const connection_limits& limits() const noexcept { return limits_; }
  /// For what happens from now on.
  void set_limits(const connection_limits& limits) noexcept { limits_ = limits; }

  // --- for connections and listeners ---

  io_counters& counters() noexcept { return counters_; }
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
  class clockwork;
  using flush_list = boost::intrusive::list<flushable, boost::intrusive::constant_time_size<false>>;
  using steady_timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

  void flush_all();

  static inline thread_local const loop* current_ = nullptr;

  const core::clock& clock_;
  connection_limits limits_;
  io_counters counters_;
  buffer_pool buffers_;
  std::unique_ptr<char[]> scratch_;
  flush_list dirty_;
  bool flush_posted_ = false;
  std::unordered_set<std::shared_ptr<void>> kept_;
  std::unique_ptr<clockwork> timers_;
  boost::asio::io_context context_{1}; ///< one thread runs it, any may post; its handlers refer to
                                       ///< all of the above
  boost::asio::executor_work_guard<executor> work_;
  steady_timer timer_;
};

} // namespace mqttzoo::net
