// All timers of one loop behind a single operating-system timer.
//
// Sessions have one timer each and move it seldom (a keep-alive timer looks at the time of the last
// packet when it is due, instead of being moved by every packet). Loop thread only.
#pragma once

#include <chrono>
#include <map>

namespace mqttzoo::net {

using time_point = std::chrono::steady_clock::time_point;

/// Something that is called once when its time has come.
class timer_client {
public:
  virtual ~timer_client() = default;
  virtual void on_due(time_point now) = 0;

private:
  friend class timer_queue;
  using slot = std::multimap<time_point, timer_client*>::iterator;
  slot slot_{};
  bool scheduled_ = false;
};

class timer_queue {
public:
  virtual ~timer_queue() = default;

  /// Replaces the client's time, if it had one. A client must cancel() before it is destroyed.
  void schedule(timer_client& client, time_point when);
  void cancel(timer_client& client) noexcept;
  bool scheduled(const timer_client& client) const noexcept { return client.scheduled_; }

  /// When run_due() should be called next; time_point::max() if never.
  time_point next() const noexcept;
  /// Calls every client that is due; a client may schedule itself again from its call. What it
  /// schedules for a time that has passed waits for the next call.
  void run_due(time_point now);

protected:
  /// The earliest time changed: the loop re-arms its timer. Tests leave it out and drive run_due()
  /// themselves.
  virtual void next_changed() {}

private:
  std::multimap<time_point, timer_client*> entries_;
  time_point running_until_ = time_point::min(); ///< in run_due()
};

} // namespace mqttzoo::net
