// How the directory writes what this pod wants with wildcards or as a member of groups: its own log
// in each shard.
#include "actors/directory.hpp"
#include "zk/behind_sync.hpp"
#include "zk/create_missing.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// So many nodes of its own in a shard, and the next write replaces them with a snapshot.
constexpr std::size_t nodes_max = 32;

/// Of changes in one node.
constexpr std::size_t node_bytes_max = 500'000;

using kind = zk::log_node_name::kind;

/// `all` in as few nodes as hold them.
std::vector<zk::create_op> to_nodes(const std::string& prefix, kind is,
                                    std::vector<zk::filter_change> all) {
  std::vector<zk::filter_log_record> records(1);
  std::size_t bytes = 0;
  for (auto& c : all) {
    bytes += zk::encoded_bytes(c);
    if (bytes > node_bytes_max) {
      records.emplace_back();
      bytes = zk::encoded_bytes(c);
    }
    records.back().changes.push_back(std::move(c));
  }
  std::vector<zk::create_op> nodes;
  for (auto& r : records) {
    if (is == kind::snapshot) {
      r.part = static_cast<std::uint32_t>(nodes.size());
      r.parts = static_cast<std::uint32_t>(records.size());
    }
    nodes.push_back(
        {prefix, zk::encode_filter_log(r).value(), zk::create_mode::persistent_sequential});
  }
  return nodes;
}

} // namespace

void directory::want_filter(const std::string& filter, std::string_view without_share, wish w) {
  const auto path = paths_.wildcard_shard(without_share);
  auto& o = shard_outboxes_[path];
  const bool begins = w == wish::begins;
  if (begins ? !o.filters.insert(filter).second : o.filters.erase(filter) == 0)
    return;
  o.changes[filter] = begins;
  number(o, w);
  if (!std::exchange(o.busy, true))
    enter([this, path] { write_shard(path); });
}

/// In the gate.
void directory::write_shard(const std::string& path) {
  auto& o = shard_outboxes_.at(path);
  fill(o.write, path, o);
  write_node(path);
}

void directory::fill(shard_write& w, const std::string& path, shard_outbox& o) {
  w = {};
  std::vector<zk::filter_change> all;
  const auto is = o.nodes.size() < nodes_max ? kind::delta : kind::snapshot;
  if (is == kind::delta) {
    for (const auto& [filter, wanted] : o.changes)
      all.push_back({wanted, filter});
  } else {
    for (const auto& filter : o.filters)
      all.push_back({true, filter});
    w.stale = o.nodes;
    w.replaces = true;
  }
  o.changes.clear();
  take_up(o);
  w.nodes = to_nodes(path + '/' + zk::log_node_prefix(self_, is), is, std::move(all));
}

void directory::write_node(const std::string& path) {
  const auto& w = shard_outboxes_.at(path).write;
  std::vector<zk::op> ops;
  ops.emplace_back(w.nodes[w.next]);
  if (w.next + 1 == w.nodes.size())
    for (const auto& name : w.stale)
      ops.emplace_back(zk::remove_op{zk::child_path(path, name)});
  store().multi(here(), std::move(ops), as_this([this, path](zk::multi_result result) {
                  node_written(path, std::move(result));
                }));
}

void directory::node_written(const std::string& path, zk::multi_result result) {
  using zk::error;
  if (result)
    return node_made(path, std::string{zk::last_level_of(result->front().path)});
  counts().writes_repeated.add();
  const auto e = result.error().code;
  const auto retry = [this, path](auto made) {
    if (made)
      return write_node(path);
    leave();
    again(made.error(), [this, path] { look_up_node(path); });
  };
  if (e == error::no_node && result.error().index == 0)
    return zk::create_missing(store(), here(), {path}, as_this(retry));
  leave();
  if (e == error::connection_loss || e == error::no_node)
    again(error::connection_loss, [this, path] { look_up_node(path); });
  else
    again(e, [this, path] { write_node(path); });
}

/// In the gate. Whether the node was created: nobody else makes one with this pod's name, and this
/// pod one after the other.
void directory::look_up_node(const std::string& path) {
  zk::children_behind_sync(
      store(), here(), path, as_this([this, path](expected<zk::child_list, zk::error> found) {
        if (!found && found.error() != zk::error::no_node) {
          leave();
          return again(found.error(), [this, path] { look_up_node(path); });
        }
        nodes_found(path, found ? std::move(found->names) : std::vector<std::string>{});
      }));
}

void directory::nodes_found(const std::string& path, const std::vector<std::string>& names) {
  auto& o = shard_outboxes_.at(path);
  auto& w = o.write;
  const auto among = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const auto& n : names) {
    const auto name = zk::parse_log_node_name(n);
    if (name && name->life == self_ && !among(o.nodes, n) && !among(w.made, n))
      return node_made(path, n);
  }
  std::erase_if(w.stale, [&](const auto& n) { return !among(names, n); });
  write_node(path);
}

void directory::node_made(const std::string& path, std::string name) {
  auto& w = shard_outboxes_.at(path).write;
  w.made.push_back(std::move(name));
  if (++w.next < w.nodes.size())
    write_node(path);
  else
    finish_shard(path);
}

void directory::finish_shard(const std::string& path) {
  auto& o = shard_outboxes_.at(path);
  auto w = std::exchange(o.write, {});
  if (w.replaces)
    o.nodes.clear();
  o.nodes.insert(o.nodes.end(), w.made.begin(), w.made.end());
  written(o);
  if (!o.changes.empty())
    return write_shard(path);
  o.busy = false;
  leave();
}

} // namespace mqttzoo::actors
