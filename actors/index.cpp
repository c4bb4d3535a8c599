#include "actors/index.hpp"

#include "actors/topic.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <optional>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// Probes under way at a time, so that a sweep does not crowd out subscriptions.
constexpr std::size_t probes_max = 64;

/// Probes for each new topic above the bound, or for its weight: a topic outlives its first and may
/// go with its second, so with three there become fewer.
constexpr std::size_t probes_per_excess = 3;

} // namespace

index::index(caf::actor_config& config, unit_services& services)
    : pinned_base<index_actor>(config, services) {}

index::behavior_type index::make_behavior() {
  return {
      [this](activate_atom, const mqtt::topic_ref& name, unit_index on) { activate(name, on); },
      [this](forgotten_atom, const mqtt::topic_ref& name) { forgotten(name); },
      [this](probed_atom, const mqtt::topic_ref& name, topic_use use) { probed(name, use); },
      [this](change_atom, const std::shared_ptr<const subscription_change>& c) { change(c); },
      [this](forget_atom, const card_ref& session) { forget(session); },
      [this](go_on_atom) { go_on(); },
      [this](retain_atom, const mqtt::topic_ref& name, const mqtt::message_ref& m) {
        retain(name, m);
      },
      [this](walk_atom, const std::shared_ptr<const retained_cursor>& c) { walk(c); },
      [this](give_back_atom, const card_ref& from, const mqtt::delivery& d) { give_back(from, d); },
      [this](join_atom, const std::string& filter, const member_ref& m) { join(filter, m); },
      [this](leave_atom, const std::string& filter, const member_ref& m) { leave(filter, m); },
      [this](deliver_atom, const group_mail& mail) { take_in(mail); },
      [this](returned_atom, const group_mail& mail) { take_back(mail); },
      [this](confirm_atom) { begin(far_change(pending_change::answer::directory)); },
      [this](heard_atom, const mqtt::topic_ref& name, const mqtt::message_ref& m) {
        heard(name, m);
      },
      [this](retain_ended_atom, const mqtt::message_ref& m, retain_outcome how) {
        retain_ended(m, how);
      },
  };
}

void index::on_exit() {
  services().timers->cancel(*this);
  // Routes hold sessions and sessions hold the pod: let go of them before the system waits for its
  // last actor.
  holdings_ = std::make_unique<holdings>();
}

// --- live topics ---

