// The bounded queue between callers and the embedded store's writer.
//
// Owned by the embedded store. Any thread adds; the writer takes.
#pragma once

#include "zk/embedded_request.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace mqttzoo::zk {

class request_queue {
public:
  struct bounds {
    std::size_t requests_max;
    std::size_t bytes_max;
  };
  explicit request_queue(bounds limits) : limits_(limits) {}

  /// Takes `request`, or leaves it alone and says why: `overloaded` or `closed`.
  std::optional<error> add(embedded_request& request);
  /// The same without bounds, for the next page of a scan: each scan waits with one request at
  /// most.
  std::optional<error> add_always(embedded_request& request);

  /// The oldest requests, within `turn`, at least one unless the queue is empty.
  std::vector<embedded_request> take(bounds turn);
  /// The same, but waits for a request; empty only once the queue is closed and drained.
  std::vector<embedded_request> wait_and_take(bounds turn);

  /// Nothing more gets in; what is in can still be taken.
  void close();

  std::size_t requests() const;
  std::size_t bytes() const;

private:
  std::optional<error> add_locked(embedded_request& request);
  std::vector<embedded_request> take_locked(bounds turn);

  const bounds limits_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<embedded_request> requests_;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

} // namespace mqttzoo::zk
