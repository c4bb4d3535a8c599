// Asks a service over HTTP, as the actors see it.
//
// Made by the pod, used by the gatekeeper; gone after it. The real one is hook_client.
#pragma once

#include <functional>
#include <string>

namespace mqttzoo::net {

struct http_reply {
  unsigned status = 0; ///< 0: there was none, in time
  std::string body;
  std::string problem; ///< why there was none
};

class http_caller {
public:
  virtual ~http_caller() = default;

  /// Sends `body`, which is JSON, in a POST. `done` is called once, on another thread, or never if
  /// the pod stops before. Any thread; whoever posts bounds how many wait.
  virtual void post(std::string body, std::function<void(http_reply)> done) = 0;
};

} // namespace mqttzoo::net