void index::activate(const mqtt::topic_ref& name, unit_index on) {
  auto& t = *holdings_->topics.insert(name->name(), topic_state{}).first;
  if (!t.name)
    t.name = name;
  switch (t.is) {
  case life::dormant:
    awaken(t, on);
    break;
  case life::retiring:
  case life::draining: // its former life must end first, or messages could overtake each other
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
  t.filters = 0;
  // [MQTT-3.3.2-3] [MQTT-3.3.2-3 v3] the filters that match its name, and no other
  holdings_->subscribers.for_each_match(t.name->name(), [&](const subscriber_list& matching) {
    ++t.filters;
    with.subscribers.insert(with.subscribers.end(), matching.begin(), matching.end());
  });
  holdings_->groups.for_each_match(t.name->name(), [&](const std::vector<group_state>& matching) {
    ++t.filters;
    for (const auto& g : matching)
      with.groups.push_back({g.handle, g.number});
  });
  const bool unsubscribed = with.subscribers.empty() && with.groups.empty();
  t.handle = spawn_on<topic>(pod().at(on), system(), std::move(with));
  t.is = life::live;
  if (has_far(t))
    send(pod().directory, watch_atom::value, t.name, t.handle);
  line_up(t, unsubscribed ? place::lonely : place::wanted);
  make_room(queue_at(t.in), t.weight());
  if (!services().timers->scheduled(*this))
    services().timers->schedule(*this, now() + services().settings.topics.idle_timeout);
}

void index::line_up(topic_state& t, place in) {
  auto& queue = queue_at(in);
  t.in = in;
  queue.names.push_back(t.name);
  queue.weight += t.weight();
}

/// For so much that it has more. Also among those that somebody subscribes to: a single `#` must
/// not lift the bound. At once and whatever is under way: answers stand behind what else came to
/// this mailbox, so probes that wait for them would fall behind a flood.
void index::make_room(live_queue& in, std::size_t weight) {
  if (in.weight <= services().settings.topics.idle_max)
    return;
  for (std::size_t probed = 0; probed < probes_per_excess * weight && !in.names.empty();)
    probed += probe(in);
}

/// While it is live: its route is told of them.
void index::add_filters(topic_state& t, std::size_t n) {
  const auto before = t.weight();
  t.filters += static_cast<std::uint32_t>(
      std::min<std::size_t>(n, std::numeric_limits<std::uint32_t>::max() - t.filters));
  const auto more = t.weight() - before;
  if (t.in == place::none || more == 0)
    return;
  auto& queue = queue_at(t.in);
  queue.weight += more;
  make_room(queue, more);
}

/// Anew, as some may be gone.
void index::count_filters(topic_state& t) const {
  t.filters = 0;
  const auto count = [&](const auto&) { ++t.filters; };
  std::as_const(holdings_->subscribers).for_each_match(t.name->name(), count);
  std::as_const(holdings_->groups).for_each_match(t.name->name(), count);
}

void index::on_due(net::time_point at) {
  run_inline([&] {
    lonely_.due = lonely_.names.size();
    wanted_.due = wanted_.names.size();
    if (lonely_.due + wanted_.due + probing_ > 0)
      services().timers->schedule(*this, at + services().settings.topics.idle_timeout);
    sweep();
  });
}

void index::sweep() {
  for (auto* queue : {&lonely_, &wanted_}) {
    while (queue->due > 0 && probing_ < probes_max && !queue->names.empty())
      probe(*queue);
    if (queue->names.empty())
      queue->due = 0;
  }
}

/// The oldest; returns its weight.
std::size_t index::probe(live_queue& from) {
  if (from.due > 0)
    --from.due;
  auto name = std::move(from.names.front());
  from.names.pop_front();
  auto* t = holdings_->topics.find(name->name());
  assert(t && t->is == life::live);
  from.weight -= t->weight();
  t->in = place::none;
  ++probing_;
  send(t->handle, probe_idle_atom::value);
  return t->weight();
}

void index::probed(const mqtt::topic_ref& name, topic_use use) {
  auto* t = holdings_->topics.find(name->name());
  assert(t && t->is != life::dormant);
  if (t->is == life::retiring) // asked by forgotten()
    return use == topic_use::keeping ? revive(*t) : drain(*t);
  --probing_;
  if (use == topic_use::idle) {
    retire(*t);
  } else {
    if (t->weight() > 1)
      count_filters(*t);
    line_up(*t, use == topic_use::lonely ? place::lonely : place::wanted);
  }
  sweep();
}

void index::retire(topic_state& t) {
  t.is = life::retiring;
  tell_to_forget(t);
}

// What the topic sent to sessions of other units may still stand before their couriers, where its
// next life on another unit would overtake it.
void index::drain(topic_state& t) {
  t.is = life::draining;
  tell_to_forget(t);
}

/// It has got messages meanwhile that it cannot send yet: it lives on, and nobody knows it.
void index::revive(topic_state& t) {
  t.is = life::live;
  line_up(t, place::wanted);
  for (const auto on : std::exchange(t.waiting, {}))
    activate(t.name, on);
}

void index::tell_to_forget(topic_state& t) {
  t.units_to_forget = static_cast<std::uint16_t>(pod().units.size());
  for (auto* u : pod().units)
    send(u->courier_handle, forget_atom::value, t.name);
}

void index::forgotten(const mqtt::topic_ref& name) {
  auto* t = holdings_->topics.find(name->name());
  assert(t && (t->is == life::retiring || t->is == life::draining));
  if (--t->units_to_forget > 0)
    return;
  if (t->is == life::draining)
    return end_life(*t);
  // Every unit sent what it had before it forgot, so the topic's mailbox holds the last of it
  // already. Its next life begins when it has done all that, and what it retained has come here
  // before its answer.
  send(t->handle, probe_idle_atom::value);
}

void index::end_life(topic_state& t) {
  const auto name = t.name;
  if (has_far(t))
    send(pod().directory, unwatch_atom::value, name);
  send(t.handle, retire_atom::value);
  t.handle = nullptr;
  t.is = life::dormant;
  for (const auto on : std::exchange(t.waiting, {}))
    activate(name, on);
  erase_if_unused(name);
}

void index::erase_if_unused(const mqtt::topic_ref& name) {
  const auto* t = holdings_->topics.find(name->name());
  if (t && t->is == life::dormant && !t->retained)
    holdings_->topics.erase(name->name());
}

// --- retained messages ---

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
  erase_if_unused(name);
}

std::optional<std::string> index::find_retained(std::string_view filter, std::string_view after,
                                                std::size_t looks,
                                                std::vector<std::string>& found) {
  const auto take = [&](const std::string& name, const topic_state& t) {
    if (t.retained && !mqtt::is_own_topic(name))
      found.push_back(name);
  };
  return holdings_->topics.page(filter, after, looks, take);
}

void index::walk(const std::shared_ptr<const retained_cursor>& c) {
  // A page is bounded by the names looked at and by the bytes it brings.
  constexpr std::size_t page_names_max = 128;
  constexpr std::size_t page_bytes_max = 256 * 1024;
  const auto terms = retained_terms(c->subscription->terms);
  retained_page answer;
  answer.of = c;
  const auto* all = holdings_->subscribers.find(c->subscription->terms.filter);
  if (!all || !all->find(c->subscription->session->number)) // [MQTT-3.10.4-2]
    return send(c->subscription->session->handle, walked_atom::value, std::move(answer));
  std::size_t bytes = 0;
  std::optional<std::string> cut_after;
  const auto at = now();
  const auto take = [&](const std::string& name, topic_state& t) {
    if (cut_after)
      return;
    // Only a topic that is not dormant knows what it retains by now, and what it has sent to this
    // subscriber live.
    if (t.is != life::dormant)
      send(t.handle, send_retained_atom::value, c->subscription);
    if (!t.retained || t.retained->expired(at))
      return;
    bytes += t.retained->footprint_bytes();
    if (t.is == life::dormant)
      answer.messages.deliveries.push_back({t.retained, terms, nullptr});
    if (bytes >= page_bytes_max)
      cut_after = name;
  };
  auto after =
      holdings_->topics.page(c->subscription->terms.filter, c->after, page_names_max, take);
  if (cut_after)
    after = std::move(cut_after);
  if (after)
    answer.next = std::make_shared<const retained_cursor>(
        retained_cursor{c->subscription, std::move(*after)});
  send(c->subscription->session->handle, walked_atom::value, std::move(answer));
}

} // namespace mqttzoo::actors
