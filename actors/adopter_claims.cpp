// The adopter's way to call a session its own: this pod is written into its owner node.
#include "actors/adopter.hpp"
#include "actors/session_owner.hpp"

#include <utility>

namespace mqttzoo::actors {

/// Whose is it?
void adopter::look(const std::string& path) {
  ++in_work_;
  ++looking_;
  auto o = std::make_shared<orphan>();
  o->path = path;
  pod().store->get(*pod().store_answers, zk::paths::session_owner(path), nullptr,
                   as_this([this, o, run = run_](const auto& found) {
                     --looking_;
                     if (run != run_ || is_busy(o->path))
                       left(o);
                     else
                       found_owner(o, found);
                     take_looked_at();
                   }));
}

void adopter::found_owner(const orphan_ptr& o, const expected<zk::node, zk::error>& found) {
  if (!found && found.error() != zk::error::no_node)
    return once_more(o);
  if (found) {
    o->from = decode_owner(found->data);
    o->owner = found->stat.version;
  }
  if (o->from.empty() || !view_->contains(o->from.front())) {
    claims_[o->path] = claim::in_work; // whatever the store answers, it may be so from now on
    return to_take_.push_back(o);
  }
  if (o->from.front() != view_->self->life || !claims_.contains(o->path))
    return left(o);               // somebody has it
  o->from.erase(o->from.begin()); // taken at an earlier try
  claims_[o->path] = claim::in_work;
  read(o);
}

/// Many at a time, while there are many.
void adopter::take_looked_at() {
  if (to_take_.size() < taken_at_once_max && looking_ > 0)
    return;
  if (auto some = std::exchange(to_take_, {}); !some.empty())
    take(std::move(some));
}

void adopter::take(orphans some) {
  std::vector<zk::op> what;
  for (const auto& o : some) {
    auto path = zk::paths::session_owner(o->path);
    auto data = encode_owner(view_->self->life, o->from);
    if (o->owner)
      what.emplace_back(zk::set_op{std::move(path), std::move(data), *o->owner});
    else
      what.emplace_back(
          zk::create_op{std::move(path), std::move(data), zk::create_mode::persistent});
  }
  pod().store->multi(
      *pod().store_answers, std::move(what),
      as_this([this, some = std::move(some)](const auto& result) { taken(some, result); }));
}

void adopter::taken(const orphans& some, const zk::multi_result& result) {
  using zk::error;
  for (std::size_t i = 0; result && i < some.size(); ++i) {
    some[i]->owner = (*result)[i].stat.version;
    read(some[i]);
  }
  if (result)
    return;
  const auto e = result.error().code;
  const bool known = e == error::bad_version || e == error::node_exists || e == error::no_node;
  for (const auto& o : some) {
    if (!known) {
      once_more(o);
    } else if (some.size() > 1) {
      take({o});
    } else { // somebody else has it, or it is gone
      claims_.erase(o->path);
      left(o);
    }
  }
}

/// No more to do for it.
void adopter::left(const orphan_ptr&) {
  --in_work_;
  go_on();
}

bool adopter::is_busy(const std::string& path) const {
  const auto found = claims_.find(path);
  return found != claims_.end() && found->second != claim::failed;
}

void adopter::once_more(const orphan_ptr& o) {
  if (const auto found = claims_.find(o->path); found != claims_.end())
    found->second = claim::failed;
  again_.insert(o->path);
  left(o);
}

} // namespace mqttzoo::actors
