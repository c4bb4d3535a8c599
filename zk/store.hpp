// The store: a tree of small versioned nodes with ZooKeeper's semantics, whatever stands behind it.
//
// One per process, owned by main, which made it with tools/open_store; lives longer than the pod.
// Talked to by actors of the first unit (bank, post office, reaper, directory, membership, adopter,
// usher), by recovery and enrolment while the pod starts, and by the endpoint for operators.
// Implementations: `embedded_store` (SQLite, one pod), `zookeeper_store` (an ensemble,
// all pods of a cluster), and `faulty_store` (wraps another and breaks its promises on purpose).
//
// What callers may rely on with every implementation:
// - Every operation may be called from any thread, never blocks and never throws. It completes
//   exactly once, by a call of its handler on the executor it named, never inside the call.
// - Operations of one thread are carried out in the order of the calls, and completions through
//   one executor come in that order; `overloaded`, `closed`, `too_large` and `invalid_path` may
//   overtake, as they never queue.
// - A write that completed with a result is durable. With `error::connection_loss` its outcome is
//   unknown.
// - A watch event caused by a change arrives before the completion of any operation that saw the
//   change.
#pragma once

#include "core/expected.hpp"
#include "zk/error.hpp"
#include "zk/executor.hpp"
#include "zk/store_figures.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mqttzoo::zk {

/// Bytes of paths and data that one request may carry (ZooKeeper's servers accept a little more: 1
/// MiB).
inline constexpr std::size_t request_bytes_max = 1'000'000;
/// Bytes of one path. All watches of a session must fit in one request at a reconnect, so paths are
/// short.
inline constexpr std::size_t path_bytes_max = 512;

/// A store session: between `connected` with this id and `expired` with it. Fences ephemerals and
/// watches.
enum class session_id : std::int64_t { none = 0 };

/// A node's data version, or `any_version` where the caller does not care.
using version = std::int32_t;
inline constexpr version any_version = -1;

/// What the store knows of a node besides its data.
struct stat {
  zk::version version = 0;   ///< Times the data was set; 0 when created.
  std::int32_t cversion = 0; ///< Children created plus children removed.
  std::int64_t czxid = 0;    ///< The transaction that created the node.
  std::int64_t mzxid = 0;    ///< The transaction that last set its data.
  std::int64_t ctime_unix_ms = 0;
  std::int64_t mtime_unix_ms = 0;
  session_id ephemeral_owner = session_id::none; ///< `none` for a persistent node.
  std::uint32_t data_bytes = 0;
  std::uint32_t children = 0;

  friend bool operator==(const stat&, const stat&) = default;
};

// --- writes ---

enum class create_mode : std::uint8_t {
  persistent,
  ephemeral,             ///< Removed when its session ends.
  persistent_sequential, ///< A number of ten digits, growing per parent and never used twice, is
                         ///< appended.
  ephemeral_sequential,
};

struct create_op {
  std::string path; ///< The whole name, or its prefix in a sequential mode (which may end in '/').
  std::string data = {};
  create_mode mode = create_mode::persistent;
};

struct set_op {
  std::string path;
  std::string data;
  version expected = any_version;
};

struct remove_op {
  std::string path;
  version expected = any_version;
};

/// Changes nothing; fails the transaction unless the node exists with that version.
struct check_op {
  std::string path;
  version expected = any_version;
};

using op = std::variant<create_op, set_op, remove_op, check_op>;

/// What one operation of a transaction did.
struct op_result {
  std::string path; ///< `create_op`: the node's full name, with its number in a sequential mode;
                    ///< else empty.
  /// After a `create_op` or `set_op`; else all zero. ZooKeeper's client does not tell when a node
  /// was created in a transaction of several operations without a `set_op`: `czxid`, `mzxid` and
  /// the times are zero then.
  zk::stat stat;
};

/// Why a transaction was not applied.
struct multi_error {
  /// Value of `index` when no single operation is to blame (for example `connection_loss`).
  static constexpr std::size_t whole = static_cast<std::size_t>(-1);

  error code{};
  std::size_t index = whole; ///< The first operation that failed.
};

// --- reads ---

struct node {
  std::string data;
  zk::stat stat;
};

struct child_list {
  std::vector<std::string> names; ///< Last levels only, in no order one may rely on.
  zk::stat stat;                  ///< Of the parent.
};

enum class scan_depth : std::uint8_t { children, subtree };

struct scan_options {
  scan_depth depth = scan_depth::children;
  std::size_t page_nodes_max = 512;
  std::size_t page_bytes_max = 256 * 1024; ///< A page ends with the node that reaches it.
};

struct scanned_node {
  std::string path; ///< Full path.
  std::string data;
  zk::stat stat;
};

// --- watches ---

enum class watch_event_type : std::uint8_t {
  created,          ///< To watches set by `exists`.
  changed,          ///< Data was set. To watches set by `exists` and `get`.
  removed,          ///< To all three kinds.
  children_changed, ///< A child was created or removed. To watches set by `children`.
};

