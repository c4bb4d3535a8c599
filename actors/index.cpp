#include "actors/index.hpp"

#include "actors/topic.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// Probes under way at a time, so that a sweep does not crowd out subscriptions.
constexpr std::size_t probes_max = 64;

} // namespace

index::index(caf::actor_config& config, unit_services& services) : pinned_base<index_actor>(config, services) {}

index::behavior_type index::make_behavior() {
  return {
      [this](activate_atom, const mqtt::topic_ref& name, unit_index on) { activate(name, on); },
      [this](forgotten_atom, const mqtt::topic_ref& name) { forgotten(name); },
      [this](change_atom, const std::shared_ptr<const subscription_change>& c) { change(*c); },
      [this](forget_atom, const card_ref& session) { forget(session); },
      [this](retain_atom, const mqtt::topic_ref& name, const mqtt::message_ref& m) { retain(name, m); },
      [this](walk_atom, const std::shared_ptr<const retained_cursor>& c) { walk(*c); },
      [this](give_back_atom, const card_ref& from, const mqtt::delivery& d) { give_back(from, d); },
  };
}

void index::on_exit() {
  services().timers->cancel(*this);
  // Routes hold sessions and sessions hold the pod: let go of them before the system waits for its last actor.
  holdings_ = std::make_unique<holdings>();
}

// --- live topics ------------------------------------------------------------------------------------------------

void index::activate(const mqtt::topic_ref& name, unit_index on) {
  auto& t = *holdings_->topics.insert(name->name(), topic_state{}).first;
  if (!t.name)
    t.name = name;
  switch (t.is) {
  case life::dormant:
    awaken(t, on);
    break;
  case life::retiring: // its former life must end first, or messages could overtake each other
    t.waiting.push_back(on);
    return;
  case life::live:
    break;
  }
  send(pod().at(on).courier_handle, found_atom::value, t.name, t.handle);
}

void index::awaken(topic_state& t, unit_index on) {
  topic::start with;
  with.name = t.name;
  with.retained = t.retained;
  holdings_->subscribers.for_each_match(t.name->name(), [&](const std::vector<subscriber>& matching) {
    with.subscribers.insert(with.subscribers.end(), matching.begin(), matching.end());
  });
  holdings_->groups.for_each_match(t.name->name(), [&](const std::vector<group_state>& matching) {
    for (const auto& g : matching)
      with.groups.emplace_back(g.handle, g.number);
  });
  t.handle = spawn_on<topic>(pod().at(on), system(), std::move(with));
  t.live_since = ++changes_;
  t.is = life::live;
  live_.push_back(t.name);
  if (live_.size() > pod().settings.topics.idle_max) {
    sweep_left_ += 2; // faster than they come
    sweep();
  } else if (live_.size() == 1) {
    services().timers->schedule(*this, now() + pod().settings.topics.idle_timeout);
  }
}

void index::on_due(net::time_point at) {
  run_inline([&] {
    sweep_left_ = live_.size();
    sweep();
    if (!live_.empty())
      services().timers->schedule(*this, at + pod().settings.topics.idle_timeout);
  });
}

void index::sweep() {
  while (sweep_left_ > 0 && probing_ < probes_max && !live_.empty()) {
    --sweep_left_;
    auto name = std::move(live_.front());
    live_.pop_front();
    auto* t = holdings_->topics.find(name->name());
    assert(t && t->is == life::live);
    ++probing_;
    request(t->handle, caf::infinite, probe_idle_atom::value).then([this, name](bool idle) { probed(name, idle); });
  }
  if (live_.empty())
    sweep_left_ = 0;
}

void index::probed(const mqtt::topic_ref& name, bool idle) {
  --probing_;
  auto* t = holdings_->topics.find(name->name());
  assert(t && t->is == life::live);
  if (idle)
    retire(*t);
  else
    live_.push_back(name);
  sweep();
}

void index::retire(topic_state& t) {
  t.is = life::retiring;
  t.units_to_forget = static_cast<std::uint16_t>(pod().units.size());
  for (auto* u : pod().units)
    send(u->courier_handle, forget_atom::value, t.name);
}

void index::forgotten(const mqtt::topic_ref& name) {
  auto* t = holdings_->topics.find(name->name());
  assert(t && t->is == life::retiring);
  if (--t->units_to_forget > 0)
    return;
  // Every unit sent what it had before it forgot, so the topic's mailbox holds the last of it already.
  send(t->handle, retire_atom::value);
  t->handle = nullptr;
  t->is = life::dormant;
  t->dormant_since = ++changes_;
  for (const auto on : std::exchange(t->waiting, {}))
    activate(name, on);
  erase_if_unused(name);
}

void index::erase_if_unused(const mqtt::topic_ref& name) {
  const auto* t = holdings_->topics.find(name->name());
  if (t && t->is == life::dormant && !t->retained)
    holdings_->topics.erase(name->name());
}

// --- retained messages ------------------------------------------------------------------------------------------

void index::retain(const mqtt::topic_ref& name, const mqtt::message_ref& m) {
  auto& t = *holdings_->topics.insert(name->name(), topic_state{}).first;
  if (!t.name)
    t.name = name;
  auto& totals = pod().retained;
  if (t.retained) {
    totals.messages.fetch_sub(1, std::memory_order_relaxed);
    totals.bytes.fetch_sub(t.retained->footprint_bytes(), std::memory_order_relaxed);
  }
  t.retained = m;
  if (m) {
    totals.messages.fetch_add(1, std::memory_order_relaxed);
    totals.bytes.fetch_add(m->footprint_bytes(), std::memory_order_relaxed);
  }
  erase_if_unused(t.name ? mqtt::topic_ref{t.name} : name);
}

void index::walk(const retained_cursor& c) {
  constexpr std::size_t page_names_max = 256;
  auto terms = make_ref<mqtt::delivery_terms>();
  terms->maximum_qos = c.subscription.options.qos;
  terms->retained = true;
  if (c.subscription.identifier != 0)
    terms->subscription_identifiers.push_back(c.subscription.identifier);
  retained_page answer;
  const auto at = now();
  const auto after = holdings_->topics.page(c.subscription.filter, c.after, page_names_max, [&](const std::string&, topic_state& t) {
    // Topics that were live when the subscription was made sent theirs themselves, in order with live messages.
    const bool was_live = t.live_since != 0 && t.live_since <= c.made_at &&
                          (t.is != life::dormant || t.dormant_since > c.made_at);
    if (was_live || !t.retained || t.retained->expired(at))
      return;
    if (t.is == life::dormant)
      answer.messages.deliveries.push_back({t.retained, terms, nullptr});
    else // awake since: only the topic knows whether this is still its retained message
      send(t.handle, send_retained_atom::value, subscriber{c.session, c.subscription});
  });
  if (after) {
    auto next = std::make_shared<retained_cursor>(c);
    next->after = *after;
    answer.next = std::move(next);
  }
  send(c.session->handle, page_atom::value, std::move(answer));
}

} // namespace mqttzoo::actors
