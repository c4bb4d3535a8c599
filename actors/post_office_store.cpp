// The post office's way to the store: one transaction after the other, what others build on first,
// and removals that are tried until they succeed.
#include "actors/post_office.hpp"
#include "zk/ledger.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace mqttzoo::actors {

void post_office::ensure_bucket(std::string_view path) {
  const auto bucket = zk::parent_of(path);
  for (const auto level : {zk::parent_of(bucket), bucket}) {
    if (!buckets_.insert(std::string{level}).second)
      continue;
    // Past the bank, where it would fail with others whenever the bucket exists already. It goes
    // before what needs it, as the store keeps the order of calls.
    ops what;
    what.emplace_back(zk::create_op{std::string{level}, {}, zk::create_mode::persistent});
    pod().store->multi(
        *pod().store_answers, std::move(what),
        as_this(groundwork([this, name = std::string{level}](const zk::multi_result& result) {
          if (!result && result.error().code != zk::error::node_exists)
            buckets_.erase(name);
        })));
  }
}

void post_office::write_groundwork(ops what, std::function<void(zk::multi_result)> then) {
  write(std::move(what), groundwork(std::move(then)));
}

/// `then`, and what waits for it.
std::function<void(zk::multi_result)>
post_office::groundwork(std::function<void(zk::multi_result)> then) {
  groundwork_open_.insert(++groundwork_begun_);
  return [this, number = groundwork_begun_, then = std::move(then)](zk::multi_result result) {
    then(std::move(result));
    groundwork_open_.erase(number);
    const auto up_to = groundwork_open_.empty() ? groundwork_begun_ : *groundwork_open_.begin() - 1;
    while (!behind_groundwork_.empty() && behind_groundwork_.front().first <= up_to) {
      const auto f = std::move(behind_groundwork_.front().second);
      behind_groundwork_.pop_front();
      f();
    }
  };
}

void post_office::after_groundwork(std::function<void()> f) {
  if (groundwork_open_.empty())
    return f();
  behind_groundwork_.emplace_back(groundwork_begun_, std::move(f));
}

void post_office::write(ops what, std::function<void(zk::multi_result)> then) {
  write(std::move(what), payment{},
        [then = std::move(then)](const bank_commit& answer) { then(answer.result); });
}

void post_office::write(ops what, payment pay, std::function<void(const bank_commit&)> then) {
  auto c = std::make_shared<bank_commit>();
  c->cost = zk::mail_cost(what) + pay.retained;
  c->ops = std::move(what);
  c->held = std::move(pay.held);
  c->tried = pay.tried;
  c->from = caf::actor_cast<commit_listener>(this);
  c->then = [this, then = std::move(then)](const bank_commit& answer) {
    if (answer.result)
      for (const auto& r : *answer.result)
        revive(r.path);
    then(answer);
    if (answer.result && answer.cost < 0)
      try_waiting();
  };
  send(pod().bank, commit_atom::value, std::move(c));
}

/// A node of that name stands there anew: a removal still to be tried meant its predecessor.
void post_office::revive(std::string_view path) {
  if (unremoved_.empty() || path.empty())
    return;
  for (auto& r : unremoved_) {
    std::erase_if(r.what, [&](const zk::op& o) {
      const auto* gone = std::get_if<zk::remove_op>(&o);
      return gone && gone->path == path;
    });
    if (r.what.empty())
      tell_erased(r);
  }
  std::erase_if(unremoved_, [](const removal& r) { return r.what.empty(); });
}

void post_office::remove(removal r) {
  payment pay;
  if (r.held)
    pay.held.push_back(*r.held);
  auto what = r.what;
  const auto number = ++last_removal_;
  removing_.emplace(number, std::move(r));
  write(std::move(what), std::move(pay), [this, number](const bank_commit& answer) {
    removed_or_not(std::move(removing_.extract(number).mapped()), answer.result);
  });
}

/// In a cluster the next session of that client may begin elsewhere, so what is gone must be gone.
void post_office::removed_or_not(removal r, const zk::multi_result& result) {
  if (result || !pod().clustered())
    tell_erased(r);
  if (!result)
    try_again(std::move(r), result.error());
}

void post_office::try_again(removal r, const zk::multi_error& after) {
  auto& what = r.what;
  const auto at = after.index < what.size()
                      ? what.begin() + static_cast<std::ptrdiff_t>(after.index)
                      : what.end();
  if (after.code == zk::error::no_node && at != what.end()) { // was never there, or is gone
    if (zk::mail_cost({*at}) != 0)
      r.held.reset(); // and its credits with it
    what.erase(at);
    if (!what.empty())
      return remove(std::move(r));
  } else if (after.code == zk::error::storage_full || zk::may_pass(after.code) ||
             (after.code == zk::error::not_empty && at != what.end() && children_go(*at))) {
    unremoved_.push_back(std::move(r));
    return await_room();
  }
  tell_erased(r); // gone, or nobody can do anything about it
}

/// A session's pointers that are to be tried again or whose removal is under way behind its own, or
/// a word's that may still have to be removed. Others' children are damaged and stay.
bool post_office::children_go(const zk::op& node) const {
  const auto* parent = std::get_if<zk::remove_op>(&node);
  if (!parent)
    return false;
  const auto is_child = [&](const zk::op& o) {
    const auto* child = std::get_if<zk::remove_op>(&o);
    return child && zk::parent_of(child->path) == parent->path;
  };
  const auto has_child = [&](const removal& r) {
    return !r.erases && std::any_of(r.what.begin(), r.what.end(), is_child);
  };
  const auto is_of_session = [&](const deposit& d) {
    return paths_.session(d.session->client) == parent->path;
  };
  return std::any_of(unremoved_.begin(), unremoved_.end(), has_child) ||
         std::any_of(removing_.begin(), removing_.end(),
                     [&](const auto& r) { return has_child(r.second); }) ||
         std::any_of(words_.begin(), words_.end(), [&](const auto& w) {
           return std::any_of(w.second.deposits.begin(), w.second.deposits.end(), is_of_session);
         });
}

void post_office::tell_erased(removal& r) {
  if (const auto session = std::exchange(r.erases, nullptr))
    send(session->handle, erased_atom::value);
}

/// What found no room is tried again.
void post_office::await_room() {
  if (!services().timers->scheduled(*this))
    services().timers->schedule(*this, now() + room_interval);
}

void post_office::on_due(net::time_point) {
  run_inline([&] {
    for (auto& r : std::exchange(unremoved_, {}))
      remove(std::move(r));
    give_up_waiting();
    try_waiting();
    retain_again();
    resolve_words();
    for (const auto& topic : std::exchange(unread_, {}))
      read_retained(topic);
    adopt_retained(std::exchange(unadopted_, {}));
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
