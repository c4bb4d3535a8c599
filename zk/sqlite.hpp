// A thin layer over SQLite: ownership of connections and statements, and result codes as values.
//
// Used by the embedded store's files only. A connection and its statements belong to one thread at
// a time (the embedded store's writer). Nothing here decides anything; SQL stays with those who
// mean it.
#pragma once

#include "core/expected.hpp"
#include "zk/error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::zk::sqlite {

/// What SQLite said: its extended result code and its sentence.
struct failure {
  int code = SQLITE_OK;
  std::string message;
};

/// The store's word for a result code other than OK, ROW and DONE.
error to_error(int extended_code) noexcept;

/// Binds as BLOB; a plain string_view binds as TEXT.
struct blob {
  std::string_view bytes;
};

/// One run of a statement: its first step is done, and its destructor resets the statement. Views
/// into a row and into bound arguments live until `next` or the end of the cursor.
class cursor {
public:
  explicit cursor(sqlite3_stmt* statement) noexcept
      : statement_(statement), code_(sqlite3_step(statement)) {}
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;
  ~cursor() { sqlite3_reset(statement_); }

  bool row() const noexcept { return code_ == SQLITE_ROW; }
  /// Neither a row nor the end: `code()` says what.
  bool failed() const noexcept { return code_ != SQLITE_ROW && code_ != SQLITE_DONE; }
  int code() const noexcept { return code_; }
  void next() noexcept { code_ = sqlite3_step(statement_); }

  std::int64_t integer(int column) const noexcept {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(statement_, column);
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

private:
  sqlite3_stmt* statement_;
  int code_;
};

/// A prepared statement: `statement(a, b, c)` binds in order and runs it.
class statement {
public:
  statement() = default;
  explicit statement(sqlite3_stmt* raw) : raw_(raw) {}

  /// Arguments must outlive the cursor: they are not copied.
  template<class... Args>
  cursor operator()(const Args&... args) noexcept {
    int position = 0;
    (bind(++position, args), ...);
    return cursor{raw_.get()};
  }

private:
  // Binding fails only on a wrong position or on a value beyond SQLite's size limit, which a
  // request cannot reach.
  void bind(int position, std::int64_t value) noexcept {
    sqlite3_bind_int64(raw_.get(), position, value);
  }
  void bind(int position, std::string_view text) noexcept {
    sqlite3_bind_text(raw_.get(), position, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
  }
  void bind(int position, const blob& value) noexcept {
    sqlite3_bind_blob(raw_.get(), position, value.bytes.data(),
                      static_cast<int>(value.bytes.size()), SQLITE_STATIC);
  }

  struct finalizer {
    void operator()(sqlite3_stmt* raw) const noexcept { sqlite3_finalize(raw); }
  };
  std::unique_ptr<sqlite3_stmt, finalizer> raw_;
};

/// What closing does with the write-ahead log.
enum class log_at_close : std::uint8_t {
  merged, ///< into the database
  kept,   ///< so that the database is found unclean
};

/// An open database file or ":memory:". Statements must be gone before it is.
class connection {
public:
  /// Creates the file if need be. Touches nothing on disk before the first statement.
  static expected<connection, failure> open(const std::string& file);

  /// Runs one or more statements, rows ignored.
  int execute(const char* sql) noexcept;
  expected<statement, failure> prepare(std::string_view sql);

  /// The first column of the first row of `sql`, which must have one.
  expected<std::int64_t, failure> integer(std::string_view sql);

  void set(log_at_close how) noexcept;

  /// Whether a BEGIN is still in force: some failures end the transaction by themselves.
  bool in_transaction() const noexcept { return sqlite3_get_autocommit(raw_.get()) == 0; }

  /// The last failure on this connection, `code` as it was returned.
  failure last_failure(int code) const;
  sqlite3* raw() const noexcept { return raw_.get(); }

private:
  struct closer {
    void operator()(sqlite3* raw) const noexcept { sqlite3_close(raw); }
  };
  explicit connection(sqlite3* raw) : raw_(raw) {}

  std::unique_ptr<sqlite3, closer> raw_;
};

} // namespace mqttzoo::zk::sqlite
