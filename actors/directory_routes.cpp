// What the directory tells topics and groups of other pods.
#include "actors/directory.hpp"
#include "actors/directory_ear.hpp"
#include "mqtt/topic_filter.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::actors {

namespace {

bool same(const far_route& a, const far_route& b) {
  return a.pods == b.pods && a.promises_wait == b.promises_wait;
}

} // namespace

// --- topics ---

void directory::watch(const mqtt::topic_ref& name, const topic_actor& handle) {
  assert(!stays_local(name->name()));
  unwatch(name); // its former life, if that is still known
  const auto hash = paths_.topic_hash(name->name());
  auto* t = topics_
                .insert(name->name(), watched_topic{name, handle, hash, paths_.topic_bucket(hash),
                                                    nullptr, 0, 0, 0})
                .first;
  const auto [at, is_new] = buckets_.try_emplace(t->bucket);
  at->second.topics.insert(t);
  counts().topics_watched.add();
  if (!is_new)
    return update(*t);
  at->second.ear = std::make_shared<bucket_ear>(*this);
  read_bucket(t->bucket);
}

void directory::unwatch(const mqtt::topic_ref& name) {
  auto* t = topics_.find(name->name());
  if (!t)
    return;
  answered(*t); // it will not, and need not
  const auto b = buckets_.find(t->bucket);
  b->second.topics.erase(t);
  if (b->second.topics.empty()) { // and its watch goes with its ear
    if (b->second.awaited)
      --awaited_;
    buckets_.erase(b);
  }
  topics_.erase(name->name());
  counts().topics_watched.sub();
  refreshed();
}

void directory::rerouted(const mqtt::topic_ref& name) {
  auto* t = topics_.find(name->name());
  if (!t || current_sender() != caf::actor_cast<caf::strong_actor_ptr>(t->handle))
    return; // a former life's
  if (++t->answered >= t->awaited)
    answered(*t);
}

/// `installed` need not wait for the topic.
void directory::answered(watched_topic& t) {
  if (std::exchange(t.awaited, 0) == 0)
    return;
  --installing_;
  installed();
}

far_route directory::route_of(const watched_topic& t) const {
  far_route route;
  route.promises_wait = suspended_ || waits_for_move();
  const auto consider = [&](const pod_life& life) {
    if (life == self_)
      return;
    route.promises_wait |= movers_.contains(life);
    if (auto member = view_->find(life))
      route.pods.push_back(std::move(member));
    else if (!settled_ && !departed_.contains(life))
      route.promises_wait = true;
  };
  for (const auto& p : buckets_.at(t.bucket).record.pods)
    if (std::binary_search(p.topics.begin(), p.topics.end(), t.hash))
      consider(p.life);
  wildcards_.for_each_match(t.name->name(), [&](const std::vector<const pod_life*>& lives) {
    for (const auto* life : lives)
      consider(*life);
  });
  auto& pods = route.pods;
  std::sort(pods.begin(), pods.end(),
            [](const member_ref& a, const member_ref& b) { return a->life < b->life; });
  pods.erase(std::unique(pods.begin(), pods.end()), pods.end());
  return route;
}

/// Whatever the topic: sessions of this pod move, or members of groups of another one may.
bool directory::waits_for_move() const {
  const auto has_member = [&](const pod_life& life) {
    return std::any_of(groups_.begin(), groups_.end(),
                       [&](const auto& group) { return group.second.lives.contains(life); });
  };
  return movers_.contains(self_) || std::any_of(movers_.begin(), movers_.end(), has_member);
}

void directory::update(watched_topic& t) {
  if (!flows_ || !buckets_.at(t.bucket).loaded)
    return;
  auto route = route_of(t);
  if (t.told && same(*t.told, route))
    return;
  t.told = std::make_shared<const far_route>(std::move(route));
  ++t.sent;
  counts().reroutes.add();
  send(t.handle, reroute_atom::value, t.told);
}

void directory::update_all() {
  for_each_topic([&](watched_topic& t) { update(t); });
}

// --- filters ---

void directory::apply(const shard_log::changes& changes) {
  std::unordered_set<watched_topic*> concerned;
  for (const auto& c : changes) {
    const auto parsed = mqtt::parse_topic_filter(c.filter, mqtt::topic_bytes_max);
    if (!parsed) {
      counts().records_refused.add();
      continue;
    }
    if (parsed->is_shared()) {
      auto& g = groups_[c.filter];
      if (c.wanted)
        g.lives.insert(c.life);
      else
        g.lives.erase(c.life);
      update_group(c.filter, g);
      if (g.lives.empty())
        groups_.erase(c.filter);
      continue;
    }
    const auto* life = &*lives_.insert(c.life).first;
    auto& lives = *wildcards_.insert(c.filter, {}).first;
    if (c.wanted)
      lives.push_back(life);
    else
      std::erase(lives, life);
    if (lives.empty())
      wildcards_.erase(c.filter);
    topics_.for_each_match(c.filter,
                           [&](const std::string&, watched_topic& t) { concerned.insert(&t); });
  }
  for (auto* t : concerned)
    update(*t);
}

// --- groups ---

/// Tells the index which members have it. Of a pod that departed nothing is waited for: a message
/// goes to another member.
void directory::update_group(const std::string& filter, far_group& g) {
  std::map<pod_life, member_ref> members;
  if (view_)
    for (const auto& life : g.lives)
      if (auto m = view_->find(life); m && life != self_)
        members.emplace(life, std::move(m));
  for (const auto& [life, m] : members)
    if (!g.joined.contains(life))
      send(pod().index, join_atom::value, filter, m);
  for (const auto& [life, m] : g.joined)
    if (!members.contains(life))
      send(pod().index, leave_atom::value, filter, m);
  g.joined = std::move(members);
}

void directory::update_groups() {
  for (auto& [filter, g] : groups_)
    update_group(filter, g);
}

} // namespace mqttzoo::actors
