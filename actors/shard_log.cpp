#include "actors/shard_log.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

std::vector<zk::log_node_name> shard_log::list(const std::vector<std::string>& names,
                                               const pod_life& self, changes& out) {
  for (auto& [life, p] : pods_)
    p.nodes.clear();
  std::vector<zk::log_node_name> unread;
  for (const auto& text : names) {
    auto name = zk::parse_log_node_name(text);
    if (!name || name->life == self)
      continue;
    auto& p = pods_[name->life];
    p.nodes.push_back(text);
    if (name->sequence >= p.read_to)
      unread.push_back(std::move(*name));
  }
  for (auto at = pods_.begin(); at != pods_.end();) {
    auto& [life, p] = *at;
    if (!p.nodes.empty()) {
      ++at;
      continue;
    }
    for (const auto& filter : p.filters)
      out.push_back({life, filter, false});
    at = pods_.erase(at);
  }
  std::sort(unread.begin(), unread.end(),
            [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return unread;
}

void shard_log::apply(const zk::log_node_name& name, const zk::filter_log_record& record,
                      changes& out) {
  const auto found = pods_.find(name.life);
  if (found == pods_.end() || name.sequence < found->second.read_to)
    return;
  auto& p = found->second;
  p.read_to = name.sequence + 1;
  if (name.is == zk::log_node_name::kind::delta) {
    for (const auto& c : record.changes)
      if (c.wanted)
        add(p, name.life, c.filter, out);
      else
        remove(p, name.life, c.filter, out);
    return;
  }
  if (record.part == 0) {
    p.snapshot.clear();
    p.parts = 0;
  }
  if (record.part != p.parts)
    return; // the rest of one whose first part is removed already: a later one follows
  ++p.parts;
  for (const auto& c : record.changes)
    p.snapshot.insert(c.filter);
  if (p.parts == record.parts)
    replace(p, name.life, out);
}

std::vector<std::string> shard_log::nodes_of(const pod_life& life) const {
  const auto found = pods_.find(life);
  return found == pods_.end() ? std::vector<std::string>{} : found->second.nodes;
}

void shard_log::add(pod_log& to, const pod_life& life, const std::string& filter, changes& out) {
  if (to.filters.insert(filter).second)
    out.push_back({life, filter, true});
}

void shard_log::remove(pod_log& from, const pod_life& life, const std::string& filter,
                       changes& out) {
  if (from.filters.erase(filter) > 0)
    out.push_back({life, filter, false});
}

void shard_log::replace(pod_log& of, const pod_life& life, changes& out) {
  for (const auto& filter : of.filters)
    if (!of.snapshot.contains(filter))
      out.push_back({life, filter, false});
  for (const auto& filter : of.snapshot)
    if (!of.filters.contains(filter))
      out.push_back({life, filter, true});
  of.filters = std::exchange(of.snapshot, {});
  of.parts = 0;
}

} // namespace mqttzoo::actors
