// The index's subscriptions: exact and wildcard filters, and shared-subscription groups.
#include "actors/index.hpp"
#include "actors/share_group.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::actors {

void index::change(const subscription_change& c) {
  change_done answer{c.id, !c.remove.empty(), {}};
  for (const auto& s : c.add)
    answer.made.push_back(subscribe(c.session, s));
  for (const auto& filter : c.remove)
    unsubscribe(c.session, filter);
  if (c.id != mqtt::packet_id::none)
    send(c.session->handle, changed_atom::value, std::move(answer));
}

subscriber index::subscribe(const card_ref& session, const mqtt::subscription& s) {
  const auto parsed = mqtt::parse_topic_filter(s.filter);
  assert(parsed); // the session checked it
  holdings_->filters[session->number].insert(s.filter);
  auto made = make_ref<const made_subscription>(session, s);
  if (parsed->is_shared()) {
    join_group(made, *parsed);
    return made;
  }
  auto& list = *holdings_->subscribers.insert(s.filter, {}).first;
  const auto have = std::find_if(list.begin(), list.end(),
                                 [&](const subscriber& x) { return x->session == session; });
  if (have == list.end())
    list.push_back(made);
  else
    *have = made;
  for_each_live(s.filter, [&](topic_state& t) { send(t.handle, add_route_atom::value, made); });
  return made;
}

void index::join_group(const subscriber& made, const mqtt::topic_filter& parsed) {
  const std::string filter{parsed.filter()};
  auto& list = *holdings_->groups.insert(filter, {}).first;
  auto group = std::find_if(list.begin(), list.end(), [&](const group_state& g) {
    return g.share_name == parsed.share_name();
  });
  if (group == list.end()) {
    const mqtt::group_number number{++last_group_};
    auto handle = spawn_on<share_group>(services(), system(), number);
    holdings_->groups_by_number.emplace(number, handle);
    group =
        list.insert(list.end(), group_state{std::string{parsed.share_name()}, handle, number, {}});
    for_each_live(filter,
                  [&](topic_state& t) { send(t.handle, add_route_atom::value, handle, number); });
  }
  if (std::find(group->members.begin(), group->members.end(), made->session) ==
      group->members.end()) {
    group->members.push_back(made->session);
    pod().shared_subscriptions.fetch_add(1, std::memory_order_relaxed);
  }
  send(group->handle, join_atom::value, made);
}

void index::unsubscribe(const card_ref& session, const std::string& filter) {
  const auto parsed = mqtt::parse_topic_filter(filter);
  assert(parsed);
  if (auto found = holdings_->filters.find(session->number); found != holdings_->filters.end()) {
    found->second.erase(filter);
    if (found->second.empty())
      holdings_->filters.erase(found);
  }
  if (parsed->is_shared())
    return leave_group(session, *parsed);
  auto* list = holdings_->subscribers.find(filter);
  if (!list)
    return;
  std::erase_if(*list, [&](const subscriber& s) { return s->session == session; });
  if (list->empty())
    holdings_->subscribers.erase(filter);
  for_each_live(filter,
                [&](topic_state& t) { send(t.handle, remove_route_atom::value, session, filter); });
}

void index::leave_group(const card_ref& session, const mqtt::topic_filter& parsed) {
  const std::string filter{parsed.filter()};
  auto* list = holdings_->groups.find(filter);
  if (!list)
    return;
  auto group = std::find_if(list->begin(), list->end(), [&](const group_state& g) {
    return g.share_name == parsed.share_name();
  });
  if (group == list->end())
    return;
  if (std::erase(group->members, session) > 0)
    pod().shared_subscriptions.fetch_sub(1, std::memory_order_relaxed);
  send(group->handle, leave_atom::value, session);
  if (!group->members.empty())
    return;
  const auto number = group->number;
  for_each_live(filter, [&](topic_state& t) { send(t.handle, remove_route_atom::value, number); });
  // The group goes with its last reference: batches on their way to it still get an answer.
  holdings_->groups_by_number.erase(number);
  list->erase(group);
  if (list->empty())
    holdings_->groups.erase(filter);
}

void index::forget(
    const card_ref& session) { // [MQTT-3.1.2.7 v3] what it retained is no part of it and stays
  if (auto found = holdings_->filters.find(session->number); found != holdings_->filters.end()) {
    const auto filters = std::move(found->second);
    holdings_->filters.erase(found);
    for (const auto& filter : filters)
      unsubscribe(session, filter);
  }
  send(session->handle, changed_atom::value, change_done{mqtt::packet_id::none, true, {}});
}

void index::give_back(const card_ref& from, const mqtt::delivery& d) {
  const auto found = holdings_->groups_by_number.find(d.terms->group);
  if (found != holdings_->groups_by_number.end())
    send(found->second, give_back_atom::value, from, d);
}

} // namespace mqttzoo::actors
