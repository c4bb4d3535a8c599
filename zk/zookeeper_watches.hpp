// The watches of one ZooKeeper session: who of us listens, and what the library will set again.
//
// Owned by the client, on its thread. After a reconnect the library sends every path it has a watch
// on in one request, dead listeners' too, and a request that is too large breaks the new link at
// once, for ever. So this keeps the same tables as the library, in bytes; refuses what would not
// fit; and says which watches nobody listens to any more, for the client to take back.
#pragma once

#include "zk/watch_table.hpp"
#include "zk/zookeeper_request.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::zk {

class zookeeper_watches {
public:
  /// `path_extra_bytes`: what each path has more on the wire.
  zookeeper_watches(std::size_t watches_max, std::size_t bytes_max, std::size_t path_extra_bytes)
      : sinks_(watches_max), bytes_max_(bytes_max), path_extra_bytes_(path_extra_bytes) {}

  /// Makes room for a watch that a read is about to set; false: there is none. Each is to be
  /// followed by `settle` or `cancel`. The last of the room is kept for watches that are set again,
  /// on paths that count already, and for those of `watch_room::reserved`.
  bool reserve(const std::string& path, watch_room room);
  /// The watch is set, on a node that exists or one that does not. False: too many listeners.
  bool settle(watch_kind kind, bool node_exists, const std::string& path,
              const wanted_watch& watch);
  /// It is not.
  void cancel(const std::string& path);

  /// An event from the servers.
  void fire(watch_event_type type, const std::string& path, session_id session, outbox& out);

  /// Whether it is time for `unused`: most of the room is taken, and the last look was some
  /// watches, or a refusal and some time, ago.
  bool crowded() const noexcept;
  /// Paths, so many at most, with watches that nobody listens to. They count until `taken_back`.
  std::vector<std::string> unused(std::size_t paths_max);
  void taken_back(const std::string& path, bool gone);

  watch_list list(const watch_query& which) const { return sinks_.list(which); }

  /// The session is over.
  void clear() noexcept;

  std::size_t bytes() const noexcept { return bytes_; }

private:
  /// The library's tables as bits: which of its lists for the reconnect a path is in.
  enum table : std::uint8_t { on_data = 1, on_absence = 2, on_children = 4 };
  struct entry {
    std::uint8_t tables = 0;
    bool leaving = false;      // being taken back
    std::uint32_t pending = 0; // reads under way that are to set a watch
  };
  using entries = std::unordered_map<std::string, entry>;

  void leave(entries::iterator at, std::uint8_t tables);
  void erase_if_empty(entries::iterator at);
  std::size_t weight(const std::string& path) const noexcept {
    return path.size() + path_extra_bytes_;
  }
  std::size_t room_for(const std::string& path, watch_room room) const noexcept;

  watch_table sinks_;
  entries entries_;
  const std::size_t bytes_max_;
  const std::size_t path_extra_bytes_;
  std::size_t bytes_ = 0;
  std::size_t reserved_since_look_ = 0;
  bool refused_since_look_ = false;
  std::chrono::steady_clock::time_point looked_at_{};
  bool more_unused_ = false;
};

} // namespace mqttzoo::zk
