#include "net/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cassert>

namespace mqttzoo::net {

namespace asio = boost::asio;

namespace {

// Bound to io_context's own executor: the default one is type-erased.
using executor = asio::io_context::executor_type;
using descriptor = asio::posix::basic_stream_descriptor<executor>;
using steady_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, executor>;

} // namespace

struct loop::io {
  explicit io(int sockets)
      : work(context.get_executor()), sockets_ready(context, sockets), timer(context) {}
  ~io() { sockets_ready.release(); } // the poller owns it

  asio::io_context context{1}; // one thread runs it, any may post
  asio::executor_work_guard<executor> work;
  descriptor sockets_ready;
  steady_timer timer;
};

/// The timers of the loop behind one steady_timer, which is moved only to an earlier time: when it
/// fires too early it looks again.
class loop::clockwork final : public timer_queue {
public:
  explicit clockwork(loop& owner) : owner_(owner) {}

private:
  void next_changed() override {
    const auto due = next();
    if (due >= armed_for_)
      return;
    armed_for_ = due;
    auto& timer = owner_.io_->timer;
    timer.expires_after(due - owner_.now());
    timer.async_wait([this](const boost::system::error_code& error) {
      if (error)
        return; // armed anew
      armed_for_ = time_point::max();
      run_due(owner_.now());
    });
  }

  loop& owner_;
  time_point armed_for_ = time_point::max();
};

/// Says which loop runs on this thread while it lives.
class loop_in_thread {
public:
  loop_in_thread(const loop*& current, const loop* now) : current_(current), before_(current) {
    current_ = now;
  }
  ~loop_in_thread() { current_ = before_; }

private:
  const loop*& current_;
  const loop* before_;
};

loop::loop(const core::clock& clock, const connection_limits& limits)
    : clock_(clock), limits_(limits), poller_(counters_),
      scratch_(
          new char[2 * scratch_bytes]), // not cleared: its pages are touched when they are used
      timers_(std::make_unique<clockwork>(*this)),
      io_(std::make_unique<io>(poller_.native_handle())) {
  wait_for_sockets();
}

loop::~loop() {
  kept_.clear();
}

void loop::run() {
  loop_in_thread mark{current_, this};
  io_->context.restart();
  io_->context.run();
}

std::size_t loop::poll() {
  loop_in_thread mark{current_, this};
  io_->context.restart();
  return io_->context.poll();
}

std::size_t loop::run_one(std::chrono::milliseconds wait_max) {
  loop_in_thread mark{current_, this};
  io_->context.restart();
  return io_->context.run_one_for(wait_max);
}

void loop::stop() noexcept {
  io_->context.stop();
}

void loop::post(task f) {
  asio::post(io_->context, [f = std::move(f)]() mutable { f(); });
}

asio::io_context& loop::context() noexcept {
  return io_->context;
}

timer_queue& loop::timers() noexcept {
  return *timers_;
}

void loop::look_again(watcher& w) {
  poller_.look_again(w);
  post_turn();
}

void loop::post_turn() {
  if (turn_posted_)
    return;
  turn_posted_ = true;
  asio::post(io_->context, [this] {
    turn_posted_ = false;
    take_turn();
  });
}

void loop::wait_for_sockets() {
  if (waiting_)
    return;
  waiting_ = true;
  io_->sockets_ready.async_wait(descriptor::wait_read,
                                [this](const boost::system::error_code& error) {
                                  waiting_ = false;
                                  if (!error)
                                    take_turn();
                                });
}

void loop::take_turn() {
  if (poller_.turn())
    post_turn();
  else if (!turn_posted_)
    wait_for_sockets();
}

void loop::flush_at_end(flushable& f) {
  dirty_.add(f);
  if (flush_posted_)
    return;
  flush_posted_ = true;
  // Asio's queue is first in, first out: what is ready now runs before it.
  asio::post(io_->context, [this] { flush_all(); });
}

void loop::flush_all() {
  flush_posted_ = false;
  dirty_.work_off([](flushable& f) { f.flush(); });
}

} // namespace mqttzoo::net
