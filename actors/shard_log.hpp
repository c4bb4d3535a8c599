// What other pods want in one shard of the store, as this pod reads it from their logs.
//
// Part of the directory, on its thread. Nodes are applied in the order of their sequence, a
// snapshot when its last part is there; see zk/wants.hpp. Nodes that were removed before they could
// be read are in a snapshot behind them.
#pragma once

#include "core/ids.hpp"
#include "zk/wants.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class shard_log {
public:
  struct change {
    pod_life life;
    std::string filter; ///< in full
    bool wanted = true;
  };
  using changes = std::vector<change>;

  /// Takes the names of all nodes below the shard; returns those to read, in this order. A pod that
  /// has no node any more wants nothing any more, which is added to `out`. Of `self` nothing is
  /// read.
  std::vector<zk::log_node_name> list(const std::vector<std::string>& names, const pod_life& self,
                                      changes& out);
  /// Adds to `out` what a node changes; of nodes that list() returned, in that order.
  void apply(const zk::log_node_name& name, const zk::filter_log_record& record, changes& out);

  /// Calls `f(const pod_life&)` for each pod that has nodes, as listed last.
  template<class F>
  void for_each_life(F&& f) const {
    for (const auto& [life, p] : pods_)
      f(life);
  }
  /// The nodes of that pod, last levels of their paths, as listed last.
  std::vector<std::string> nodes_of(const pod_life& life) const;

private:
  struct pod_log {
    std::vector<std::string> nodes;
    std::uint64_t read_to = 0; ///< one more than the sequence applied last
    std::set<std::string> filters;
    std::set<std::string> snapshot; ///< its parts so far
    std::uint32_t parts = 0;        ///< so many
  };

  static void add(pod_log& to, const pod_life& life, const std::string& filter, changes& out);
  static void remove(pod_log& from, const pod_life& life, const std::string& filter, changes& out);
  static void replace(pod_log& of, const pod_life& life, changes& out);

  std::map<pod_life, pod_log> pods_;
};

} // namespace mqttzoo::actors
