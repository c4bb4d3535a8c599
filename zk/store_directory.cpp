#include "zk/store_directory.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/file.h>
#include <unistd.h>

namespace mqttzoo::zk {

namespace {

namespace fs = std::filesystem;
using deadline = std::chrono::steady_clock::time_point;

constexpr std::size_t page_bytes = 4096;
constexpr int progress_interval =
    10'000; // virtual machine steps between looks at the clock, about 1 ms

open_error os_failure(const std::string& what, const std::string& path, int number) {
  const auto code = number == ENOSPC ? error::storage_full : error::storage_failed;
  return {code, what + ' ' + path + ": " + std::strerror(number)};
}

open_error database_failure(const std::string& file, const sqlite::failure& why) {
  const auto code = sqlite::to_error(why.code);
  const std::string what = code == error::storage_damaged ? "the store's database is damaged: "
                                                          : "cannot open the store's database ";
  return {code, what + file + ": " + why.message};
}

/// Who holds the lock, as it wrote into the file: only for the error's sentence.
std::string holder(int fd) {
  std::array<char, 16> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  return size > 0 ? " by process " + std::string(text.data(), static_cast<std::size_t>(size)) : "";
}

/// The log may be that large before it is copied into the database, which needs the space again.
std::size_t log_bytes_max(const embedded_options& options) {
  std::error_code failed;
  const auto disk = fs::space(options.path, failed);
  if (failed) // no directory: in memory
    return options.wal_bytes;
  return std::min<std::size_t>(options.wal_bytes,
                               std::max<std::size_t>(options.log_bytes_min, disk.capacity / 8));
}

/// Runs the pragmas that make a connection ours. Order matters: page size before the file exists,
/// exclusive locking before the log, so that the log's index lives in memory and not in a shared
/// file.
std::optional<sqlite::failure> set_up(sqlite::connection& database,
                                      const embedded_options& options) {
  const auto log_max = log_bytes_max(options);
  const auto pages = [](std::size_t bytes) { return std::to_string(bytes / page_bytes); };
  auto text = "PRAGMA page_size = " + std::to_string(page_bytes) +
              "; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL"
              "; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF"
              "; PRAGMA cache_size = -" +
              std::to_string(options.cache_bytes / 1024) +
              "; PRAGMA wal_autocheckpoint = " + pages(log_max) +
              "; PRAGMA journal_size_limit = " + std::to_string(log_max);
  if (options.bytes_max > 0)
    text += "; PRAGMA max_page_count = " + pages(options.bytes_max);
  if (const int code = database.execute(text.c_str()); code != SQLITE_OK)
    return database.last_failure(code);
  return std::nullopt;
}

int stop_after(void* until) {
  return std::chrono::steady_clock::now() >= *static_cast<const deadline*>(until) ? 1 : 0;
}

/// PRAGMA quick_check: reads every page, so large databases outlast the budget; then nothing was
/// found in the part that was read.
expected<integrity, sqlite::failure> check(sqlite::connection& database,
                                           std::chrono::milliseconds budget) {
  deadline until = std::chrono::steady_clock::now() + budget;
  sqlite3_progress_handler(database.raw(), progress_interval, stop_after, &until);
  auto result = [&]() -> expected<integrity, sqlite::failure> {
    auto checking = database.prepare("PRAGMA quick_check(1)");
    if (!checking)
      return unexpected(checking.error());
    const auto verdict = (*checking)();
    if (!verdict.row())
      return unexpected(database.last_failure(verdict.code()));
    if (verdict.bytes(0) != "ok")
      return unexpected(sqlite::failure{SQLITE_CORRUPT, std::string{verdict.bytes(0)}});
    return integrity::checked;
  }();
  sqlite3_progress_handler(database.raw(), 0, nullptr, nullptr);
  if (!result && (result.error().code & 0xff) == SQLITE_INTERRUPT)
    return integrity::unfinished;
  return result;
}

/// How whoever had the database before left it.
enum class last_end : std::uint8_t { clean, unclean };

expected<opened_directory, open_error> open_database(directory_lock lock, const std::string& file,
                                                     const embedded_options& options,
                                                     last_end end) {
  auto database = sqlite::connection::open(file);
  if (!database)
    return unexpected(database_failure(file, database.error()));
  if (const auto failed = set_up(*database, options))
    return unexpected(database_failure(file, *failed));
  opened_directory opened{std::move(lock), std::move(*database), integrity::not_checked};
  if (end == last_end::unclean) {
    opened.database.set(
        sqlite::log_at_close::kept); // a refused database must be found unclean again
    const auto verdict = check(opened.database, options.check_budget);
    if (!verdict)
      return unexpected(database_failure(file, verdict.error()));
    opened.database.set(sqlite::log_at_close::merged);
    opened.integrity = *verdict;
  }
  return opened;
}

} // namespace

directory_lock::~directory_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

expected<directory_lock, open_error> directory_lock::take(const std::string& directory) {
  const auto file = directory + "/mqttzoo.lock";
  directory_lock lock;
  lock.fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.fd_ < 0)
    return unexpected(os_failure("cannot open the store's lock", file, errno));
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return unexpected(os_failure("cannot lock the store with", file, errno));
    return unexpected(open_error{error::storage_in_use, "the store directory " + directory +
                                                            " is in use" + holder(lock.fd_)});
  }
  // Best effort: a full disk must not keep the store from opening.
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(lock.fd_, 0) == 0)
    static_cast<void>(::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0);
  return lock;
}

expected<opened_directory, open_error> open_directory(const embedded_options& options) {
  if (options.path == ":memory:")
    return open_database({}, options.path, options, last_end::clean);
  std::error_code failed;
  fs::create_directories(options.path, failed);
  if (failed)
    return unexpected(
        os_failure("cannot create the store directory", options.path, failed.value()));
  auto lock = directory_lock::take(options.path);
  if (!lock)
    return unexpected(lock.error());
  const auto file = options.path + "/mqttzoo.db";
  // SQLite removes its log when the last connection is closed properly.
  const auto log_bytes = fs::file_size(file + "-wal", failed);
  const auto end = !failed && log_bytes > 0 ? last_end::unclean : last_end::clean;
  return open_database(std::move(*lock), file, options, end);
}

} // namespace mqttzoo::zk
