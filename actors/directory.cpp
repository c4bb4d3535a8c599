// The directory's dealings with the membership, and how it asks the store.
#include "actors/directory.hpp"

#include "actors/directory_ear.hpp"

#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// Before a request that the store refused is tried again.
constexpr std::chrono::milliseconds retry_after{100};

} // namespace

directory::directory(caf::actor_config& config, unit_services& services, zk::paths p)
    : pinned_base<directory_actor>(config, services), paths_(std::move(p)),
      self_(services.pod->life) {}

directory::behavior_type directory::make_behavior() {
  ear_ = std::make_shared<ear>(
      [this](const zk::watch_event& e) { run_inline([&] { changed(e); }); },
      [this](const zk::session_event& e) { run_inline([&] { session_changed(e); }); });
  store().attach(here(), ear_);
  if (const auto now_known = ear_->listen())
    session_changed(*now_known);
  return {
      [this](want_atom, const std::string& filter) { want(filter, wish::begins); },
      [this](unwant_atom, const std::string& filter) { want(filter, wish::ends); },
      [this](confirm_atom, const std::shared_ptr<const subscription_change>& c,
             const change_done& d) { confirm(c, d); },
      [this](confirm_atom) { flow(); },
      [this](watch_atom, const mqtt::topic_ref& name, const topic_actor& t) { watch(name, t); },
      [this](unwatch_atom, const mqtt::topic_ref& name) { unwatch(name); },
      [this](rerouted_atom, const mqtt::topic_ref& name) { rerouted(name); },
      [this](install_atom, const view_ref& v) { install(v); },
      [this](settle_atom, const view_ref& v) { settle(v); },
      [this](shut_down_atom) { quit(); },
  };
}

void directory::on_exit() {
  services().timers->cancel(*this);
  if (ear_)
    ear_->stop();
  ear_ = nullptr;
  gate_.clear();
  for_connection_.clear();
  for_timer_.clear();
  confirms_.clear();
  buckets_.clear();
  topics_ = {};
  groups_.clear();
  view_ = next_view_ = nullptr;
}

// --- views ---

void directory::install(const view_ref& v) {
  if (generation_ == 0 || (!view_ && awaited_ > 0)) { // what stands in the store must be known
    next_view_ = v;
    return;
  }
  view_ = v;
  settled_ = settling_ = false;
  if (v->move.by)
    movers_.insert(v->move.by->life);
  gone_.clear();
  installing_ = 0;
  tells_installed_ = true;
  update_groups();
  update_all();
  for_each_topic([&](watched_topic& t) {
    t.awaited = t.answered < t.sent ? t.sent : 0;
    installing_ += t.awaited > 0 ? 1 : 0;
  });
  std::set<pod_life> unknown;
  const auto consider = [&](const pod_life& life) {
    if (!view_->contains(life) && !departed_.contains(life))
      unknown.insert(life);
  };
  for (const auto& [path, b] : buckets_)
    for (const auto& p : b.record.pods)
      consider(p.life);
  for (const auto& [path, s] : shards_)
    s.log.for_each_life(consider);
  installing_ += unknown.size();
  for (const auto& life : unknown)
    look_for(life);
  installed();
}

/// What a pod wanted is void for good once a view is settled that was installed after the pod's
/// end: all it had was there to be adopted. A pod that is not a member yet is none of these.
void directory::look_for(const pod_life& life) {
  enter([this, life, number = view_->number] {
    store().exists(
        here(), paths_.pod(life), nullptr,
        as_this([this, life, number](expected<std::optional<zk::stat>, zk::error> found) {
          leave();
          life_looked_for(life, number, found && !*found);
        }));
  });
}

void directory::life_looked_for(const pod_life& life, std::int64_t view, bool gone) {
  if (view != view_->number)
    return;
  if (gone)
    gone_.insert(life);
  --installing_;
  installed();
}

void directory::installed() {
  if (installing_ == 0 && std::exchange(tells_installed_, false))
    send(pod().membership, installed_atom::value, view_->number);
}

void directory::settle(const view_ref& v) {
  if (!view_ || v->number != view_->number)
    return;
  settling_ = true;
  if (connected_)
    refresh();
}

void directory::settled() {
  settling_ = false;
  settled_ = true;
  const bool cleans = view_->members.front()->life == self_;
  for (const auto& life : gone_) {
    departed_.insert(life);
    if (cleans)
      remove_nodes_of(life);
  }
  gone_.clear();
  movers_.clear();
  send(pod().membership, settled_atom::value, view_->number);
  if (!flows_) // topics must know of groups before they send anything
    send(pod().index, confirm_atom::value);
}

void directory::flow() {
  flows_ = true;
  update_all();
}

/// Once is enough: what remains is void, and goes with a later view.
void directory::remove_nodes_of(const pod_life& life) {
  for (const auto& [path, s] : shards_)
    for (const auto& name : s.log.nodes_of(life))
      enter([this, node = zk::child_path(path, name)] {
        store().remove(here(), node, zk::any_version, as_this([this](auto) { leave(); }));
      });
}

// --- requests ---

void directory::enter(std::function<void()> request) {
  gate_.enter(std::move(request));
  pod().directory_counts.requests_queued.set(gate_.waiting());
}

void directory::leave() {
  gate_.done();
  counts().requests_queued.set(gate_.waiting());
}

void directory::again(zk::error why, std::function<void()> request) {
  using zk::error;
  if (why == error::session_expired || why == error::closed)
    return; // the pod is fenced, or ends
  if (why != error::connection_loss) {
    for_timer_.push_back(std::move(request));
    if (!services().timers->scheduled(*this))
      services().timers->schedule(*this, now() + retry_after);
  } else if (connected_) {
    enter(std::move(request));
  } else {
    for_connection_.push_back(std::move(request));
  }
}

void directory::on_due(net::time_point) {
  run_inline([&] {
    for (auto& request : std::exchange(for_timer_, {}))
      enter(std::move(request));
  });
}

} // namespace mqttzoo::actors
