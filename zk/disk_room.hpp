// Keeps so much of the disk for the embedded store that it can free space when none is left.
//
// What is written goes to SQLite's log first and is copied ("folded") into the database later. On a
// full disk that would be a trap: removing needs room in the log, the log gets room by folding, and
// folding makes the database grow. So the database's file is made long enough before each commit,
// which fails there if it must, and the log's file is never shorter than a reserve: folding always
// succeeds, and after it there is room to remove things.
//
// Owned by the embedded tree, beside its connection, on the same thread. Does nothing for a
// database in memory.
#pragma once

#include "zk/error.hpp"
#include "zk/sqlite.hpp"

#include <cstdint>
#include <optional>

namespace mqttzoo::zk {

class disk_room {
public:
  /// `database` must outlive this.
  explicit disk_room(sqlite::connection& database) noexcept : database_(database) {}

  std::optional<sqlite::failure> prepare();

  /// Makes the database's file as long as the transaction under way needs it; `storage_full` if
  /// that cannot be.
  std::optional<error> secure_database();
  /// Makes the log's file at least `bytes` long; false if that cannot be.
  bool secure_log(std::int64_t bytes) noexcept;

  /// The log has something to fold.
  void committed() noexcept { log_grown_ = true; }
  /// Copies the log into the database, outside of a transaction. True: the log is written from its
  /// start again, so what found no room may find some now.
  bool fold_log() noexcept;

private:
  sqlite::connection& database_;
  sqlite::statement page_count_;
  std::int64_t page_bytes_ = 0;
  std::int64_t secured_bytes_ = 0; ///< of the database's file
  bool log_grown_ = true;          ///< since fold_log()
};

} // namespace mqttzoo::zk
