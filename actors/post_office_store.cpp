// The post office's way to the store: one transaction after the other, what others build on first,
// and removals that are tried until they succeed.
#include "actors/post_office.hpp"
#include "zk/ledger.hpp"

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
  for (auto& r : unremoved_)
    std::erase_if(r.what, [&](const zk::op& o) {
      const auto* gone = std::get_if<zk::remove_op>(&o);
      return gone && gone->path == path;
    });
  std::erase_if(unremoved_, [](const removal& r) { return r.what.empty(); });
}

void post_office::remove(removal r) {
  payment pay;
  if (r.held)
    pay.held.push_back(*r.held);
  auto what = r.what;
  write(std::move(what), std::move(pay), [this, r = std::move(r)](const bank_commit& answer) {
    if (!answer.result)
      try_again(r, answer.result.error());
  });
}

void post_office::try_again(removal r, const zk::multi_error& after) {
  auto& what = r.what;
  // A session whose pointers are to be tried again, or a word's that may still have to be removed.
  // Others' children are damaged and stay.
  const bool children_go =
      after.code == zk::error::not_empty && (!unremoved_.empty() || !words_.empty());
  if (after.code == zk::error::no_node &&
      after.index < what.size()) { // was never there, or is gone
    const auto gone = what.begin() + static_cast<std::ptrdiff_t>(after.index);
    if (zk::mail_cost({*gone}) != 0)
      r.held.reset(); // and its credits with it
    what.erase(gone);
    if (!what.empty())
      remove(std::move(r));
  } else if (after.code == zk::error::storage_full || zk::may_pass(after.code) || children_go) {
    unremoved_.push_back(std::move(r));
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
