// Carries out the embedded store's requests, many in one commit.
//
// Owned by the embedded store, used on its writer thread only (except `session` and `counters`),
// lives while the store is open. A turn executes every request against the tree, commits once, and
// only then touches watches and answers callers, in the order of the requests; so nothing that was
// not durable is ever told to anyone.
//
// When a turn cannot be kept (the disk is full), it is undone and its requests are carried out one
// by one, each with a commit of its own: what fits is kept, what frees space gets through, and only
// the rest is refused.
#pragma once

#include "zk/embedded_options.hpp"
#include "zk/embedded_request.hpp"
#include "zk/outbox.hpp"
#include "zk/request_queue.hpp"
#include "zk/watch_table.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mqttzoo::zk {

class embedded_engine {
public:
  /// `pages` takes the requests for the next page of scans.
  embedded_engine(std::unique_ptr<embedded_tree> tree, std::weak_ptr<request_queue> pages,
                  std::size_t watches_max, const core::clock& clock);

  /// Carries out `batch` and posts the answers.
  void run_turn(std::vector<embedded_request> batch);

  /// Closes the database; no turn may follow.
  void close() noexcept { tree_.reset(); }

  /// Any thread.
  session_id session() const noexcept { return session_.load(); }
  /// Any thread; the fields that belong to the queue are left at zero.
  embedded_counters counters() const noexcept;

private:
  /// What a request came to, waiting for the commit.
  struct answer {
    tree_changes changes;
    std::function<void(outbox&)> settle; ///< Sets watches, answers the caller.
    std::size_t operations = 0;          ///< Of a transaction that succeeded.
    std::optional<error> failed;
  };
  struct attached {
    std::weak_ptr<watch_sink> sink;
    executor* where;
  };

  bool run_together(std::vector<embedded_request>& batch, std::vector<answer>& answers);
  answer run_alone(embedded_request& request);
  answer try_alone(embedded_request& request);
  std::optional<error> commit(std::size_t operations);
  void deliver(std::vector<answer>& answers);

  answer execute(embedded_request& request);
  answer execute(embedded_request& request, multi_request& wanted);
  answer execute(embedded_request& request, get_request& wanted);
  answer execute(embedded_request& request, exists_request& wanted);
  answer execute(embedded_request& request, children_request& wanted);
  answer execute(embedded_request& request, scan_request& wanted);
  answer execute(embedded_request& request, sync_request& wanted);
  answer execute(embedded_request& request, watches_request& wanted);
  answer execute(embedded_request& request, attach_request& wanted);
  answer execute(embedded_request& request, expire_request& wanted);

  template<class Wanted, class Result>
  answer answer_read(embedded_request& request, Wanted& wanted, watch_kind kind, Result result);
  answer refuse(embedded_request& request, error code);
  std::function<void()> next_page(executor& where, std::shared_ptr<scan_progress> scan,
                                  std::vector<scanned_node> page);
  void tell_session(session_state state, session_id session, outbox& out);
  void note_failure(error code);

  std::unique_ptr<embedded_tree> tree_;
  std::weak_ptr<request_queue> pages_;
  watch_table watches_;
  std::vector<attached> attached_;
  const core::clock& clock_;
  bool report_changes_ = false;         // of this turn: somebody watches, or may by its end
  std::optional<error> writes_refused_; // for good, see note_failure

  std::atomic<session_id> session_;
  struct {
    std::atomic<std::uint64_t> requests, operations, bytes, turns, commits, turns_undone,
        storage_errors, watches, last_commit_us;
  } count_;
};

} // namespace mqttzoo::zk
