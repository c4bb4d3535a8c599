// The bounded queue between the store's callers and the ZooKeeper client.
//
// Shared by the store, its loop and the scans under way. Any thread adds; the client takes
// everything at once and says later what it is done with, so that the bound holds for what waits on
// either side.
#pragma once

#include "zk/zookeeper_request.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace mqttzoo::zk {

class zookeeper_inbox {
public:
  struct bounds {
    std::size_t requests_max;
    std::size_t bytes_max;
  };

  /// `wake` is called, on any thread and before `close` returns, when a request arrives and the
  /// client may be asleep. It must not call back.
  zookeeper_inbox(bounds limits, std::function<void()> wake)
      : limits_(limits), wake_(std::move(wake)) {}

  /// Takes `request`, or leaves it alone and says why: `overloaded` or `closed`.
  std::optional<error> add(request_ptr& request);
  /// All or none, without bounds: for the steps of a scan, which waits for each wave of them.
  std::optional<error> add_always(std::vector<request_ptr>& requests);

  /// Moves what came to the end of `waiting`. For the client.
  void take(std::deque<request_ptr>& waiting);
  /// So much no longer waits.
  void release(std::size_t requests, std::size_t bytes);

  /// Nothing more gets in; what is in can still be taken.
  void close();

  std::size_t requests() const;
  std::size_t bytes() const;

private:
  void add_locked(request_ptr request);
  void wake_locked();

  const bounds limits_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::vector<request_ptr> arrived_;
  std::size_t requests_ = 0; // arrived or taken, and not released
  std::size_t bytes_ = 0;
  bool awake_ = false; // the client is going to take what arrived
  bool closed_ = false;
};

} // namespace mqttzoo::zk
