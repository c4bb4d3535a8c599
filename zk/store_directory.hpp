// The embedded store's place on disk: DIR/mqttzoo.db (with SQLite's -wal beside it) and
// DIR/mqttzoo.lock.
//
// Owned by the embedded store for as long as it is open; used at opening and closing only.
#pragma once

#include "core/expected.hpp"
#include "zk/embedded_options.hpp"
#include "zk/sqlite.hpp"

#include <string>
#include <utility>

namespace mqttzoo::zk {

/// An exclusive lock on a directory, held by an open file until destruction or the death of the
/// process.
class directory_lock {
public:
  directory_lock() = default; ///< Locks nothing: for a store in memory.
  directory_lock(directory_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  directory_lock& operator=(directory_lock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~directory_lock();

  /// Fails with `storage_in_use` while anybody holds it, in this process or another.
  static expected<directory_lock, open_error> take(const std::string& directory);

private:
  int fd_ = -1;
};

enum class integrity : std::uint8_t {
  not_checked, ///< The last store was closed properly.
  checked,     ///< Sound.
  unfinished,  ///< Nothing found within the budget.
};

struct opened_directory {
  directory_lock lock;
  sqlite::connection database; // after the lock, so that it is closed first
  zk::integrity integrity = integrity::not_checked;
};

/// Creates and locks the directory, opens the database in it and sets it up. Never throws.
expected<opened_directory, open_error> open_directory(const embedded_options& options);

} // namespace mqttzoo::zk
