// The store of a cluster: a ZooKeeper ensemble.
//
// Owned by main for the life of the pod. Callers' threads only check and queue; the client, on a
// thread of its own or on the loop it was given, sends what is queued and posts the answers. What
// has completed is on the disks of most servers.
//
// Links and sessions:
// - When the link is lost, all that was sent and not answered completes with `connection_loss`, and
//   what was not sent waits for the link, so long as its patience lasts.
// - Watches and ephemerals outlive the link. What changed meanwhile is told when it is back, as one
//   event for any number of changes.
// - When the session is over, `expired` is told, all that waits completes with `session_expired`,
//   and so does all that is asked until `connected` announces the next. Watches are gone.
#pragma once

#include "core/expected.hpp"
#include "zk/store.hpp"
#include "zk/zookeeper_options.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace mqttzoo::zk {

class zookeeper_loop;
class zookeeper_request;

class zookeeper_store final : public store {
public:
  /// Begins to connect and does not wait for it. The error is a sentence on what is wrong with the
  /// options.
  static expected<std::unique_ptr<zookeeper_store>, std::string>
  open(const zookeeper_options& options);

  /// As `close`.
  ~zookeeper_store() override;

  /// Waits for a session. False: there is none yet. Not on the client's thread.
  bool wait_connected(std::chrono::milliseconds patience);

  void multi(executor& where, std::vector<op> ops, multi_handler done) override;
  void get(executor& where, std::string path, watcher watch, handler<node> done) override;
  void exists(executor& where, std::string path, watcher watch,
              handler<std::optional<stat>> done) override;
  void children(executor& where, std::string path, watcher watch,
                handler<child_list> done) override;
  void scan(executor& where, std::string path, scan_options options, page_handler page,
            handler<std::size_t> done) override;
  void sync(executor& where, std::string path, handler<std::monostate> done) override;
  void watches(executor& where, watch_query which, handler<watch_list> done) override;
  void attach(executor& where, const watcher& sink) override;
  session_id session() const noexcept override;

  /// Carries out what is queued, for `close_patience` at most, and ends the session: ephemerals are
  /// gone. Not on the client's thread, asserted. A scan that is under way ends with `closed` when
  /// its next page is due.
  void close() override;

  store_figures figures() const override;
  /// Any thread.
  zookeeper_counters counters() const;

private:
  explicit zookeeper_store(const zookeeper_options& options);

  void submit(std::unique_ptr<zookeeper_request> request);

  const std::size_t chroot_bytes_;
  std::unique_ptr<zookeeper_loop> loop_;
  std::atomic<std::uint64_t> refused_ = 0;
  std::once_flag closed_;
};

} // namespace mqttzoo::zk
