#include "actors/actor_record.hpp"

#include <utility>

namespace mqttzoo::actors {

std::string_view to_string(wait_kind k) noexcept {
  switch (k) {
  case wait_kind::nothing:
    return "nothing";
  case wait_kind::store:
    return "store";
  case wait_kind::peer:
    return "peer";
  case wait_kind::client:
    return "client";
  case wait_kind::credit:
    return "credit";
  case wait_kind::socket:
    return "socket";
  case wait_kind::actor:
    return "actor";
  }
  return "unknown";
}

actor_list::actor_list() noexcept {
  ends_.list_next = ends_.list_before = &ends_;
}

void actor_list::link_before(detail::actor_node& at, detail::actor_node& n) noexcept {
  n.list_next = &at;
  n.list_before = at.list_before;
  at.list_before->list_next = &n;
  at.list_before = &n;
}

void actor_list::unlink(detail::actor_node& n) noexcept {
  n.list_before->list_next = n.list_next;
  n.list_next->list_before = n.list_before;
  n.list_next = n.list_before = nullptr;
}

void actor_list::join(actor_record& r, net::time_point now) noexcept {
  using namespace std::chrono;
  std::lock_guard guard{mutex_};
  if (made_at_ == net::time_point{})
    made_at_ = now;
  r.born_ms = static_cast<std::uint32_t>(duration_cast<milliseconds>(now - made_at_).count());
  link_before(ends_, r);
  size_.fetch_add(1, std::memory_order_relaxed);
}

void actor_list::leave(actor_record& r) noexcept {
  std::lock_guard guard{mutex_};
  if (r.list_next == nullptr)
    return;
  unlink(r);
  size_.fetch_sub(1, std::memory_order_relaxed);
}

actor_reader::actor_reader(actor_list& of) : list_(of) {
  std::lock_guard guard{list_.mutex_};
  actor_list::link_before(*list_.ends_.list_next, place_);
}

actor_reader::~actor_reader() {
  std::lock_guard guard{list_.mutex_};
  actor_list::unlink(place_);
}

std::vector<actor_reader::held> actor_reader::next(std::size_t n) {
  std::vector<held> found;
  found.reserve(n);
  std::lock_guard guard{list_.mutex_};
  auto* at = place_.list_next;
  for (; at != &list_.ends_ && found.size() < n; at = at->list_next) {
    if (!at->is_record)
      continue; // where somebody else is
    auto& r = static_cast<actor_record&>(*at);
    if (auto actor = r.hold())
      found.push_back(
          {std::move(actor), &r, list_.made_at_ + std::chrono::milliseconds{r.born_ms}});
  }
  actor_list::unlink(place_);
  actor_list::link_before(*at, place_);
  return found;
}

} // namespace mqttzoo::actors
