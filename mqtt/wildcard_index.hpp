// A trie of filters with wildcards: the part of filter_trie.hpp that does not depend on its values.
//
// Each level of each filter is stored once, in the node it leads to; a trailing '#' is no node of
// its own. Children are found through one hash table for the whole trie, so a node costs 36 bytes
// and about 16 in the table however many children it has. Used on its owner's thread. Standard:
// section 4.7.
#pragma once

#include "mqtt/hash_index.hpp"
#include "mqtt/level_text.hpp"
#include "mqtt/slab.hpp"
#include "mqtt/topic_levels.hpp"
#include "mqtt/topic_name.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mqttzoo::mqtt {

/// Maps valid filters, without `$share/<name>/`, to numbers that the owner gives them. Not
/// thread-safe.
class wildcard_index {
public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF; ///< no filter has this number

  wildcard_index() { reset(); }

  /// Adds `filter`, which is not there yet.
  void insert(std::string_view filter, std::uint32_t number);
  /// The filter's number, or none.
  std::uint32_t find(std::string_view filter) const noexcept;
  /// Removes `filter` and the nodes that only it needed; its number, or none if it was not there.
  std::uint32_t erase(std::string_view filter);

  /// Calls `f(number)` once for every filter that matches `topic`, a valid name. Allocates nothing,
  /// and needs no stack for the levels: it finds its way back by the nodes' parents.
  template<class F>
  void for_each_match(std::string_view topic, F&& f) const;

  /// Nodes besides the root.
  std::size_t nodes() const noexcept { return nodes_.size() - 1; }
  std::size_t footprint_bytes() const noexcept {
    return nodes_.footprint_bytes() + literal_children_.footprint_bytes();
  }

private:
  using node_id = std::uint32_t;
  static constexpr node_id root = 0;

  struct node {
    node(std::string_view text, node_id up) : level(text), parent(up) {}

    level_text level;
    node_id parent;
    node_id plus = none;             ///< the child for '+'
    std::uint32_t literals = 0;      ///< how many other children it has
    std::uint32_t exact = none;      ///< the number of the filter that ends here
    std::uint32_t everything = none; ///< the number of the filter that goes on with '#'
  };

  /// What a filter leads to: the node it ends in, and whether with a '#'.
  struct place {
    node_id node = none;
    bool everything = false;
  };

  void reset();
  place locate(std::string_view filter) const noexcept;
  std::uint32_t& number_at(place p) noexcept;
  node_id child(node_id parent, std::string_view level) const noexcept;
  node_id literal_child(node_id parent, std::string_view level) const noexcept;
  node_id add_child(node_id parent, std::string_view level);
  void prune(node_id from);

  slab<node> nodes_;
  hash_index literal_children_; ///< by parent and level
};

template<class F>
void wildcard_index::for_each_match(std::string_view topic, F&& f) const {
  // [MQTT-4.7.2-1] [MQTT-4.7.2-1 v3]
  const auto may_vary = [hidden = is_system_topic(topic)](node_id at) {
    return at != root || !hidden;
  };
  level_cursor ahead{topic};
  node_id at = root;
  for (;;) {
    const auto& here = nodes_[at];
    if (here.everything != none && may_vary(at))
      f(here.everything);
    auto down = node_id{none};
    if (!ahead.done()) {
      down = literal_child(at, ahead.level());
      if (down == none && may_vary(at))
        down = here.plus;
    } else if (here.exact != none) {
      f(here.exact);
    }
    while (down == none) { // all below is done: go up until some '+' was not tried
      if (at == root)
        return;
      ahead.back();
      const auto tried = at;
      at = nodes_[at].parent;
      if (nodes_[at].plus != tried && may_vary(at))
        down = nodes_[at].plus;
    }
    ahead.forward();
    at = down;
  }
}

} // namespace mqttzoo::mqtt
