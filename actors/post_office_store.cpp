// The post office's way to the store: one transaction after the other, what others build on first,
// and removals that are tried until they succeed.
#include "actors/post_office.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace mqttzoo::actors {

void post_office::ensure_bucket(std::string_view path) {
  const auto bucket = zk::parent_of(path);
  for (const auto level : {zk::parent_of(bucket), bucket}) {
    if (!buckets_.insert(std::string{level}).second)
      continue;
    // Goes before what needs it, as the store keeps the order of calls; existing already is fine.
    ops what;
    what.emplace_back(zk::create_op{std::string{level}, {}, zk::create_mode::persistent});
    write_groundwork(std::move(what),
                     [this, name = std::string{level}](const zk::multi_result& result) {
                       if (!result && result.error().code != zk::error::node_exists)
                         buckets_.erase(name);
                     });
  }
}

void post_office::write_groundwork(ops what, std::function<void(zk::multi_result)> then) {
  ++groundwork_begun_;
  write(std::move(what), [this, then = std::move(then)](zk::multi_result result) {
    then(std::move(result));
    ++groundwork_done_;
    while (!behind_groundwork_.empty() && behind_groundwork_.front().first <= groundwork_done_) {
      const auto f = std::move(behind_groundwork_.front().second);
      behind_groundwork_.pop_front();
      f();
    }
  });
}

void post_office::after_groundwork(std::function<void()> f) {
  if (groundwork_done_ == groundwork_begun_)
    return f();
  behind_groundwork_.emplace_back(groundwork_begun_, std::move(f));
}

void post_office::write(ops what, std::function<void(zk::multi_result)> then) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->multi(*pod().store_answers, std::move(what),
                     [this, self, then = std::move(then)](zk::multi_result result) {
                       run_inline([&] {
                         if (result)
                           for (const auto& r : *result)
                             revive(r.path);
                         then(std::move(result));
                       });
                     });
}

/// Only if the sync itself was answered: else a link broke in between, and the server that answers
/// the read may be behind.
void post_office::look_behind_sync(const std::string& path,
                                   std::function<void(const expected<bool, zk::error>&)> then) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  pod().store->sync(
      *pod().store_answers, path,
      [self, this, path, then = std::move(then)](const auto& synced) mutable {
        if (!synced) {
          run_inline([&] { then(unexpected{synced.error()}); });
          return;
        }
        pod().store->exists(
            *pod().store_answers, path, nullptr,
            [self, this,
             then = std::move(then)](const expected<std::optional<zk::stat>, zk::error>& found) {
              run_inline([&] {
                using answer = expected<bool, zk::error>;
                then(found ? answer{found->has_value()} : answer{unexpected{found.error()}});
              });
            });
      });
}

/// A node of that name stands there anew: a removal still to be tried meant its predecessor.
void post_office::revive(std::string_view path) {
  if (unremoved_.empty() || path.empty())
    return;
  for (auto& what : unremoved_)
    std::erase_if(what, [&](const zk::op& o) {
      const auto* removal = std::get_if<zk::remove_op>(&o);
      return removal && removal->path == path;
    });
  std::erase_if(unremoved_, [](const ops& what) { return what.empty(); });
}

void post_office::remove(ops what) {
  auto again = what;
  write(std::move(what), [this, again = std::move(again)](zk::multi_result result) mutable {
    if (!result)
      try_again(std::move(again), result.error());
  });
}

void post_office::try_again(ops what, const zk::multi_error& after) {
  if (after.code == zk::error::no_node &&
      after.index < what.size()) { // was never there, or is gone
    what.erase(what.begin() + static_cast<std::ptrdiff_t>(after.index));
    if (!what.empty())
      remove(std::move(what));
  } else if (after.code == zk::error::storage_full || after.code == zk::error::overloaded ||
             after.code == zk::error::connection_loss ||
             // a session whose pointers are to be tried again; others' children are damaged and
             // stay
             // (and a word's may still have to be removed)
             (after.code == zk::error::not_empty && (!unremoved_.empty() || !words_.empty()))) {
    unremoved_.push_back(std::move(what));
    await_room();
  }
}

/// What found no room is tried again.
void post_office::await_room() {
  if (!services().timers->scheduled(*this))
    services().timers->schedule(*this, now() + room_interval);
}

void post_office::on_due(net::time_point) {
  run_inline([&] {
    for (auto& what : std::exchange(unremoved_, {}))
      remove(std::move(what));
    give_up_waiting();
    try_waiting();
    retain_again();
    resolve_words();
    for (const auto& topic : std::exchange(unread_, {}))
      read_retained(topic);
  });
}

std::string post_office::pointer_path(const session_card& session,
                                      mqtt::stored_number number) const {
  auto digits = std::to_string(static_cast<std::uint64_t>(number));
  if (digits.size() < 10)
    digits.insert(0, 10 - digits.size(), '0');
  return zk::paths::pointer_prefix(paths_.session(session.client)) + digits;
}

} // namespace mqttzoo::actors
