// The store of a single pod: ZooKeeper's tree in a SQLite file, or in memory.
//
// Owned by main for the life of the process. Callers' threads only check and queue; one writer
// thread carries out what is queued, all of it in one commit (write-ahead log, synchronous=FULL),
// and posts the answers. So the slower the disk, the more requests share a sync. What has completed
// survives SIGKILL and power loss.
//
// Its session begins at `open` and ends with the process: ephemerals of the last one are gone when
// `open` returns. There is no link that could break, so `connection_loss`, `suspended` and
// `expired` never come by themselves.
#pragma once

#include "zk/embedded_engine.hpp"
#include "zk/embedded_options.hpp"
#include "zk/request_queue.hpp"
#include "zk/store.hpp"
#include "zk/store_directory.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace mqttzoo::zk {

class embedded_store final : public store {
public:
  /// Creates or opens the store. An error names the directory or file: in use, damaged, not
  /// writable, full.
  static expected<std::unique_ptr<embedded_store>, open_error>
  open(const embedded_options& options);

  /// As `close`.
  ~embedded_store() override;

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

  /// Not from a completion that runs on the writer thread (`inline_executor`), asserted. A scan
  /// that is under way ends with `closed` when its next page is due.
  void close() override;

  /// Ends the session and begins the next: what a server does to a client it has not heard of for
  /// too long. Everything queued before is carried out first. For simulations.
  void expire_session();

  /// With `store_threading::manual` only: carries out one turn on this thread; how many requests it
  /// had.
  std::size_t run_turn();

  store_figures figures() const override;
  /// Any thread.
  embedded_counters counters() const;
  /// What the check at opening found.
  zk::integrity integrity() const noexcept { return integrity_; }

private:
  embedded_store(const embedded_options& options, opened_directory place,
                 std::unique_ptr<embedded_tree> tree, const core::clock& clock);

  void run();
  void submit(embedded_request request);
  template<class Request, class Result>
  void submit_read(executor& where, std::string path, const watcher& watch, handler<Result> done);

  const embedded_options options_;
  const zk::integrity integrity_;
  directory_lock lock_;
  std::shared_ptr<request_queue> queue_;
  embedded_engine engine_;
  std::atomic<std::uint64_t> refused_ = 0;
  std::once_flag closed_;
  std::thread writer_;
};

} // namespace mqttzoo::zk
