#include "actors/bank.hpp"

#include "core/log.hpp"
#include "zk/behind_sync.hpp"
#include "zk/request_check.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

constexpr std::chrono::seconds tick_interval{1};

} // namespace

pod_life bank_life(const pod_services& pod) {
  return pod.clustered() ? pod.life : pod_life{"alone"};
}

bank::bank(caf::actor_config& config, unit_services& services, zk::paths paths)
    : pinned_base<bank_actor>(config, services), paths_(std::move(paths)), life_(bank_life(pod())) {
}

bank::behavior_type bank::make_behavior() {
  last_withdrawal_ = now();
  services().timers->schedule(*this, now() + tick_interval);
  return {
      [this](commit_atom, const commit_ptr& c) { commit(c); },
      [this](lend_atom, const loan_request& r) { lend(r); },
      [this](repay_atom, const loan& l) { repay(l); },
      [this](shut_down_atom) { shut_down(); },
  };
}

void bank::on_exit() {
  services().timers->cancel(*this);
  services().timers->cancel(pause_);
  work_ = work::over;
  queue_.clear();
  batch_.clear();
  loans_.clear();
}

/// What is under way goes on with its answer.
void bank::await_store() {
  if (work_ != work::busy)
    busy_since_ = now();
  work_ = work::busy;
}

void bank::commit(const commit_ptr& c) {
  if (!c->from)
    return apply_held(*c);
  if (work_ == work::over)
    return answer(c, unexpected(zk::multi_error{zk::error::session_expired}));
  const auto bytes = zk::payload_bytes(c->ops);
  if (queue_.size() >= queue_max || queue_bytes_ + bytes > queue_bytes_max)
    return answer(c, unexpected(zk::multi_error{zk::error::overloaded}));
  queue_bytes_ += bytes;
  queue_cost_ += std::max<std::int64_t>(c->cost, 0);
  queue_.push_back(c);
  go_on();
}

void bank::apply_held(const bank_commit& c) {
  auto& figures = pod().bank_counts;
  for (const auto& h : c.held) {
    accounts_.apply(h);
    (h.credits > 0 ? figures.deposits : figures.returns).add();
  }
}

/// The accounts change and nothing else, after all that came before.
void bank::carry_out_at_once(const commit_ptr& c) {
  alone_ -= std::min<std::size_t>(alone_, 1);
  apply_held(*c);
  answer(c, zk::multi_result{});
}

bank::commit_ptr bank::take_head() {
  auto c = std::move(queue_.front());
  queue_.pop_front();
  queue_bytes_ -= zk::payload_bytes(c->ops);
  queue_cost_ -= std::max<std::int64_t>(c->cost, 0);
  return c;
}

/// Whatever is next, unless the store is being waited for.
void bank::go_on() {
  if (work_ == work::idle && !books_open() && !(closing_ && queue_.empty()))
    return open();
  if (work_ == work::idle && !serve_units())
    draw(0);
  while (work_ == work::idle && !queue_.empty()) {
    const auto& head = *queue_.front();
    const bool may_draw = now() >= draw_again_at_;
    if (head.ops.empty())
      carry_out_at_once(take_head());
    else if (over_share(head))
      refuse(take_head(), bank_limit::client_share);
    else if (needs_refused(head))
      refuse(take_head(), bank_limit::credit);
    else if (head.cost > available() && may_draw)
      draw(head.cost);
    else if (head.cost > available())
      refuse(take_head(), bank_limit::credit);
    else if (head.cost > 0 && (runs_low() || queue_cost_ > available()) && may_draw)
      draw(0);
    else
      send_batch();
  }
  if (work_ != work::idle)
    return;
  refused_.clear();
  if (total_ == 0 && !closing_ && now() >= draw_again_at_)
    return draw(0); // also opens the books of a new tree
  if (!closing_)
    return;
  if (available() > 0 && now() < close_by_)
    return give_back(available());
  quit();
}

void bank::answer(const commit_ptr& c, zk::multi_result result) {
  c->result = std::move(result);
  send(c->from, committed_atom::value, c);
}

bool bank::over_share(const bank_commit& c) const {
  const auto share = services().settings.bank.client_share;
  if (share == 0 || total_ == 0 || c.cost <= 0)
    return false;
  const auto limit = total_ / 100 * share;
  return std::any_of(c.held.begin(), c.held.end(), [&](const held_change& h) {
    return h.credits > 0 && !h.client.empty() &&
           accounts_.of(h.client).credits + under_way(h.client) + h.credits > limit;
  });
}

std::int64_t bank::under_way(const client_id& client) const {
  std::int64_t credits = 0;
  for (const auto& c : batch_)
    for (const auto& h : c->held)
      if (h.credits > 0 && h.client == client)
        credits += h.credits;
  return credits;
}

/// Another addressee of a message whose copy was refused: it would fail in the store.
bool bank::needs_refused(const bank_commit& c) const {
  return !refused_.empty() && std::any_of(c.ops.begin(), c.ops.end(), [&](const zk::op& o) {
    const auto* check = std::get_if<zk::check_op>(&o);
    return check && refused_.contains(check->path);
  });
}

