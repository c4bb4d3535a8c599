#include "actors/route.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

void route::begin(std::vector<subscriber> sessions, std::vector<group_target> groups) {
  std::sort(sessions.begin(), sessions.end(), [](const subscriber& a, const subscriber& b) {
    return a->session == b->session ? a->terms.filter < b->terms.filter
                                    : a->session->number < b->session->number;
  });
  for (auto first = sessions.begin(); first != sessions.end();) {
    const auto session = (*first)->session;
    entries matching;
    for (; first != sessions.end() && (*first)->session == session; ++first)
      matching.push_back({std::move(*first), 0});
    add(part_of(session->unit), std::move(matching));
  }
  for (auto& g : groups)
    groups_.push_back(std::move(g));
}

void route::change(const route_change& c, std::string_view topic, std::uint64_t batches) {
  steps of_session;
  c.for_each_match(topic, [&](const route_step& s) {
    if (s.number != mqtt::group_number::none)
      change_group(s);
    else
      of_session.push_back(&s);
  });
  if (!of_session.empty())
    change_session(c.session, std::move(of_session), batches);
}

void route::change_group(const route_step& s) {
  if (!s.group)
    groups_.erase(s.number);
  else if (!groups_.find(s.number)) // a topic that woke meanwhile has it already
    groups_.push_back({s.group, s.number});
}

void route::change_session(const card_ref& session, steps of, std::uint64_t batches) {
  std::stable_sort(of.begin(), of.end(),
                   [](const route_step* a, const route_step* b) { return a->filter < b->filter; });
  auto& p = part_of(session->unit);
  const auto at = p.members.position(session->number);
  const bool known = at != p.members.none;
  auto matching = merge(known ? std::move(p.members[at].matching) : entries{}, of, batches);
  if (!known && !matching.empty()) {
    add(p, std::move(matching));
  } else if (known && !matching.empty()) {
    editable(p).targets[at] = combine(matching);
    p.members[at].matching = std::move(matching);
  } else if (known) {
    remove(p, at);
  }
  if (p.members.empty()) {
    if (&p != &parts_.back())
      p = std::move(parts_.back());
    parts_.pop_back();
  }
}

/// What a session has of the topic after `sorted`: the last of several with the same filter counts.
route::entries route::merge(entries have, const steps& sorted, std::uint64_t batches) {
  entries result;
  result.reserve(have.size() + sorted.size());
  const auto filter_of = [](const entry& e) -> const std::string& { return e.by->terms.filter; };
  auto old = have.begin();
  for (auto s = sorted.begin(); s != sorted.end(); ++s) {
    const auto& filter = (*s)->filter;
    if (s + 1 != sorted.end() && s[1]->filter == filter)
      continue;
    for (; old != have.end() && filter_of(*old) < filter; ++old)
      result.push_back(std::move(*old));
    const bool replaces = old != have.end() && filter_of(*old) == filter;
    if (replaces && old->by == (*s)->by) // a topic that woke meanwhile has it already
      result.push_back(std::move(*old));
    else if ((*s)->by)
      result.push_back({(*s)->by, batches});
    if (replaces)
      ++old;
  }
  result.insert(result.end(), std::make_move_iterator(old), std::make_move_iterator(have.end()));
  return result;
}

// [MQTT-3.3.4-2] one copy for a session whatever number of its subscriptions match
route_target route::combine(const entries& matching) {
  const auto& first = matching.front().by;
  if (matching.size() == 1)
    return {first->session, first->alone, first->terms.options.no_local};
  auto terms = make_ref<mqtt::delivery_terms>();
  bool no_local = true;
  for (const auto& e : matching) {
    const auto& s = e.by->terms;
    terms->maximum_qos = std::max(terms->maximum_qos, s.options.qos);
    terms->retain_as_published |= s.options.retain_as_published;
    if (s.identifier != 0)
      terms->subscription_identifiers.push_back(s.identifier);
    no_local &= s.options.no_local;
  }
  return {first->session, std::move(terms), no_local};
}

std::uint64_t route::joined(const subscriber& s) const {
  const auto* e = find(s);
  return e && e->by == s ? e->since : never;
}

/// By session and filter.
const route::entry* route::find(const subscriber& s) const {
  const auto p = std::find_if(parts_.begin(), parts_.end(),
                              [&](const part& x) { return x.unit == s->session->unit; });
  const auto* m = p == parts_.end() ? nullptr : p->members.find(s->session->number);
  if (!m)
    return nullptr;
  const auto e = std::lower_bound(
      m->matching.begin(), m->matching.end(), s->terms.filter,
      [](const entry& x, const std::string& filter) { return x.by->terms.filter < filter; });
  return e != m->matching.end() && e->by->terms.filter == s->terms.filter ? &*e : nullptr;
}

route::part& route::part_of(unit_index unit) {
  const auto found =
      std::find_if(parts_.begin(), parts_.end(), [&](const part& p) { return p.unit == unit; });
  return found != parts_.end() ? *found
                               : parts_.emplace_back(part{unit, make_ref<target_list>(), {}});
}

void route::add(part& to, entries matching) {
  editable(to).targets.push_back(combine(matching));
  const auto number = matching.front().by->session->number;
  to.members.push_back({number, std::move(matching)});
}

void route::remove(part& from, std::size_t position) {
  auto& targets = editable(from).targets;
  if (position + 1 != targets.size())
    targets[position] = std::move(targets.back());
  targets.pop_back();
  from.members.erase_at(position);
}

target_list& route::editable(part& p) {
  if (!p.targets->unique()) { // messages on their way to another unit have it
    auto copy = make_ref<target_list>();
    copy->targets.reserve(p.targets->targets.size() + 1);
    copy->targets = p.targets->targets;
    p.targets = std::move(copy);
  }
  return *p.targets;
}

} // namespace mqttzoo::actors
