// The tree of nodes in SQLite: what each operation means in SQL.
//
// Owned by the embedded store, used on its writer thread only, lives while the store is open. It
// knows nothing of queues, watches or callers: it answers, and reports which nodes changed so that
// others can fire watches.
//
//   nodes(parent, name) -> id, counters, stat   one B-tree of small rows, clustered by parent
//   contents(id) -> data                        in the order of creation; no row for empty data
//   ephemerals(path)                            the few nodes that end with the session
//   meta                                        one row: last transaction, node id and session
//
// A row's key is its parent's id and its last level, so paths are not stored and listing a parent
// reads neighbouring rows. Data stands apart so that counting a parent's children never copies the
// parent's data.
#pragma once

#include "core/clock.hpp"
#include "zk/directory_cache.hpp"
#include "zk/disk_room.hpp"
#include "zk/sqlite.hpp"
#include "zk/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// A change that watches may be waiting for.
struct tree_change {
  watch_event_type type{};
  std::string path;
};
using tree_changes = std::vector<tree_change>;

/// Where a scan stands: the directories it is inside of, outermost first. Empty: it is over.
struct scan_position {
  struct level {
    std::int64_t id = 0;
    std::string path;
    std::string last_name; ///< Children up to and with this name are done.
  };
  std::vector<level> inside;
};

class embedded_tree {
public:
  /// Takes over an open database and makes the tables in an empty one. Ends the session before,
  /// with its ephemerals. `clock` must outlive the tree. So much of the disk is kept for the log
  /// that a full one can be emptied.
  static expected<std::unique_ptr<embedded_tree>, sqlite::failure>
  open(sqlite::connection database, const core::clock& clock, std::size_t log_bytes_min);
  embedded_tree(const embedded_tree&) = delete;
  embedded_tree& operator=(const embedded_tree&) = delete;

  // A turn is one SQLite transaction; each `apply` within it succeeds or fails by itself.

  std::optional<error> begin_turn();
  /// Durable when it returns nothing, else rolled back.
  std::optional<error> commit_turn();
  void roll_back_turn();
  /// Whether the turn still stands: a full disk may have ended it, with everything applied in it.
  bool in_turn() const noexcept { return database_.in_transaction(); }

  /// After a turn that failed for want of space: true if it found room that the next may use.
  bool make_room();

  /// All of `ops`, which have passed `check_request`, or nothing. Appends to `changes`, unless
  /// null, in order.
  multi_result apply(const std::vector<op>& ops, tree_changes* changes);

  /// Removes the session's ephemerals and starts the next session.
  std::optional<error> renew_session(tree_changes* changes);
  session_id session() const noexcept { return session_; }

  expected<node, error> get(std::string_view path);
  expected<std::optional<stat>, error> exists(std::string_view path);
  expected<child_list, error> children(std::string_view path);
  expected<scan_position, error> begin_scan(std::string_view path);
  /// The next page; empty only at the end.
  expected<std::vector<scanned_node>, error> scan(scan_position& position,
                                                  const scan_options& options);

  /// Closing will leave the log, so that the next opening checks the database.
  void leave_unclean() noexcept { database_.set(sqlite::log_at_close::kept); }
  /// What SQLite said when it last failed, for logs.
  const std::string& last_message() const noexcept { return last_message_; }

private:
  /// A row of `nodes` behind its key.
  struct row {
    std::int64_t parent_id = 0;
    std::int64_t id = 0;
    std::int64_t created = 0;
    zk::stat stat;
  };
  struct statements {
    sqlite::statement find, insert, update, count, remove, list, scan;
    sqlite::statement content, insert_content, remove_content;
    sqlite::statement ephemerals, insert_ephemeral, remove_ephemeral, save_meta;
    sqlite::statement begin, commit, roll_back, savepoint, release, roll_back_to;
  };
  using outcome = std::optional<error>;

  embedded_tree(sqlite::connection database, const core::clock& clock)
      : database_(std::move(database)), room_(database_), clock_(&clock) {}

  // embedded_schema.cpp
  std::optional<sqlite::failure> prepare();
  std::optional<sqlite::failure> load_meta();
  std::optional<sqlite::failure> begin_session();

  // embedded_tree.cpp
  expected<op_result, error> apply_one(const create_op& wanted);
  expected<op_result, error> apply_one(const set_op& wanted);
  expected<op_result, error> apply_one(const remove_op& wanted);
  expected<op_result, error> apply_one(const check_op& wanted);
  multi_error undo(std::size_t index, error code);
  void remember_message() { last_message_ = database_.last_failure(0).message; }
  outcome insert(std::int64_t parent_id, const op_result& made, std::string_view data);
  outcome erase(std::string_view path, const row& found);
  /// No data: no row.
  outcome write_content(std::int64_t id, std::string_view data);
  outcome write_counters(std::string_view path);
  outcome flush_directories();
  void note(watch_event_type type, std::string_view path);

  // embedded_reads.cpp
  expected<directory*, error> find_directory(std::string_view path);
  expected<row, error> find(std::string_view path);
  static row take_row(const sqlite::cursor& at, int first_column);

  // In this order: statements must go before their connection.
  sqlite::connection database_;
  disk_room room_;
  statements sql_;
  directory_cache directories_;
  const core::clock* clock_;
  tree_changes* changes_ = nullptr; // of the apply that runs
  std::int64_t now_unix_ms_ = 0;    // of the turn
  std::int64_t zxid_ = 0;
  std::int64_t zxid_saved_ = 0;
  std::int64_t last_id_ = 0;
  session_id session_ = session_id::none;
  session_id session_saved_ = session_id::none;
  std::string last_message_;
};

} // namespace mqttzoo::zk
