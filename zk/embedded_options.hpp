// What the embedded store can be told, what it counts, and why it may not open.
#pragma once

#include "core/clock.hpp"
#include "zk/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mqttzoo::zk {

enum class store_threading : std::uint8_t {
  own_thread, ///< A writer thread carries out what is queued.
  manual,     ///< Nothing happens until someone calls `embedded_store::run_turn`: for simulations.
};

struct embedded_options {
  /// A directory, created if missing, or ":memory:" for a store that leaves nothing behind.
  std::string path;
  /// The database file grows no further (the write-ahead log beside it is not counted); 0: no
  /// limit.
  std::size_t bytes_max = 0;

  // Waiting requests. The bytes are those of paths and data; both bounds together are what a
  // stalled disk can cost in memory.
  std::size_t queue_requests_max = 65'536;
  std::size_t queue_bytes_max = 64 * 1024 * 1024;

  // One commit. More lets a slow disk carry more, and makes each answer of a full turn wait longer.
  std::size_t turn_requests_max = 4096;
  std::size_t turn_bytes_max = 8 * 1024 * 1024;

  std::size_t watches_max = 1'000'000;

  /// SQLite's page cache: what it may keep in memory, however large the file.
  std::size_t cache_bytes = 4 * 1024 * 1024;
  /// The log is copied into the database when it reaches this or an eighth of the disk; also how
  /// long a start after a crash may read.
  std::size_t wal_bytes = 16 * 1024 * 1024;
  /// The log's file is never shorter: what a full disk leaves to remove things with.
  std::size_t log_bytes_min = 512 * 1024;
  /// After a crash the database is checked before use, for at most this long, so that starts stay
  /// short.
  std::chrono::milliseconds check_budget{500};

  /// Null: the system's. Must outlive the store.
  const core::clock* clock = nullptr;
  store_threading threading = store_threading::own_thread;
};

/// Since the store was opened, unless a line says "now".
struct embedded_counters {
  std::uint64_t requests = 0; ///< Carried out, reads and writes.
  std::uint64_t operations =
      0;                   ///< Creates, sets, removes and checks in transactions that succeeded.
  std::uint64_t bytes = 0; ///< Paths and data of the requests carried out.
  std::uint64_t turns = 0;
  std::uint64_t commits = 0; ///< Turns that wrote, each one sync of the disk.
  std::uint64_t turns_undone =
      0;                     ///< Turns that failed as a whole and were tried request by request.
  std::uint64_t refused = 0; ///< Requests answered `overloaded`.
  std::uint64_t storage_errors = 0; ///< Requests answered `storage_full`, `_damaged` or `_failed`.
  std::uint64_t queue_requests = 0; ///< Now.
  std::uint64_t queue_bytes = 0;    ///< Now.
  std::uint64_t watches = 0;        ///< Now.
  std::uint64_t last_commit_us = 0; ///< How long the last commit took.
};

/// Why a store did not open: a code to act on, and a sentence for the log that names the path.
struct open_error {
  error code{};
  std::string message;
};

} // namespace mqttzoo::zk
