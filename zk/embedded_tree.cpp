// Changing the embedded tree: turns, requests, and the operations they consist of.
#include "zk/embedded_tree.hpp"

#include "zk/paths.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <utility>

namespace mqttzoo::zk {

namespace {

/// Runs a statement that answers nothing.
template<class... Args>
std::optional<error> run(sqlite::statement& statement, const Args&... args) {
  const auto ran = statement(args...);
  if (ran.failed())
    return sqlite::to_error(ran.code());
  return std::nullopt;
}

/// As ZooKeeper prints it: ten digits, so that names sort by age.
void append_sequence(std::string& path, std::int64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  path.append(count < 10 ? 10 - count : 0, '0');
  path.append(digits.data(), count);
}

bool is_sequential(create_mode mode) {
  return mode == create_mode::persistent_sequential || mode == create_mode::ephemeral_sequential;
}
bool is_ephemeral(create_mode mode) {
  return mode == create_mode::ephemeral || mode == create_mode::ephemeral_sequential;
}

} // namespace

std::optional<error> embedded_tree::begin_turn() {
  directories_.settle();
  now_unix_ms_ = clock_->unix_ms();
  return run(sql_.begin);
}

std::optional<error> embedded_tree::commit_turn() {
  outcome failed;
  const bool wrote = zxid_ != zxid_saved_;
  if (wrote)
    failed = run(sql_.save_meta, zxid_, last_id_, static_cast<std::int64_t>(session_));
  if (wrote && !failed)
    failed = room_.secure_database();
  if (!failed)
    failed = run(sql_.commit);
  if (failed) {
    remember_message();
    roll_back_turn();
    return failed;
  }
  if (wrote)
    room_.committed();
  zxid_saved_ = zxid_;
  session_saved_ = session_;
  return std::nullopt;
}

void embedded_tree::roll_back_turn() {
  // Nobody has been told of the turn's numbers, and without them the next turn of reads alone
  // writes nothing.
  zxid_ = zxid_saved_;
  session_ = session_saved_;
  directories_.clear();
  if (in_turn())
    run(sql_.roll_back);
}

bool embedded_tree::make_room() {
  // Also if SQLite has undone the turn by itself: what we know of it goes with it.
  roll_back_turn();
  return room_.fold_log();
}

multi_result embedded_tree::apply(const std::vector<op>& ops, tree_changes* changes) {
  assert(in_turn());
  if (const auto failed = run(sql_.savepoint))
    return unexpected(multi_error{*failed, multi_error::whole});
  changes_ = changes;
  const auto changes_before = changes != nullptr ? changes->size() : 0;
  ++zxid_;
  std::vector<op_result> results;
  results.reserve(ops.size());
  std::optional<multi_error> failed;
  for (std::size_t i = 0; i < ops.size() && !failed; ++i) {
    auto result = std::visit([this](const auto& wanted) { return apply_one(wanted); }, ops[i]);
    if (result)
      results.push_back(std::move(*result));
    else
      failed = undo(i, result.error());
  }
  if (!failed) {
    if (const auto unwritten = flush_directories())
      failed = undo(multi_error::whole, *unwritten);
    else if (const auto unreleased = run(sql_.release))
      failed = undo(multi_error::whole, *unreleased);
  }
  changes_ = nullptr;
  if (failed) {
    if (changes != nullptr)
      changes->resize(changes_before);
    return unexpected(*failed);
  }
  directories_.settle();
  return results;
}

multi_error embedded_tree::undo(std::size_t index, error code) {
  if (is_storage(code))
    remember_message(); // before other statements replace it
  directories_.undo();
  --zxid_; // no row carries it, and a turn of failures alone need not be written
  if (in_turn()) {
    run(sql_.roll_back_to);
    run(sql_.release);
  }
  return {code, index};
}

std::optional<error> embedded_tree::renew_session(tree_changes* changes) {
  std::vector<op> removals;
  {
    auto ephemeral = sql_.ephemerals();
    for (; ephemeral.row(); ephemeral.next())
      removals.emplace_back(remove_op{std::string{ephemeral.bytes(0)}, any_version});
    if (ephemeral.failed())
      return sqlite::to_error(ephemeral.code());
  }
  const auto removed = apply(removals, changes);
  if (!removed)
    return removed.error().code;
  session_ = session_id{static_cast<std::int64_t>(session_) + 1};
  return std::nullopt;
}

expected<op_result, error> embedded_tree::apply_one(const create_op& wanted) {
  if (wanted.path == "/")
    return unexpected(error::node_exists);
  const auto parent_path = parent_of(wanted.path);
  const auto parent = find_directory(parent_path);
  if (!parent)
    return unexpected(parent.error());
  auto& above = **parent;
  if (above.ephemeral)
    return unexpected(error::no_children_for_ephemerals);
  op_result made;
  made.path = wanted.path;
  if (is_sequential(wanted.mode))
    append_sequence(made.path, above.created);
  made.stat.czxid = made.stat.mzxid = zxid_;
  made.stat.ctime_unix_ms = made.stat.mtime_unix_ms = now_unix_ms_;
  made.stat.ephemeral_owner = is_ephemeral(wanted.mode) ? session_ : session_id::none;
  made.stat.data_bytes = static_cast<std::uint32_t>(wanted.data.size());
  if (const auto failed = insert(above.id, made, wanted.data))
    return unexpected(*failed);
  directories_.mark_dirty(parent_path, above);
  ++above.created;
  ++above.children;
  note(watch_event_type::created, made.path);
  note(watch_event_type::children_changed, parent_path);
  return made;
}

expected<op_result, error> embedded_tree::apply_one(const set_op& wanted) {
  if (const auto failed = write_counters(wanted.path))
    return unexpected(*failed);
  const auto found = find(wanted.path);
  if (!found)
    return unexpected(found.error());
  op_result made{{}, found->stat};
  auto& now = made.stat;
  if (wanted.expected != any_version && wanted.expected != now.version)
    return unexpected(error::bad_version);
  const auto had_data = now.data_bytes > 0;
  ++now.version;
  now.mzxid = zxid_;
  now.mtime_unix_ms = now_unix_ms_;
  now.data_bytes = static_cast<std::uint32_t>(wanted.data.size());
  if (const auto failed =
          run(sql_.update, found->parent_id, last_level_of(wanted.path), std::int64_t{now.version},
              now.mzxid, now.mtime_unix_ms, std::int64_t{now.data_bytes}))
    return unexpected(*failed);
  if (had_data || !wanted.data.empty())
    if (const auto failed = write_content(found->id, wanted.data))
      return unexpected(*failed);
  note(watch_event_type::changed, wanted.path);
  return made;
}

expected<op_result, error> embedded_tree::apply_one(const remove_op& wanted) {
  if (const auto failed = write_counters(wanted.path))
    return unexpected(*failed);
  const auto found = find(wanted.path);
  if (!found)
    return unexpected(found.error());
  if (wanted.expected != any_version && wanted.expected != found->stat.version)
    return unexpected(error::bad_version);
  if (found->stat.children > 0)
    return unexpected(error::not_empty);
  const auto parent_path = parent_of(wanted.path);
  const auto parent = find_directory(parent_path);
  if (!parent)
    return unexpected(parent.error());
  if (const auto failed = erase(wanted.path, *found))
    return unexpected(*failed);
  directories_.erase(wanted.path);
  directories_.mark_dirty(parent_path, **parent);
  --(*parent)->children;
  note(watch_event_type::removed, wanted.path);
  note(watch_event_type::children_changed, parent_path);
  return op_result{};
}

expected<op_result, error> embedded_tree::apply_one(const check_op& wanted) {
  const auto found = find(wanted.path);
  if (!found)
    return unexpected(found.error());
  if (wanted.expected != any_version && wanted.expected != found->stat.version)
    return unexpected(error::bad_version);
  return op_result{};
}

embedded_tree::outcome embedded_tree::insert(std::int64_t parent_id, const op_result& made,
                                             std::string_view data) {
  const auto id = last_id_ + 1;
  const auto owner = made.stat.ephemeral_owner;
  const int code =
      sql_.insert(parent_id, last_level_of(made.path), id, made.stat.czxid, made.stat.ctime_unix_ms,
                  static_cast<std::int64_t>(owner), made.stat.data_bytes)
          .code();
  if (code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return error::node_exists;
  if (code != SQLITE_DONE)
    return sqlite::to_error(code);
  last_id_ = id;
  if (owner != session_id::none)
    if (const auto failed = run(sql_.insert_ephemeral, std::string_view{made.path}))
      return failed;
  return data.empty() ? std::nullopt : write_content(id, data);
}

embedded_tree::outcome embedded_tree::erase(std::string_view path, const row& found) {
  if (const auto failed = run(sql_.remove, found.parent_id, last_level_of(path)))
    return failed;
  if (found.stat.ephemeral_owner != session_id::none)
    if (const auto failed = run(sql_.remove_ephemeral, path))
      return failed;
  return found.stat.data_bytes > 0 ? write_content(found.id, {}) : std::nullopt;
}

embedded_tree::outcome embedded_tree::write_content(std::int64_t id, std::string_view data) {
  return data.empty() ? run(sql_.remove_content, id)
                      : run(sql_.insert_content, id, sqlite::blob{data});
}

embedded_tree::outcome embedded_tree::write_counters(std::string_view path) {
  auto* known = directories_.find(path);
  if (known == nullptr || !known->dirty)
    return std::nullopt;
  known->dirty = false;
  return run(sql_.count, known->parent_id, last_level_of(path), known->created, known->children);
}

embedded_tree::outcome embedded_tree::flush_directories() {
  for (const auto& path : directories_.touched())
    if (const auto failed = write_counters(path))
      return failed;
  return std::nullopt;
}

void embedded_tree::note(watch_event_type type, std::string_view path) {
  if (changes_ != nullptr)
    changes_->push_back({type, std::string{path}});
}

} // namespace mqttzoo::zk
