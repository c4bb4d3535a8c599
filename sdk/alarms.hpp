// Things to be done at their time, on the one timer of a client.
//
// Part of a `client_core`, on its strand. Bounded by what asks for alarms: each waiting call has
// one.
#pragma once

#include "sdk/include/mqttzoo/detail/callback.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <utility>

namespace mqttzoo::sdk {

class alarms {
public:
  using time_point = std::chrono::steady_clock::time_point;
  /// Names an alarm to cancel it.
  struct handle {
    time_point when = time_point::max();
    std::uint64_t number = 0; ///< 0: no alarm
  };

  handle set(time_point when, callback<void()> what) {
    const handle h{when, ++last_};
    pending_.emplace(std::pair{h.when, h.number}, std::move(what));
    return h;
  }
  /// Also when it went off already, or never was.
  void cancel(handle& h) {
    if (h.number != 0)
      pending_.erase({h.when, h.number});
    h = {};
  }
  /// Does what is due.
  void run(time_point now) {
    while (!pending_.empty() && pending_.begin()->first.first <= now) {
      auto due = pending_.extract(pending_.begin());
      due.mapped()();
    }
  }
  time_point next() const noexcept {
    return pending_.empty() ? time_point::max() : pending_.begin()->first.first;
  }
  void clear() { pending_.clear(); }

private:
  std::map<std::pair<time_point, std::uint64_t>, callback<void()>> pending_;
  std::uint64_t last_ = 0;
};

} // namespace mqttzoo::sdk
