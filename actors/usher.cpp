#include "actors/usher.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

using std::chrono::milliseconds;

/// Between rounds. A batch that moves costs all pods a view, in which promises wait a little.
constexpr milliseconds round_interval{100};
constexpr milliseconds moving_interval{500};

/// Where clients can be sent: not to every interface of a machine.
std::string reference_of(const cluster_member& m) {
  for (const auto* everywhere : {"0.0.0.0:", "[::]:", ":::"})
    if (m.mqtt.starts_with(everywhere))
      return {};
  return m.mqtt;
}

} // namespace

usher::usher(caf::actor_config& config, unit_services& services, zk::paths paths,
             std::function<void()> on_drained)
    : pinned_base<usher_actor>(config, services), paths_(std::move(paths)),
      on_drained_(std::move(on_drained)) {}

usher::behavior_type usher::make_behavior() {
  return {
      [this](drain_atom) { drain(); },
      [this](rebalance_atom, std::uint32_t rate) { rebalance(rate); },
      [this](found_atom, const shared_cards& here) { found(*here); },
      [this](dismissed_atom, const shared_cards& moving) { dismissed(*moving); },
      [this](rested_atom, const card_ref& session, rest how) { rested(session, how); },
      [this](install_atom, const view_ref& v) { installed(v); },
      [this](yield_atom, const view_ref& v) { yield(v); },
      [this](given_atom, const shared_cards& sessions) { given(*sessions); },
      [this](settle_atom, const view_ref& v) { settled(v); },
      [this](shut_down_atom) { quit(); },
  };
}

void usher::on_exit() {
  services().timers->cancel(*this);
  to_leave_.clear();
  moving_.clear();
  view_ = yields_in_ = nullptr;
}

// --- what is to be done ---

void usher::drain() {
  if (is_ == state::draining || is_ == state::drained)
    return;
  const auto time = services().settings.drain.deadline;
  deadline_ = now() + time;
  pod().drain.until_unix_ms = pod().clock->unix_ms() + time.count();
  log.info("the pod drains", {{"seconds", std::chrono::duration<double>(time).count()}});
  rate_ = services().settings.drain.rate;
  start(state::draining);
}

void usher::rebalance(std::uint32_t rate) {
  if (is_ != state::serving && is_ != state::rebalancing)
    return;
  rate_ = std::max(rate, 1u);
  if (is_ == state::serving && movable())
    start(state::rebalancing);
}

milliseconds usher::interval() const {
  return movable() ? moving_interval : round_interval;
}

void usher::start(state as) {
  is_ = as;
  pod().drain.is = as;
  lists_ = 0;
  to_leave_.clear();
  give_orders();
  last_round_ = now() - interval();
  if (step_ == step::idle) // else after the batch that is under way
    next_round();
  arm();
}

/// What clients hear that connect while the pod drains.
void usher::give_orders() {
  if (is_ != state::draining)
    return;
  auto orders = std::make_shared<drain_orders>();
  orders->reason =
      movable() ? mqtt::reason_code::use_another_server : mqtt::reason_code::server_unavailable;
  if (view_)
    for (const auto& m : view_->members)
      if (auto reference = reference_of(*m); m != view_->self && !reference.empty())
        orders->references.push_back(std::move(reference));
  send(pod().home, drain_atom::value, std::shared_ptr<const drain_orders>{std::move(orders)});
}

/// Whether there is another pod to move sessions to.
bool usher::movable() const {
  return view_ && !view_->alone();
}

void usher::found(const cards& here) {
  if (step_ != step::listing)
    return;
  enter(step::idle);
  const auto leaves = [&](const card_ref& c) {
    if (is_ == state::rebalancing)
      return view_->home_of(client_bucket{paths_.client_bucket(c->client)}) != view_->self;
    return movable() || c->connected.load(std::memory_order_relaxed);
  };
  std::copy_if(here.begin(), here.end(), std::back_inserter(to_leave_), leaves);
  if (to_leave_.empty() || (is_ == state::rebalancing && lists_ > rebalance_lists_max))
    return finish();
  if (const auto most = services().settings.drain.deadline * 2 / 3; is_ == state::draining)
    rate_ = std::max(rate_, static_cast<std::uint32_t>(
                                to_leave_.size() * 1000 /
                                std::max<std::size_t>(1, static_cast<std::size_t>(most.count()))));
  pod().drain.sessions_left.set(to_leave_.size());
  next_round();
}

