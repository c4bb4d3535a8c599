#include "zk/zookeeper_watches.hpp"

#include <bit>
#include <cassert>

namespace mqttzoo::zk {

namespace {

/// Of all the room, so much is not for common watches on new paths. One request in flight takes 25
/// bytes and more of it for a moment.
constexpr std::size_t reserved_part = 16;

/// After a refusal. A look at a full table takes some milliseconds.
constexpr std::chrono::milliseconds look_again_after{250};

} // namespace

/// How many bytes there may be with a watch on `path`.
std::size_t zookeeper_watches::room_for(const std::string& path, watch_room room) const noexcept {
  const auto known = entries_.find(path);
  const bool is_set = known != entries_.end() && known->second.tables != 0;
  return is_set || room == watch_room::reserved ? bytes_max_
                                                : bytes_max_ - bytes_max_ / reserved_part;
}

bool zookeeper_watches::reserve(const std::string& path, watch_room room) {
  const auto more = weight(path);
  if (bytes_ + more > room_for(path, room)) {
    refused_since_look_ = true;
    return false;
  }
  bytes_ += more;
  ++reserved_since_look_;
  ++entries_[path].pending;
  return true;
}

bool zookeeper_watches::settle(watch_kind kind, bool node_exists, const std::string& path,
                               const wanted_watch& watch) {
  const auto at = entries_.find(path);
  assert(at != entries_.end() && at->second.pending > 0);
  auto& known = at->second;
  const auto where = kind == watch_kind::children ? on_children
                     : node_exists                ? on_data
                                                  : on_absence;
  --known.pending;
  if ((known.tables & where) != 0)
    bytes_ -= weight(path); // one of each kind is all the library has
  known.tables = static_cast<std::uint8_t>(known.tables | where);
  return sinks_.add(kind, path, *watch.where, watch.sink);
}

void zookeeper_watches::cancel(const std::string& path) {
  const auto at = entries_.find(path);
  assert(at != entries_.end() && at->second.pending > 0);
  --at->second.pending;
  bytes_ -= weight(path);
  erase_if_empty(at);
}

void zookeeper_watches::fire(watch_event_type type, const std::string& path, session_id session,
                             outbox& out) {
  sinks_.fire(type, path, session, out);
  const auto at = entries_.find(path);
  if (at == entries_.end())
    return;
  switch (type) {
  case watch_event_type::created:
  case watch_event_type::changed:
    return leave(at, on_data | on_absence);
  case watch_event_type::children_changed:
    return leave(at, on_children);
  case watch_event_type::removed:
    return leave(at, on_data | on_absence | on_children);
  }
}

bool zookeeper_watches::crowded() const noexcept {
  if (bytes_ <= bytes_max_ / 4 * 3)
    return false;
  if (more_unused_ || reserved_since_look_ > entries_.size() / 8)
    return true;
  return refused_since_look_ && std::chrono::steady_clock::now() - looked_at_ >= look_again_after;
}

std::vector<std::string> zookeeper_watches::unused(std::size_t paths_max) {
  reserved_since_look_ = 0;
  refused_since_look_ = false;
  looked_at_ = std::chrono::steady_clock::now();
  more_unused_ = false;
  std::vector<std::string> found;
  for (auto& [path, known] : entries_) {
    // A read under way would set its watch before the servers have forgotten the old one.
    if (known.pending > 0 || known.leaving || sinks_.watched(path))
      continue;
    if (found.size() == paths_max) {
      more_unused_ = true;
      break;
    }
    known.leaving = true;
    found.push_back(path);
  }
  return found;
}

void zookeeper_watches::taken_back(const std::string& path, bool gone) {
  const auto at = entries_.find(path);
  if (at == entries_.end())
    return;
  at->second.leaving = false;
  if (gone)
    leave(at, on_data | on_absence | on_children);
}

void zookeeper_watches::leave(entries::iterator at, std::uint8_t tables) {
  auto& known = at->second;
  const auto left = static_cast<std::uint8_t>(known.tables & tables);
  bytes_ -= weight(at->first) * static_cast<std::size_t>(std::popcount(left));
  known.tables = static_cast<std::uint8_t>(known.tables & ~tables);
  erase_if_empty(at);
}

void zookeeper_watches::erase_if_empty(entries::iterator at) {
  if (at->second.tables == 0 && at->second.pending == 0 && !at->second.leaving)
    entries_.erase(at);
}

void zookeeper_watches::clear() noexcept {
  sinks_.clear();
  entries_.clear();
  bytes_ = 0;
}

} // namespace mqttzoo::zk
