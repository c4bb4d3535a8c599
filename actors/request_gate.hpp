// Keeps the number of requests to the store that are under way at a time within a bound.
//
// Part of an actor, on its thread. Who is let in says so when it is done; others wait in the order
// they came. Their number is bounded by their owner: one for each thing to read or write.
#pragma once

#include <cassert>
#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

namespace mqttzoo::actors {

class request_gate {
public:
  explicit request_gate(std::size_t requests_max) : room_(requests_max) {}

  /// Calls `start` now or when there is room; done() must follow.
  void enter(std::function<void()> start) {
    if (room_ == 0)
      return waiting_.push_back(std::move(start));
    --room_;
    start();
  }

  void done() {
    if (waiting_.empty()) {
      ++room_;
      return;
    }
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();
  }

  std::size_t waiting() const noexcept { return waiting_.size(); }
  void clear() noexcept { waiting_.clear(); }

private:
  std::size_t room_;
  std::deque<std::function<void()>> waiting_;
};

} // namespace mqttzoo::actors