struct watch_event {
  watch_event_type type{};
  std::string path;
  session_id session =
      session_id::none; ///< The session under which the watch was set; drop stale ones.
};

enum class session_state : std::uint8_t {
  connected, ///< A new session, or the old one again after `suspended`: compare the ids.
  suspended, ///< The link is down; the session may still be alive. Promise nothing.
  expired,   ///< The session is over. A new one announces itself with `connected`.
};

struct session_event {
  session_state state{};
  session_id session = session_id::none;
};

std::string_view to_string(watch_event_type type) noexcept;
std::string_view to_string(session_state state) noexcept;

/// What room a store has for a sink's watches. When it is scarce, sinks there may be any number of
/// do not get all of it.
enum class watch_room : std::uint8_t {
  common,
  reserved, ///< Also the last of it: for the few watches a process cannot do without.
};

/// Hears of changes. The store keeps only a weak reference: letting go of the sink silences it at
/// once.
class watch_sink {
public:
  virtual ~watch_sink() = default;

  /// On the executor of the read that set the watch. One-shot: read again (with a watch) to hear
  /// more.
  virtual void on_watch(const watch_event& event) = 0;

  /// On the executor given to `store::attach`; never called for a sink that was not attached.
  virtual void on_session(const session_event& event) { static_cast<void>(event); }

  /// For people: who listens, a literal. Any thread.
  virtual std::string_view whose() const noexcept { return {}; }

  /// Any thread.
  virtual watch_room room() const noexcept { return watch_room::common; }
};

/// A node on which this process has watches, and whose they are.
struct set_watch {
  std::string path;
  std::string whose;     ///< watch_sink::whose()
  bool data = false;     ///< set by `get`
  bool exists = false;   ///< set by `exists`
  bool children = false; ///< set by `children`
};

/// Which watches: of a node and all below it, ordered by path.
struct watch_query {
  std::string below;
  std::string after; ///< paths behind this one only
  std::size_t limit = 1'000;
};

struct watch_list {
  std::vector<set_watch> watches;
  bool more = false; ///< the limit was reached
};

/// Who is told of the next change; empty for a plain read.
using watcher = std::shared_ptr<watch_sink>;

// --- the interface ---

template<class T>
using handler = std::function<void(expected<T, error>)>;
using multi_result = expected<std::vector<op_result>, multi_error>;
using multi_handler = std::function<void(multi_result)>;
using page_handler = std::function<void(std::vector<scanned_node>)>;

class store {
public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  virtual ~store() = default;

  /// Applies all of `ops`, in order and each seeing the ones before it, or none.
  virtual void multi(executor& where, std::vector<op> ops, multi_handler done) = 0;

  /// Data and stat of a node. The watch is set only if the node exists.
  virtual void get(executor& where, std::string path, watcher watch, handler<node> done) = 0;

  /// Stat of a node, or nothing if there is none; the watch is set either way.
  virtual void exists(executor& where, std::string path, watcher watch,
                      handler<std::optional<stat>> done) = 0;

  /// The children's names. Fit for 100,000 children. The watch is set only if the node exists.
  virtual void children(executor& where, std::string path, watcher watch,
                        handler<child_list> done) = 0;

  /// Reads the nodes below `path` (without itself) with their data, page by page: for start-up. A
  /// node comes before its children. The next page is read only after `page` returned. Each node
  /// is a consistent picture, all together are not: nodes created or removed meanwhile may or may
  /// not be among them. `done` gets the number of nodes and comes after the last page.
  virtual void scan(executor& where, std::string path, scan_options options, page_handler page,
                    handler<std::size_t> done) = 0;

  /// Completes when every write that completed anywhere before the call can be read here. If it
  /// fails, a read behind it may come from a server that is behind: only read once it succeeded.
  virtual void sync(executor& where, std::string path, handler<std::monostate> done) = 0;

  /// For people: the watches that are set and whose sinks live. A store that has none has none.
  virtual void watches(executor& where, watch_query which, handler<watch_list> done);

  /// For people. Any thread. All zero of a store that counts nothing.
  virtual store_figures figures() const { return {}; }

  /// Registers for session events; the present state is told first. Ends with the sink's life.
  virtual void attach(executor& where, const watcher& sink) = 0;

  /// The current session, `none` when there is none. Thread-safe.
  virtual session_id session() const noexcept = 0;

  /// Carries out what is queued, then stops; later calls complete with `closed`. Blocks until all
  /// completions are posted. Idempotent.
  virtual void close() = 0;

  // Transactions of one operation.

  /// Completes with the node's full name and stat.
  void create(executor& where, std::string path, std::string data, create_mode mode,
              handler<op_result> done);
  void set(executor& where, std::string path, std::string data, version expected_version,
           handler<stat> done);
  void remove(executor& where, std::string path, version expected_version,
              handler<std::monostate> done);
};

} // namespace mqttzoo::zk