void usher::next_round() {
  round_at_ = net::time_point::max();
  if (is_ == state::serving && step_ == step::idle && marker_ != marker::others)
    return drop_marker();
  if (is_ == state::serving || is_ == state::drained || step_ != step::idle)
    return;
  if (pod().clustered() && (!view_ || unsettled_)) // it comes with the settled view
    return;
  if (movable() && marker_ != marker::own)
    return mark();
  if (to_leave_.empty()) {
    if (lists_ > 0 && now() < listed_at_ + interval()) { // what failed is not tried in a loop
      round_at_ = listed_at_ + interval();
      return arm();
    }
    ++lists_;
    listed_at_ = now();
    enter(step::listing);
    return send(pod().home, list_atom::value);
  }
  const auto since = std::chrono::duration<double>(now() - last_round_).count();
  last_round_ = now();
  auto n = std::clamp<std::size_t>(static_cast<std::size_t>(rate_ * since), 1, batch_max);
  auto round = std::make_shared<dismissal_round>();
  round->batch = ++batch_;
  for (; n > 0 && !to_leave_.empty(); --n) {
    round->whom.push_back(dismissal_of(to_leave_.back()));
    to_leave_.pop_back();
  }
  enter(step::dismissing);
  send(pod().home, dismiss_atom::value, std::shared_ptr<const dismissal_round>{std::move(round)});
}

dismissal usher::dismissal_of(const card_ref& session) const {
  using enum mqtt::reason_code;
  if (!movable())
    return {session, server_shutting_down, {}, dismissal::remains::here};
  const client_bucket bucket{paths_.client_bucket(session->client)};
  const auto& to =
      is_ == state::draining ? view_->home_without(view_->self, bucket) : view_->home_of(bucket);
  const bool moves = session->persistent.load(std::memory_order_relaxed);
  return {session, use_another_server, reference_of(*to),
          moves ? dismissal::remains::rests : dismissal::remains::here};
}

void usher::finish() {
  const bool drained = is_ == state::draining;
  is_ = drained ? state::drained : state::serving;
  pod().drain.is = is_;
  pod().drain.sessions_left.set(to_leave_.size() + moving_.size());
  round_at_ = deadline_ = net::time_point::max();
  log.info(
      drained ? "the pod is drained" : "sessions are where they belong",
      {{"moved", pod().drain.sessions_moved.get()}, {"left", pod().drain.sessions_left.get()}});
  if (drained)
    std::exchange(on_drained_, [] {})();
  else if (step_ == step::idle && marker_ != marker::others)
    drop_marker();
}

const char* usher::to_text(step s) {
  constexpr const char* words[] = {"idle",     "listing", "dismissing", "parking", "marking",
                                   "draining", "sealing", "giving",     "settling"};
  return words[static_cast<std::size_t>(s)];
}

// --- time ---

void usher::enter(step next) {
  if (next != step_)
    log.debug("a step of the usher is over",
              {{"batch", batch_},
               {"step", to_text(step_)},
               {"ms", std::chrono::duration<double, std::milli>(now() - step_since_).count()}});
  step_ = next;
  step_since_ = now();
  arm();
}

void usher::on_due(net::time_point at) {
  run_inline([&] {
    if (deadline_ <= at && is_ == state::draining)
      finish();
    if (round_at_ <= at)
      next_round();
    give_up_waiting();
    arm();
  });
}

void usher::arm() {
  auto due = std::min(deadline_, round_at_);
  if (const auto most = patience_in(step_); most.count() > 0)
    due = std::min<net::time_point>(due, step_since_ + most);
  if (due != net::time_point::max())
    services().timers->schedule(*this, due);
}

// --- for people ---

wait_state usher::waits() const {
  switch (step_) {
  case step::idle:
    return {};
  case step::listing:
  case step::dismissing:
    return {wait_kind::actor, step_since_, "the home to dismiss sessions"};
  case step::parking:
    return {wait_kind::store, step_since_, "sessions to be stored"};
  case step::marking:
    return {wait_kind::store, step_since_, "its turn to move sessions"};
  case step::draining:
    return {wait_kind::peer, step_since_, "other pods to send nothing more"};
  case step::sealing:
    return {wait_kind::actor, step_since_, "sessions to take nothing more"};
  case step::giving:
    return {wait_kind::store, step_since_, "sessions to be nobody's"};
  case step::settling:
    return {wait_kind::peer, step_since_, "other pods to have its sessions"};
  }
  return {};
}

void usher::describe(facts& to) const {
  const auto& d = pod().drain;
  to.add("state", to_string(is_))
      .add("step", to_text(step_))
      .add("batch", batch_)
      .add("moving", moving_.size())
      .add("sessions_left", d.sessions_left.get())
      .add("sessions_moved", d.sessions_moved.get())
      .add("moves_failed", d.moves_failed.get())
      .add("rate", rate_);
}

} // namespace mqttzoo::actors
