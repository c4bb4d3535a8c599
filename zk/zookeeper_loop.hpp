// Polls the ZooKeeper client from an Asio loop: the only file of zk/ that knows Asio.
//
// Owned by the store and by what it has left in the loop. Runs on the loop it was given, or on a
// thread and a loop of its own until `finish`. A turn: let the library read and write, let the
// client send and deliver, ask the library what to wait for.
//
// The library closes its socket and opens another under the same number behind the reactor's back.
// So a duplicate is watched, and made anew at every turn in which the client is not steadily
// connected.
#pragma once

#include "zk/zookeeper_client.hpp"

#include <functional>
#include <memory>

namespace mqttzoo::zk {

class zookeeper_loop {
public:
  /// Not started yet.
  explicit zookeeper_loop(const zookeeper_options& options);
  /// `finish` must have returned, unless it was never started.
  ~zookeeper_loop();

  /// Begins to connect.
  void start();

  /// Fit to be called on any thread; see zookeeper_store.
  zookeeper_inbox& inbox() const noexcept;
  std::shared_ptr<zookeeper_inbox> shared_inbox() const noexcept;
  void attach(executor& where, std::weak_ptr<watch_sink> sink);
  session_id session() const noexcept;
  zookeeper_counters counters() const;

  /// Carries out what is queued and ends; blocks until that is done. Not on the loop's own thread.
  void finish();

private:
  class poller;
  struct own_loop;

  std::unique_ptr<own_loop> own_; ///< Null on somebody else's loop.
  std::shared_ptr<poller> poller_;
};

} // namespace mqttzoo::zk
