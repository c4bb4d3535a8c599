// Threads for work that would hold up an I/O thread.
//
// Made by the pod, used by actors; gone after the last of them.
#pragma once

#include <functional>

namespace mqttzoo::net {

class workers {
public:
  virtual ~workers() = default;

  /// Runs `job` on one of the threads, in turn; never within the call. Any thread. Whoever posts
  /// bounds how many wait.
  virtual void post(std::function<void()> job) = 0;
};

} // namespace mqttzoo::net
