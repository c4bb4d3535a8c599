// What the index knows of subscriptions: exact and wildcard filters, and shared-subscription
// groups. A topic that comes to life gets its route from here; index_changes.cpp tells the others.
#include "actors/index.hpp"
#include "actors/share_group.hpp"
#include "mqtt/topic_name.hpp"

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
  const auto parsed = mqtt::parse_topic_filter(s.filter, mqtt::topic_bytes_max);
  assert(parsed); // the session checked it
  holdings_->filters[session->number].insert(s.filter);
  auto made = make_ref<const made_subscription>(session, s);
  c.made.push_back(made);
  if (parsed->is_shared())
    return join_group(c, made, *parsed);
  const auto [at, is_first] = holdings_->subscribers.insert(s.filter, {});
  auto& list = *at;
  if (is_first)
    want(s.filter);
  if (auto* have = list.find(session->number))
    *have = made;
  else
    list.push_back(made);
  using enum route_step::filter_is;
  c.routes->add(
      {s.filter, std::move(made), mqtt::group_number::none, {}, is_first ? fresh : known});
}

void index::join_group(pending_change& c, const subscriber& made,
                       const mqtt::topic_filter& parsed) {
  auto& group = group_of(parsed);
  // Also if another member's change is on its way with the group: it may be dropped with its
  // session.
  if (!group.routed)
    c.routes->add({std::string{parsed.filter()}, nullptr, group.number, group.handle});
  if (!group.members.find(made->session->number)) {
    if (group.members.empty())
      want(made->terms.filter);
    group.members.push_back(made->session);
    pod().shared_subscriptions.fetch_add(1, std::memory_order_relaxed);
  }
  send(group.handle, join_atom::value, made);
}

index::group_state& index::group_of(const mqtt::topic_filter& parsed) {
  if (auto* have = find_group(parsed))
    return *have;
  auto& list = *holdings_->groups.insert(parsed.filter(), {}).first;
  const mqtt::group_number number{++last_group_};
  auto handle = spawn_on<share_group>(services(), system(), number, std::string{parsed.full()});
  holdings_->groups_by_number.emplace(number, handle);
  return list.emplace_back(
      group_state{std::string{parsed.share_name()}, std::move(handle), number, {}, {}});
}

void index::unsubscribe(pending_change& c, const std::string& filter) {
  const auto& session = c.what->session;
  const auto parsed = mqtt::parse_topic_filter(filter, mqtt::topic_bytes_max);
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
    if (list->empty()) {
      holdings_->subscribers.erase(filter);
      unwant(filter);
    }
  }
  c.routes->add({filter, nullptr, mqtt::group_number::none, {}});
}

void index::leave_group(pending_change& c, const mqtt::topic_filter& parsed) {
  const auto& session = c.what->session;
  auto* group = find_group(parsed);
  if (!group)
    return;
  const bool was_member = group->members.erase(session->number);
  if (was_member)
    pod().shared_subscriptions.fetch_sub(1, std::memory_order_relaxed);
  send(group->handle, leave_atom::value, session);
  if (was_member && group->members.empty())
    unwant(std::string{parsed.full()});
  if (!group->empty())
    return;
  // Nobody tells topics of it any more: each of its members has left after its own changes, and
  // what other pods had changed is under way in their queue.
  if (!holdings_->changes.busy(other_pods_->number))
    return remove_group(*c.routes, parsed.filter(), group->number);
  auto behind = far_change(pending_change::answer::nobody);
  remove_group(*behind->routes, parsed.filter(), group->number);
  begin(std::move(behind));
}

/// The group goes with its last reference: batches on their way to it still get an answer.
void index::remove_group(route_change& in, std::string_view filter, mqtt::group_number number) {
  in.add({std::string{filter}, nullptr, number, {}});
  holdings_->groups_by_number.erase(number);
  auto* list = holdings_->groups.find(filter);
  std::erase_if(*list, [&](const group_state& g) { return g.number == number; });
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

index::group_state* index::find_group(const mqtt::topic_filter& parsed) {
  auto* list = holdings_->groups.find(parsed.filter());
  if (!list)
    return nullptr;
  const auto found = std::find_if(list->begin(), list->end(), [&](const group_state& g) {
    return g.share_name == parsed.share_name();
  });
  return found == list->end() ? nullptr : &*found;
}

void index::give_back(const card_ref& from, const mqtt::delivery& d) {
  const auto found = holdings_->groups_by_number.find(d.terms->group);
  if (found != holdings_->groups_by_number.end())
    send(found->second, give_back_atom::value, from, d);
}

} // namespace mqttzoo::actors