void bank::refuse(const commit_ptr& c, bank_limit limit) {
  for (const auto& o : c->ops)
    if (const auto* made = std::get_if<zk::create_op>(&o); made && zk::mail_cost({o}) > 0)
      refused_.insert(made->path);
  if (limit == bank_limit::credit && draw_failed_) // there may be credit, but no room for the draw
    return answer(c, unexpected(zk::multi_error{*draw_failed_}));
  auto& figures = pod().bank_counts;
  // Once for a message: not again when it is tried again, nor for its further addressees.
  const std::uint64_t first = c->tried == attempt::first && c->cost > 0 ? 1 : 0;
  const auto at = pod().store_time.unix_ms(*pod().clock);
  auto after = accounts_.returned_after(std::max<std::int64_t>(1, c->cost - available()), at);
  if (limit == bank_limit::client_share && !c->held.empty()) {
    const auto& h = c->held.front();
    const auto over = accounts_.of(h.client).credits + h.credits -
                      total_ / 100 * services().settings.bank.client_share;
    after = accounts_.returned_after(h.client, std::max<std::int64_t>(1, over), at);
    figures.refusals_of_share.add(first);
  }
  figures.refusals.add(first);
  // What other pods hold comes back within the longest TTL.
  c->refused = bank_refusal{limit, after.value_or(ttl_of(services().settings.bank).most)};
  answer(c, unexpected(zk::multi_error{zk::error::storage_full}));
}

/// The books are not this pod's any more, or make no sense: nothing is promised from here on.
void bank::fail(const char* what, zk::error why) {
  log.error("the bank stops: nothing can be stored any more",
            {{"books", life_.str()}, {"while", what}, {"error", zk::to_string(why)}});
  work_ = work::over;
  put_back();
  while (!queue_.empty())
    answer(take_head(), unexpected(zk::multi_error{zk::error::session_expired}));
  refuse_units();
  if (closing_)
    quit();
}

void bank::shut_down() {
  closing_ = true;
  close_by_ = now() + closing_max;
  refuse_units();
  lent_ = 0; // their sessions are gone, and all that waited for them
  if (work_ == work::over)
    return quit();
  go_on();
}

void bank::on_due(net::time_point) {
  run_inline([&] { tick(); });
}

void bank::tick() {
  if (now() >= close_by_) {
    log.warn("the bank ends with transactions that it could not carry out",
             {{"transactions", static_cast<std::uint64_t>(queue_.size() + batch_.size())}});
    return quit();
  }
  services().timers->schedule(*this, now() + tick_interval);
  refused_.clear(); // it may never be idle; who counts on one of them hears so from the store
  spent_per_s_ = (spent_per_s_ + static_cast<double>(std::exchange(withdrawn_, 0))) / 2;
  tell_figures();
  if (!books_open())
    return go_on();
  if (work_ != work::idle || closing_)
    return;
  const bool idle = now() - last_withdrawal_ >= idle_after;
  const auto keep = idle ? 0 : 2 * target();
  if (available() > keep)
    give_back(available() - (idle ? 0 : target())); // which looks at them, too
  else if (now() >= look_again_at_)
    look_at_free();
}

/// For the figures only: other pods draw and give back, and this one may not draw for long.
void bank::look_at_free() {
  look_again_at_ = now() + look_interval;
  read(paths_.bank_free(), [this](const expected<zk::node, zk::error>& found) {
    if (const auto books =
            found ? zk::decode_free(found->data) : unexpected(zk::record_error::truncated))
      tell_free(*books);
  });
}

void bank::tell_free(const zk::free_record& books) {
  pod().bank_counts.total.set(static_cast<std::uint64_t>(books.total));
  pod().bank_counts.free.set(static_cast<std::uint64_t>(books.credits));
}

void bank::tell_figures() {
  auto& f = pod().bank_counts;
  const auto unsigned_of = [](std::int64_t n) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(n, 0));
  };
  f.leased.set(unsigned_of(granted_ - spent_));
  f.lent.set(unsigned_of(lent_));
  f.held_credits.set(unsigned_of(accounts_.all().credits));
  f.held_bytes.set(unsigned_of(accounts_.all().bytes));
  f.held_messages.set(accounts_.all().messages);
  f.clients.set(accounts_.clients());
  f.next_expiry_unix_ms.set(unsigned_of(accounts_.next_expiry_unix_ms()));
  f.queued.set(queue_.size() + batch_.size());
}

// --- the store ---

void bank::write(ops what, std::function<void(const zk::multi_result&)> then) {
  pod().store->multi(*pod().store_answers, std::move(what), as_this(std::move(then)));
}

void bank::read(const std::string& path, node_handler then) {
  pod().store->get(*pod().store_answers, path, nullptr, as_this(std::move(then)));
}

void bank::read_behind_sync(const std::string& path, node_handler then) {
  zk::get_behind_sync(*pod().store, *pod().store_answers, path, as_this(std::move(then)));
}

} // namespace mqttzoo::actors
