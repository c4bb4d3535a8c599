// Looking things up in the embedded tree.
#include "zk/embedded_tree.hpp"
#include "zk/paths.hpp"

#include <utility>

namespace mqttzoo::zk {

embedded_tree::row embedded_tree::take_row(const sqlite::cursor& at, int first_column) {
  auto column = first_column;
  row found;
  found.id = at.integer(column++);
  found.created = at.integer(column++);
  const auto children = at.integer(column++);
  auto& stat = found.stat;
  stat.children = static_cast<std::uint32_t>(children);
  // Created plus removed; removed is created less those still there.
  stat.cversion = static_cast<std::int32_t>(2 * found.created - children);
  stat.version = static_cast<version>(at.integer(column++));
  stat.czxid = at.integer(column++);
  stat.mzxid = at.integer(column++);
  stat.ctime_unix_ms = at.integer(column++);
  stat.mtime_unix_ms = at.integer(column++);
  stat.ephemeral_owner = session_id{at.integer(column++)};
  stat.data_bytes = static_cast<std::uint32_t>(at.integer(column++));
  return found;
}

expected<embedded_tree::row, error> embedded_tree::find(std::string_view path) {
  std::int64_t parent_id = 0;
  if (path != "/") {
    const auto parent = find_directory(parent_of(path));
    if (!parent)
      return unexpected(parent.error());
    parent_id = (*parent)->id;
  }
  const auto found = sql_.find(parent_id, last_level_of(path));
  if (found.failed())
    return unexpected(sqlite::to_error(found.code()));
  if (!found.row())
    return unexpected(error::no_node);
  auto node_row = take_row(found, 0);
  node_row.parent_id = parent_id;
  return node_row;
}

expected<directory*, error> embedded_tree::find_directory(std::string_view path) {
  if (auto* known = directories_.find(path))
    return known;
  const auto found = find(path);
  if (!found)
    return unexpected(found.error());
  directory made;
  made.parent_id = found->parent_id;
  made.id = found->id;
  made.created = found->created;
  made.children = found->stat.children;
  made.ephemeral = found->stat.ephemeral_owner != session_id::none;
  return directories_.insert(path, made);
}

expected<node, error> embedded_tree::get(std::string_view path) {
  const auto found = find(path);
  if (!found)
    return unexpected(found.error());
  node answer;
  answer.stat = found->stat;
  if (answer.stat.data_bytes > 0) {
    const auto content = sql_.content(found->id);
    if (content.failed())
      return unexpected(sqlite::to_error(content.code()));
    if (!content.row())
      return unexpected(error::storage_damaged);
    answer.data = content.bytes(0);
  }
  return answer;
}

expected<std::optional<stat>, error> embedded_tree::exists(std::string_view path) {
  const auto found = find(path);
  if (found)
    return found->stat;
  if (found.error() == error::no_node)
    return std::nullopt;
  return unexpected(found.error());
}

expected<child_list, error> embedded_tree::children(std::string_view path) {
  const auto found = find(path);
  if (!found)
    return unexpected(found.error());
  child_list answer;
  answer.stat = found->stat;
  answer.names.reserve(found->stat.children);
  auto child = sql_.list(found->id);
  for (; child.row(); child.next())
    answer.names.emplace_back(child.bytes(0));
  if (child.failed())
    return unexpected(sqlite::to_error(child.code()));
  return answer;
}

expected<scan_position, error> embedded_tree::begin_scan(std::string_view path) {
  const auto found = find(path);
  if (!found)
    return unexpected(found.error());
  scan_position position;
  position.inside.push_back({found->id, std::string{path}, {}});
  return position;
}

expected<std::vector<scanned_node>, error> embedded_tree::scan(scan_position& position,
                                                               const scan_options& options) {
  std::vector<scanned_node> page;
  std::size_t bytes = 0;
  const auto has_room = [&] {
    return page.size() < options.page_nodes_max && bytes < options.page_bytes_max;
  };
  while (!position.inside.empty() && has_room()) {
    const auto level = position.inside.size() - 1;
    const auto from = position.inside[level]; // a copy: the statement keeps views of it
    const auto prefix = from.path == "/" ? from.path : from.path + '/';
    auto child = sql_.scan(from.id, std::string_view{from.last_name});
    for (; child.row() && has_room(); child.next()) {
      const auto found = take_row(child, 2);
      page.push_back(
          {prefix + std::string{child.bytes(0)}, std::string{child.bytes(1)}, found.stat});
      bytes += page.back().path.size() + page.back().data.size();
      position.inside[level].last_name = child.bytes(0);
      if (options.depth == scan_depth::subtree && found.stat.children > 0) {
        position.inside.push_back({found.id, page.back().path, {}});
        break;
      }
    }
    if (child.failed())
      return unexpected(sqlite::to_error(child.code()));
    if (!child.row())
      position.inside.pop_back();
  }
  return page;
}

} // namespace mqttzoo::zk
