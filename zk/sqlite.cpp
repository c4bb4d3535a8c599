#include "zk/sqlite.hpp"

namespace mqttzoo::zk::sqlite {

error to_error(int extended_code) noexcept {
  switch (extended_code & 0xff) {
  case SQLITE_FULL:
    return error::storage_full;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    return error::storage_damaged;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return error::storage_in_use;
  default:
    return error::storage_failed;
  }
}

expected<connection, failure> connection::open(const std::string& file) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection opened{
      raw}; // SQLite hands out a connection even when it fails, to be asked and closed
  if (raw == nullptr)
    return unexpected(failure{SQLITE_NOMEM, "out of memory"});
  sqlite3_extended_result_codes(raw, 1);
  if (code != SQLITE_OK)
    return unexpected(opened.last_failure(code));
  return opened;
}

int connection::execute(const char* sql) noexcept {
  return sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr);
}

expected<statement, failure> connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK)
    return unexpected(last_failure(code));
  return statement{raw};
}

expected<std::int64_t, failure> connection::integer(std::string_view sql) {
  auto prepared = prepare(sql);
  if (!prepared)
    return unexpected(prepared.error());
  const auto found = (*prepared)();
  if (!found.row())
    return unexpected(last_failure(found.code()));
  return found.integer(0);
}

void connection::set(log_at_close how) noexcept {
  sqlite3_db_config(raw_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, how == log_at_close::kept ? 1 : 0,
                    nullptr);
}

failure connection::last_failure(int code) const {
  return {code, sqlite3_errmsg(raw_.get())};
}

} // namespace mqttzoo::zk::sqlite
