#include "zk/watch_table.hpp"

#include <algorithm>
#include <tuple>

namespace mqttzoo::zk {

namespace {

constexpr std::uint8_t bit(watch_kind kind) {
  return static_cast<std::uint8_t>(kind);
}

/// The kinds of watch that hear of an event.
std::uint8_t hearers(watch_event_type type) {
  switch (type) {
  case watch_event_type::created:
    return bit(watch_kind::exists);
  case watch_event_type::changed:
    return bit(watch_kind::data) | bit(watch_kind::exists);
  case watch_event_type::removed:
    return bit(watch_kind::data) | bit(watch_kind::exists) | bit(watch_kind::children);
  case watch_event_type::children_changed:
    return bit(watch_kind::children);
  }
  return 0;
}

bool same(const std::weak_ptr<watch_sink>& a, const std::weak_ptr<watch_sink>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

} // namespace

bool watch_table::add(watch_kind kind, const std::string& path, executor& where,
                      const std::weak_ptr<watch_sink>& sink) {
  // As many additions as there are watches pay for one look at all of them.
  if (++added_since_sweep_ > size_ + 1024)
    sweep();
  if (const auto found = watches_.find(path); found != watches_.end()) {
    auto& here = found->second;
    const auto known =
        std::find_if(here.begin(), here.end(), [&](const watch& w) { return same(w.sink, sink); });
    if (known != here.end()) {
      known->kinds |= bit(kind);
      known->where = &where;
      return true;
    }
  }
  if (size_ >= watches_max_)
    return false;
  watches_[path].push_back({sink, &where, bit(kind)});
  ++size_;
  return true;
}

void watch_table::fire(watch_event_type type, const std::string& path, session_id session,
                       outbox& out) {
  const auto found = watches_.find(path);
  if (found == watches_.end())
    return;
  const auto kinds = hearers(type);
  auto& here = found->second;
  for (auto& waiting : here) {
    if ((waiting.kinds & kinds) == 0)
      continue;
    waiting.kinds = static_cast<std::uint8_t>(waiting.kinds & ~kinds);
    out.add(*waiting.where, [sink = waiting.sink, event = watch_event{type, path, session}] {
      if (const auto alive = sink.lock())
        alive->on_watch(event);
    });
  }
  size_ -= std::erase_if(here, [](const watch& w) { return w.kinds == 0; });
  if (here.empty())
    watches_.erase(found);
}

bool watch_table::watched(const std::string& path) const noexcept {
  const auto found = watches_.find(path);
  return found != watches_.end() && std::any_of(found->second.begin(), found->second.end(),
                                                [](const watch& w) { return !w.sink.expired(); });
}

watch_list watch_table::list(const watch_query& which) const {
  const auto asked_for = [&](const std::string& path) {
    return path > which.after &&
           (path == which.below || path.starts_with(which.below + '/') || which.below == "/");
  };
  watch_list found;
  for (const auto& [path, here] : watches_) {
    if (!asked_for(path))
      continue;
    for (const auto& w : here)
      if (const auto sink = w.sink.lock())
        found.watches.push_back(
            {path, std::string{sink->whose()}, (w.kinds & bit(watch_kind::data)) != 0,
             (w.kinds & bit(watch_kind::exists)) != 0, (w.kinds & bit(watch_kind::children)) != 0});
  }
  std::sort(found.watches.begin(), found.watches.end(), [](const set_watch& a, const set_watch& b) {
    return std::tie(a.path, a.whose) < std::tie(b.path, b.whose);
  });
  // All of one node stay together, so that `after` leaves none of them out.
  auto end = std::min(which.limit, found.watches.size());
  while (end > 0 && end < found.watches.size() &&
         found.watches[end].path == found.watches[end - 1].path)
    ++end;
  found.more = end < found.watches.size();
  found.watches.resize(end);
  return found;
}

void watch_table::clear() noexcept {
  watches_.clear();
  size_ = 0;
}

void watch_table::sweep() {
  added_since_sweep_ = 0;
  for (auto at = watches_.begin(); at != watches_.end();) {
    size_ -= std::erase_if(at->second, [](const watch& w) { return w.sink.expired(); });
    at = at->second.empty() ? watches_.erase(at) : std::next(at);
  }
}

} // namespace mqttzoo::zk
