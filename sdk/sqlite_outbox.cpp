#include "sdk/sqlite_outbox.hpp"

#include "mqtt/properties.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/wire_message.hpp"

#include <sqlite3.h>

#include <utility>

namespace mqttzoo::sdk {
namespace {

/// What the file looks like; `user_version` says which layout it has.
constexpr const char* layout = R"(
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS outbox (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    id INTEGER NOT NULL DEFAULT 0,
    stage INTEGER NOT NULL DEFAULT 0,
    qos INTEGER NOT NULL,
    retain INTEGER NOT NULL,
    expiry_s INTEGER,
    topic BLOB NOT NULL,
    payload BLOB NOT NULL,
    properties BLOB NOT NULL);
  PRAGMA user_version = 1;
)";

/// A prepared statement; finalised before its database is closed.
class statement {
public:
  statement() = default;
  statement(sqlite3* database, const char* text) {
    sqlite3_prepare_v2(database, text, -1, &handle_, nullptr);
  }
  statement(const statement&) = delete;
  statement& operator=(statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~statement() { sqlite3_finalize(handle_); }

  void bind(int at, std::int64_t value) { sqlite3_bind_int64(handle_, at, value); }
  /// `value` has to live until run().
  void bind(int at, std::string_view value) {
    sqlite3_bind_blob64(handle_, at, value.data() ? value.data() : "", value.size(), SQLITE_STATIC);
  }
  void bind_null(int at) { sqlite3_bind_null(handle_, at); }
  /// True if it did all it should.
  bool run() {
    const bool done = sqlite3_step(handle_) == SQLITE_DONE;
    sqlite3_reset(handle_);
    return done;
  }
  int step() { return sqlite3_step(handle_); }
  std::int64_t number(int column) { return sqlite3_column_int64(handle_, column); }
  bool is_null(int column) { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  std::string_view bytes(int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    return data ? std::string_view{data, size} : std::string_view{};
  }

private:
  sqlite3_stmt* handle_ = nullptr;
};

class sqlite_outbox final : public outbox_store {
public:
  explicit sqlite_outbox(const std::string& path) {
    constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    usable_ = sqlite3_open_v2(path.c_str(), &database_, flags, nullptr) == SQLITE_OK && run(layout);
    if (!usable_)
      return;
    put_ = {database_, "INSERT OR REPLACE INTO outbox (row, id, stage, qos, retain, expiry_s, "
                       "topic, payload, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"};
    mark_ = {database_, "UPDATE outbox SET id = ?, stage = ? WHERE row = ?"};
    remove_ = {database_, "DELETE FROM outbox WHERE row = ?"};
  }
  ~sqlite_outbox() override {
    commit();
    put_ = {};
    mark_ = {};
    remove_ = {};
    sqlite3_close(database_);
  }

  std::error_code load(std::vector<stored_message>& out) override {
    if (!usable_)
      return errc::store_failed;
    statement all{database_,
                  "SELECT row, id, stage, qos, retain, expiry_s, topic, payload, properties "
                  "FROM outbox ORDER BY row"};
    int status = SQLITE_ROW;
    while ((status = all.step()) == SQLITE_ROW)
      out.push_back(read(all));
    return status == SQLITE_DONE ? std::error_code{} : errc::store_failed;
  }

  bool put(std::int64_t row, const message& m, mqtt::packet_id id, sent_as stage) override {
    const auto properties = encode_properties(m.properties);
    put_.bind(1, row);
    put_.bind(2, static_cast<std::int64_t>(id));
    put_.bind(3, static_cast<std::int64_t>(stage));
    put_.bind(4, static_cast<std::int64_t>(m.qos));
    put_.bind(5, m.retain ? 1 : 0);
    if (m.properties.expiry_s)
      put_.bind(6, static_cast<std::int64_t>(*m.properties.expiry_s));
    else
      put_.bind_null(6);
    put_.bind(7, m.topic);
    put_.bind(8, m.payload);
    put_.bind(9, properties);
    return change(put_);
  }

  void mark(std::int64_t row, mqtt::packet_id id, sent_as stage) override {
    mark_.bind(1, static_cast<std::int64_t>(id));
    mark_.bind(2, static_cast<std::int64_t>(stage));
    mark_.bind(3, row);
    change(mark_);
  }

  void remove(std::int64_t row) override {
    remove_.bind(1, row);
    change(remove_);
  }

  std::error_code commit() override {
    const bool begun = std::exchange(in_transaction_, false);
    const bool failed = std::exchange(failed_, false);
    if (!begun && !failed)
      return {};
    if (begun && !failed && run("COMMIT"))
      return {};
    run("ROLLBACK"); // which SQLite may have done
    return errc::store_failed;
  }

private:
  static stored_message read(statement& from) {
    mqtt::publish_packet p;
    p.qos = static_cast<mqtt::qos>(from.number(3));
    p.retain = from.number(4) != 0;
    if (!from.is_null(5))
      p.properties.message_expiry_interval_s = static_cast<std::uint32_t>(from.number(5));
    p.payload = from.bytes(7);
    p.properties.forwarded = from.bytes(8);
    // The flag is one of the encoded properties, which begin with it.
    constexpr char utf8[] = {static_cast<char>(mqtt::property::payload_format_indicator), 1};
    p.properties.payload_is_utf8 =
        p.properties.forwarded.starts_with(std::string_view{utf8, sizeof utf8});
    stored_message m;
    read_message(p, from.bytes(6), m.what);
    m.row = from.number(0);
    m.id = mqtt::packet_id{static_cast<std::uint16_t>(from.number(1))};
    m.stage = static_cast<sent_as>(from.number(2));
    return m;
  }

  bool run(const char* text) {
    return sqlite3_exec(database_, text, nullptr, nullptr, nullptr) == SQLITE_OK;
  }

  /// False also if SQLite has rolled back by itself, which commit() has to say first.
  bool begin() {
    if (usable_ && !in_transaction_)
      in_transaction_ = run("BEGIN IMMEDIATE");
    return in_transaction_ && sqlite3_get_autocommit(database_) == 0;
  }

  bool change(statement& what) {
    const bool done = begin() && what.run();
    failed_ = failed_ || !done;
    return done;
  }

  sqlite3* database_ = nullptr;
  statement put_, mark_, remove_;
  bool usable_ = false;
  bool in_transaction_ = false;
  bool failed_ = false;
};

} // namespace

std::unique_ptr<outbox_store> open_sqlite_outbox(const std::string& path) {
  return path.empty() ? nullptr : std::make_unique<sqlite_outbox>(path);
}

} // namespace mqttzoo::sdk
