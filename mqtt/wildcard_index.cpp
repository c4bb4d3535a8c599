#include "mqtt/wildcard_index.hpp"

#include "core/name_hash.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::mqtt {
namespace {

std::uint32_t edge_hash(std::uint32_t parent, std::string_view level) noexcept {
  return static_cast<std::uint32_t>(core::hash_name_below(parent, level, core::name_key()));
}

} // namespace

void wildcard_index::reset() {
  nodes_.clear();
  literal_children_.clear();
  [[maybe_unused]] const auto first = nodes_.emplace(std::string_view{}, none);
  assert(first == root);
}

wildcard_index::node_id wildcard_index::literal_child(node_id parent,
                                                      std::string_view level) const noexcept {
  if (nodes_[parent].literals == 0)
    return none;
  return literal_children_.find(edge_hash(parent, level), [&](node_id candidate) {
    const auto& c = nodes_[candidate];
    return c.parent == parent && c.level.view() == level;
  });
}

wildcard_index::node_id wildcard_index::child(node_id parent,
                                              std::string_view level) const noexcept {
  return level == single_level_wildcard ? nodes_[parent].plus : literal_child(parent, level);
}

wildcard_index::node_id wildcard_index::add_child(node_id parent, std::string_view level) {
  const auto added = nodes_.emplace(level, parent);
  if (level == single_level_wildcard) {
    nodes_[parent].plus = added;
  } else {
    literal_children_.insert(edge_hash(parent, level), added);
    ++nodes_[parent].literals;
  }
  return added;
}

wildcard_index::place wildcard_index::locate(std::string_view filter) const noexcept {
  place at{root, false};
  for (const auto level : levels{filter}) {
    if (level == multi_level_wildcard)
      return {at.node, true};
    at.node = child(at.node, level);
    if (at.node == none)
      break;
  }
  return at;
}

std::uint32_t& wildcard_index::number_at(place p) noexcept {
  auto& n = nodes_[p.node];
  return p.everything ? n.everything : n.exact;
}

void wildcard_index::insert(std::string_view filter, std::uint32_t number) {
  assert(number != none);
  place at{root, false};
  for (const auto level : levels{filter}) {
    if (level == multi_level_wildcard) {
      at.everything = true;
      break;
    }
    const auto next = child(at.node, level);
    at.node = next != none ? next : add_child(at.node, level);
  }
  assert(number_at(at) == none);
  number_at(at) = number;
}

std::uint32_t wildcard_index::find(std::string_view filter) const noexcept {
  const auto at = locate(filter);
  if (at.node == none)
    return none;
  return at.everything ? nodes_[at.node].everything : nodes_[at.node].exact;
}

std::uint32_t wildcard_index::erase(std::string_view filter) {
  const auto at = locate(filter);
  if (at.node == none)
    return none;
  const auto number = std::exchange(number_at(at), none);
  if (number != none)
    prune(at.node);
  return number;
}

/// Frees `from` and the nodes above it as far as nothing ends or branches there.
void wildcard_index::prune(node_id from) {
  for (auto at = from; at != root;) {
    const auto& n = nodes_[at];
    if (n.exact != none || n.everything != none || n.plus != none || n.literals != 0)
      return;
    const auto up = n.parent;
    if (nodes_[up].plus == at) {
      nodes_[up].plus = none;
    } else {
      literal_children_.erase(edge_hash(up, n.level.view()), at);
      --nodes_[up].literals;
    }
    nodes_.erase(at);
    at = up;
  }
  if (nodes() == 0 && nodes_[root].everything == none)
    reset(); // the last filter is gone: give the memory back
}

} // namespace mqttzoo::mqtt
