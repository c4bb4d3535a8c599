#include "net/loop.hpp"

namespace mqttzoo::net {

/// The timers of the loop behind one of Asio's, which is moved only to an earlier time: when it
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
    auto& timer = owner_.timer_;
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
    : clock_(clock), limits_(limits),
      scratch_(
          new char[2 * scratch_bytes]), // not cleared: its pages are touched when they are used
      timers_(std::make_unique<clockwork>(*this)), work_(context_.get_executor()),
      timer_(context_) {}

loop::~loop() {
  kept_.clear();
}

void loop::run() {
  loop_in_thread mark{current_, this};
  context_.run();
  context_.restart(); // behind it, so that a stop() before it is not forgotten
}

std::size_t loop::poll() {
  loop_in_thread mark{current_, this};
  const auto ran = context_.poll();
  context_.restart();
  return ran;
}

std::size_t loop::run_one(std::chrono::milliseconds wait_max) {
  loop_in_thread mark{current_, this};
  const auto ran = context_.run_one_for(wait_max);
  context_.restart();
  return ran;
}

timer_queue& loop::timers() noexcept {
  return *timers_;
}

void loop::flush_at_end(flushable& f) {
  if (!f.is_linked())
    dirty_.push_back(f);
  if (flush_posted_)
    return;
  flush_posted_ = true;
  // Asio's queue is first in, first out: what is ready now runs before it.
  post([this] { flush_all(); });
}

/// Whoever is marked meanwhile waits for the next turn.
void loop::flush_all() {
  flush_posted_ = false;
  flush_list now;
  now.swap(dirty_);
  while (!now.empty()) {
    auto& first = now.front();
    now.pop_front();
    first.flush();
  }
}

} // namespace mqttzoo::net
