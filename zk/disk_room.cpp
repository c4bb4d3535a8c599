#include "zk/disk_room.hpp"

#include <utility>

namespace mqttzoo::zk {

namespace {

/// Files grow in such steps: a small store stays small, and few commits wait for the file system.
constexpr int step_bytes = 256 * 1024;

/// Has the file system reserve `bytes` for an open file; fails only for want of space.
bool secure(sqlite3_file* file, std::int64_t bytes) noexcept {
  if (file == nullptr || file->pMethods == nullptr)
    return true; // in memory
  int step = step_bytes;
  sqlite3_int64 wanted = bytes;
  file->pMethods->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &step);
  const int code = file->pMethods->xFileControl(file, SQLITE_FCNTL_SIZE_HINT, &wanted);
  return code == SQLITE_OK || code == SQLITE_NOTFOUND;
}

sqlite3_file* file_of(const sqlite::connection& database, int which) noexcept {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.raw(), "main", which, &file);
  return file;
}

} // namespace

std::optional<sqlite::failure> disk_room::prepare() {
  auto counting = database_.prepare("PRAGMA page_count");
  if (!counting)
    return counting.error();
  page_count_ = std::move(*counting);
  const auto size = database_.integer("PRAGMA page_size");
  if (!size)
    return size.error();
  page_bytes_ = *size;
  return std::nullopt;
}

std::optional<error> disk_room::secure_database() {
  std::int64_t bytes = 0;
  {
    const auto counted = page_count_();
    if (!counted.row())
      return sqlite::to_error(counted.code());
    bytes = counted.integer(0) * page_bytes_;
  }
  if (bytes <= secured_bytes_)
    return std::nullopt;
  if (!secure(file_of(database_, SQLITE_FCNTL_FILE_POINTER), bytes))
    return error::storage_full;
  secured_bytes_ = (bytes + step_bytes - 1) / step_bytes * step_bytes;
  return std::nullopt;
}

bool disk_room::secure_log(std::int64_t bytes) noexcept {
  return secure(file_of(database_, SQLITE_FCNTL_JOURNAL_POINTER), bytes);
}

bool disk_room::fold_log() noexcept {
  if (!log_grown_)
    return false;
  const int code = sqlite3_wal_checkpoint_v2(database_.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  log_grown_ = code != SQLITE_OK;
  return !log_grown_;
}

} // namespace mqttzoo::zk
