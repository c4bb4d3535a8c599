// The store's tree as a person would write it down: a map. Slow and obvious, to compare real stores
// with.
#pragma once

#include "core/random.hpp"
#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <cstdio>
#include <map>
#include <string>

namespace mqttzoo::zk::test {

struct model_node {
  std::string data;
  zk::stat stat;
  int created = 0;
};

class model {
public:
  model() { nodes_["/"]; }

  multi_result apply(const std::vector<op>& ops) {
    auto before = nodes_;
    std::vector<op_result> results;
    for (std::size_t i = 0; i < ops.size(); ++i) {
      auto made = std::visit([this](const auto& wanted) { return one(wanted); }, ops[i]);
      if (!made) {
        nodes_ = std::move(before);
        return unexpected(multi_error{made.error(), i});
      }
      results.push_back(std::move(*made));
    }
    return results;
  }

  const model_node* find(const std::string& path) const {
    const auto found = nodes_.find(path);
    return found == nodes_.end() ? nullptr : &found->second;
  }

  std::size_t nodes_below(const std::string& path) const {
    std::size_t count = 0;
    for (const auto& [name, unused] : nodes_)
      count += name.starts_with(path + '/');
    return count;
  }

private:
  using result = expected<op_result, error>;

  result one(const create_op& wanted) {
    auto path = wanted.path;
    const auto parent = nodes_.find(std::string{parent_of(path)});
    if (parent == nodes_.end())
      return unexpected(error::no_node);
    auto& above = parent->second;
    if (wanted.mode == create_mode::persistent_sequential) {
      char number[16];
      std::snprintf(number, sizeof number, "%010d", above.created);
      path += number;
    }
    if (nodes_.contains(path))
      return unexpected(error::node_exists);
    ++above.created;
    ++above.stat.children;
    ++above.stat.cversion;
    auto& made = nodes_[path];
    made.data = wanted.data;
    made.stat.data_bytes = static_cast<std::uint32_t>(wanted.data.size());
    return op_result{path, made.stat};
  }

  result one(const set_op& wanted) {
    const auto failed = check(wanted.path, wanted.expected);
    if (!failed)
      return failed;
    auto& node = nodes_[wanted.path];
    node.data = wanted.data;
    node.stat.data_bytes = static_cast<std::uint32_t>(wanted.data.size());
    ++node.stat.version;
    return op_result{{}, node.stat};
  }

  result one(const remove_op& wanted) {
    const auto failed = check(wanted.path, wanted.expected);
    if (!failed)
      return failed;
    if (nodes_[wanted.path].stat.children > 0)
      return unexpected(error::not_empty);
    nodes_.erase(wanted.path);
    auto& parent = nodes_[std::string{parent_of(wanted.path)}];
    --parent.stat.children;
    ++parent.stat.cversion;
    return op_result{};
  }

  result one(const check_op& wanted) { return check(wanted.path, wanted.expected); }

  result check(const std::string& path, version expected_version) {
    const auto found = nodes_.find(path);
    if (found == nodes_.end())
      return unexpected(error::no_node);
    if (expected_version != any_version && expected_version != found->second.stat.version)
      return unexpected(error::bad_version);
    return op_result{};
  }

  std::map<std::string, model_node> nodes_;
};

/// Equal in all that does not depend on transaction numbers and clocks.
inline bool same(const stat& a, const stat& b) {
  return a.version == b.version && a.cversion == b.cversion && a.data_bytes == b.data_bytes &&
         a.children == b.children;
}
inline bool same(const op_result& a, const op_result& b) {
  return a.path == b.path && same(a.stat, b.stat);
}

/// One to six operations on a handful of paths below "/t", so that they often meet.
inline std::vector<op> random_ops(core::random_source& dice) {
  const auto path = [&dice] {
    std::string made = "/t";
    for (auto depth = dice.between(1, 3); depth > 0; --depth)
      made += std::string{"/"} + static_cast<char>('a' + dice.below(3));
    return made;
  };
  const auto wanted_version = [&dice] {
    return dice.below(2) == 0 ? any_version : static_cast<version>(dice.below(3));
  };
  const auto data = [&dice] { return std::string(dice.below(40), 'd'); };
  std::vector<op> ops;
  for (auto count = dice.between(1, 6); count > 0; --count) {
    switch (dice.below(8)) {
    case 0:
    case 1:
    case 2:
      ops.emplace_back(create_op{path(), data()});
      break;
    case 3:
      ops.emplace_back(create_op{path() + "/s-", data(), create_mode::persistent_sequential});
      break;
    case 4:
    case 5:
      ops.emplace_back(set_op{path(), data(), wanted_version()});
      break;
    case 6:
      ops.emplace_back(remove_op{path(), wanted_version()});
      break;
    default:
      ops.emplace_back(check_op{path(), wanted_version()});
    }
  }
  return ops;
}

} // namespace mqttzoo::zk::test
