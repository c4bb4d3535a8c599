// Who wants to hear of which node's next change: a store's one-shot watches.
//
// Owned by a store, used on its thread only. Bounded by `watches_max`; watches
// whose sink is gone are swept out as the table grows.
#pragma once

#include "zk/outbox.hpp"
#include "zk/store.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::zk {

/// Which read set a watch, and so which changes it hears of. Values are bits.
enum class watch_kind : std::uint8_t { data = 1, exists = 2, children = 4 };

class watch_table {
public:
  explicit watch_table(std::size_t watches_max) : watches_max_(watches_max) {}

  /// A sink that already watches the node keeps one watch of each kind. False: the table is full.
  bool add(watch_kind kind, const std::string& path, executor& where,
           const std::weak_ptr<watch_sink>& sink);

  /// Hands the event to everyone who waits for it, and forgets those watches.
  void fire(watch_event_type type, const std::string& path, session_id session, outbox& out);

  /// Whether anybody still listens for anything of the node.
  bool watched(const std::string& path) const noexcept;

  /// Those that somebody listens to.
  watch_list list(const watch_query& which) const;

  void clear() noexcept;
  bool empty() const noexcept { return watches_.empty(); }
  /// Pairs of a path and a sink.
  std::size_t size() const noexcept { return size_; }

private:
  struct watch {
    std::weak_ptr<watch_sink> sink;
    executor* where;
    std::uint8_t kinds;
  };
  void sweep();

  std::unordered_map<std::string, std::vector<watch>> watches_;
  std::size_t size_ = 0;
  std::size_t watches_max_;
  std::size_t added_since_sweep_ = 0;
};

} // namespace mqttzoo::zk
