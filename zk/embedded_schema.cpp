// Opening the embedded tree: tables, prepared statements, and the numbers that go on across
// restarts.
#include "core/log.hpp"
#include "zk/embedded_tree.hpp"

#include <utility>

namespace mqttzoo::zk {

namespace {

constexpr core::logger log{core::log_folder::zk};

// Written into the file's header, so that a foreign database is told from ours and an old program
// from a new file.
constexpr std::int64_t application_id = 0x6d717a6f; // "mqzo"
constexpr std::int64_t schema_version = 1;

constexpr const char* create_tables = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE nodes(
  parent INTEGER NOT NULL, name TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL,
  children INTEGER NOT NULL, version INTEGER NOT NULL, czxid INTEGER NOT NULL, mzxid INTEGER NOT NULL,
  ctime_unix_ms INTEGER NOT NULL, mtime_unix_ms INTEGER NOT NULL, owner INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY(parent, name)) WITHOUT ROWID, STRICT;
CREATE TABLE contents(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
CREATE TABLE ephemerals(path TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;
CREATE TABLE meta(zxid INTEGER NOT NULL, last_id INTEGER NOT NULL, session INTEGER NOT NULL) STRICT;
INSERT INTO nodes VALUES(0, '', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
INSERT INTO meta VALUES(0, 1, 0);
PRAGMA application_id = 1836153455;
PRAGMA user_version = 1;
COMMIT;
)sql";
static_assert(application_id == 1836153455 && schema_version == 1, "as in the text above");

} // namespace

expected<std::unique_ptr<embedded_tree>, sqlite::failure>
embedded_tree::open(sqlite::connection database, const core::clock& clock,
                    std::size_t log_bytes_min) {
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables)
    return unexpected(tables.error());
  if (*tables == 0) {
    if (const int code = database.execute(create_tables); code != SQLITE_OK)
      return unexpected(database.last_failure(code));
  }
  const auto application = database.integer("PRAGMA application_id");
  const auto schema = database.integer("PRAGMA user_version");
  if (!application || !schema)
    return unexpected(application ? schema.error() : application.error());
  if (*application != application_id)
    return unexpected(sqlite::failure{SQLITE_NOTADB, "the database is not one of MQTTZoo"});
  if (*schema != schema_version)
    return unexpected(sqlite::failure{
        SQLITE_ERROR, "the database has layout " + std::to_string(*schema) +
                          ", this program knows layout " + std::to_string(schema_version)});
  std::unique_ptr<embedded_tree> tree{new embedded_tree{std::move(database), clock}};
  if (auto failed = tree->prepare())
    return unexpected(*std::move(failed));
  if (auto failed = tree->load_meta())
    return unexpected(*std::move(failed));
  if (auto failed = tree->begin_session())
    return unexpected(*std::move(failed));
  if (!tree->room_.secure_log(static_cast<std::int64_t>(log_bytes_min)))
    log.warn("the disk has no room to keep for a full store", {{"bytes", log_bytes_min}});
  return tree;
}

std::optional<sqlite::failure> embedded_tree::prepare() {
  const std::pair<sqlite::statement*, const char*> wanted[] = {
      {&sql_.find, "SELECT id, created, children, version, czxid, mzxid, ctime_unix_ms,"
                   " mtime_unix_ms, owner, bytes FROM nodes WHERE parent = ?1 AND name = ?2"},
      {&sql_.insert, "INSERT INTO nodes VALUES(?1, ?2, ?3, 0, 0, 0, ?4, ?4, ?5, ?5, ?6, ?7)"},
      {&sql_.update, "UPDATE nodes SET version = ?3, mzxid = ?4, mtime_unix_ms = ?5, bytes = ?6"
                     " WHERE parent = ?1 AND name = ?2"},
      {&sql_.count, "UPDATE nodes SET created = ?3, children = ?4 WHERE parent = ?1 AND name = ?2"},
      {&sql_.remove, "DELETE FROM nodes WHERE parent = ?1 AND name = ?2"},
      {&sql_.list, "SELECT name FROM nodes WHERE parent = ?1"},
      {&sql_.scan, "SELECT n.name, c.data, n.id, n.created, n.children, n.version, n.czxid,"
                   " n.mzxid, n.ctime_unix_ms, n.mtime_unix_ms, n.owner, n.bytes"
                   " FROM nodes n LEFT JOIN contents c ON c.id = n.id"
                   " WHERE n.parent = ?1 AND n.name > ?2 ORDER BY n.name"},
      {&sql_.content, "SELECT data FROM contents WHERE id = ?1"},
      {&sql_.insert_content, "INSERT OR REPLACE INTO contents VALUES(?1, ?2)"},
      {&sql_.remove_content, "DELETE FROM contents WHERE id = ?1"},
      {&sql_.ephemerals, "SELECT path FROM ephemerals"},
      {&sql_.insert_ephemeral, "INSERT INTO ephemerals VALUES(?1)"},
      {&sql_.remove_ephemeral, "DELETE FROM ephemerals WHERE path = ?1"},
      {&sql_.save_meta, "UPDATE meta SET zxid = ?1, last_id = ?2, session = ?3"},
      {&sql_.begin, "BEGIN"},
      {&sql_.commit, "COMMIT"},
      {&sql_.roll_back, "ROLLBACK"},
      {&sql_.savepoint, "SAVEPOINT request"},
      {&sql_.release, "RELEASE request"},
      {&sql_.roll_back_to, "ROLLBACK TO request"},
  };
  for (const auto& [statement, text] : wanted) {
    auto prepared = database_.prepare(text);
    if (!prepared)
      return prepared.error();
    *statement = std::move(*prepared);
  }
  return room_.prepare();
}

std::optional<sqlite::failure> embedded_tree::load_meta() {
  auto read = database_.prepare("SELECT zxid, last_id, session FROM meta");
  if (!read)
    return read.error();
  const auto meta = (*read)();
  if (!meta.row())
    return meta.failed() ? database_.last_failure(meta.code())
                         : sqlite::failure{SQLITE_CORRUPT, "table meta is empty"};
  zxid_ = zxid_saved_ = meta.integer(0);
  last_id_ = meta.integer(1);
  session_ = session_saved_ = session_id{meta.integer(2)};
  return std::nullopt;
}

/// Each opening is a session of its own; the last one's ephemerals end here, as a crash leaves
/// them.
std::optional<sqlite::failure> embedded_tree::begin_session() {
  const auto begin = [this] {
    auto failed = begin_turn();
    if (!failed)
      failed = renew_session(nullptr);
    if (!failed)
      failed = commit_turn();
    if (failed)
      roll_back_turn();
    return failed;
  };
  auto failed = begin();
  if (failed == error::storage_full && make_room())
    failed = begin();
  if (failed == error::storage_full)
    return sqlite::failure{SQLITE_FULL, "the disk or the store is full"};
  if (failed)
    return database_.last_failure(sqlite3_extended_errcode(database_.raw()));
  return std::nullopt;
}

} // namespace mqttzoo::zk
