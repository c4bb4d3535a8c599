// What the index knows of subscriptions: exact and wildcard filters, and shared-subscription
// groups. A topic that comes to life gets its route from here; index_changes.cpp tells the others.
#include "actors/index.hpp"
#include "actors/share_group.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::actors {

/// One filter of it.
void index::enter_next(pending_change& c) {
  const auto n = c.entered++;
  const auto& add = c.what->add;
  if (n < add.size())
    subscribe(c, add[n]);
  else
    unsubscribe(c, c.what->remove[n - add.size()]);
}

void index::subscribe(pending_change& c, const mqtt::subscription& s) {
  const auto& session = c.what->session;
  const auto parsed = mqtt::parse_topic_filter(s.filter);
  assert(parsed); // the session checked it
  holdings_->filters[session->number].insert(s.filter);
  auto made = make_ref<const made_subscription>(session, s);
  c.made.push_back(made);
  if (parsed->is_shared())
    return join_group(c, made, *parsed);
  auto& list = *holdings_->subscribers.insert(s.filter, {}).first;
  if (auto* have = list.find(session->number))
    *have = made;
  else
    list.push_back(made);
  c.routes->add({s.filter, std::move(made), mqtt::group_number::none, {}});
}

void index::join_group(pending_change& c, const subscriber& made,
                       const mqtt::topic_filter& parsed) {
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
  }
  // Also if another member's change is on its way with the group: it may be dropped with its
  // session.
  if (!group->routed)
    c.routes->add({filter, nullptr, group->number, group->handle});
  if (!group->members.find(made->session->number)) {
    group->members.push_back(made->session);
    pod().shared_subscriptions.fetch_add(1, std::memory_order_relaxed);
  }
  send(group->handle, join_atom::value, made);
}

void index::unsubscribe(pending_change& c, const std::string& filter) {
  const auto& session = c.what->session;
  const auto parsed = mqtt::parse_topic_filter(filter);
  assert(parsed);
  if (auto found = holdings_->filters.find(session->number); found != holdings_->filters.end()) {
    found->second.erase(filter);
    if (found->second.empty())
      holdings_->filters.erase(found);
  }
  if (parsed->is_shared())
    return leave_group(c, *parsed);
  if (auto* list = holdings_->subscribers.find(filter)) {
    list->erase(session->number);
    if (list->empty())
      holdings_->subscribers.erase(filter);
  }
  c.routes->add({filter, nullptr, mqtt::group_number::none, {}});
}

void index::leave_group(pending_change& c, const mqtt::topic_filter& parsed) {
  const auto& session = c.what->session;
  const std::string filter{parsed.filter()};
  auto* list = holdings_->groups.find(filter);
  if (!list)
    return;
  auto group = std::find_if(list->begin(), list->end(), [&](const group_state& g) {
    return g.share_name == parsed.share_name();
  });
  if (group == list->end())
    return;
  if (group->members.erase(session->number))
    pod().shared_subscriptions.fetch_sub(1, std::memory_order_relaxed);
  send(group->handle, leave_atom::value, session);
  if (!group->members.empty())
    return;
  // Nobody tells topics of it any more: each of its members has left after its own changes.
  const auto number = group->number;
  c.routes->add({filter, nullptr, number, {}});
  // The group goes with its last reference: batches on their way to it still get an answer.
  holdings_->groups_by_number.erase(number);
  list->erase(group);
  if (list->empty())
    holdings_->groups.erase(filter);
}

index::group_state* index::find_group(std::string_view filter, mqtt::group_number number) {
  auto* list = holdings_->groups.find(filter);
  if (!list)
    return nullptr;
  const auto found = std::find_if(list->begin(), list->end(),
                                  [&](const group_state& g) { return g.number == number; });
  return found == list->end() ? nullptr : &*found;
}

void index::give_back(const card_ref& from, const mqtt::delivery& d) {
  const auto found = holdings_->groups_by_number.find(d.terms->group);
  if (found != holdings_->groups_by_number.end())
    send(found->second, give_back_atom::value, from, d);
}

} // namespace mqttzoo::actors
