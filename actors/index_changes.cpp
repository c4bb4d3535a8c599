// How the index tells live topics of changed subscriptions: in pages, so that no turn is long and
// no mailbox floods however many filters and topics there are.
#include "actors/index.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mqttzoo::actors {

namespace {

/// Filters entered and topics looked at in one turn of a change: 5 to 50 us. An actor may have 64
/// turns before another one has its own.
constexpr std::size_t looks_per_turn_max = 32;

/// So many filters that match one topic cost as much as looking at another one.
constexpr std::size_t matches_per_look = 8;

} // namespace

void index::change(const std::shared_ptr<const subscription_change>& c) {
  using answer = pending_change::answer;
  if (!c->remove.empty())
    holdings_->changes.take_back(c->session->number, c->remove);
  auto to = c->id == mqtt::packet_id::none ? answer::nobody : answer::request;
  if (c->of_adopted)
    to = answer::adopter;
  begin(std::make_unique<pending_change>(c, to));
}

void index::forget(
    const card_ref& session) { // [MQTT-3.1.2.7 v3] what it retained is no part of it and stays
  auto all = std::make_shared<subscription_change>();
  all->session = session;
  if (auto found = holdings_->filters.find(session->number); found != holdings_->filters.end())
    all->remove.assign(found->second.begin(), found->second.end());
  auto c = std::make_unique<pending_change>(all, pending_change::answer::end);
  if (!holdings_->changes.busy(session->number))
    return begin(std::move(c));
  for (const auto& dropped : holdings_->changes.replace(std::move(c))) {
    // Topics may not have heard yet of what had been unsubscribed before.
    const auto& removed = dropped->what->remove;
    all->remove.insert(all->remove.end(), removed.begin(), removed.end());
    finish(*dropped);
  }
}

/// Adopted sessions come by the thousand: each only takes its place, so that others go on.
void index::begin(std::unique_ptr<pending_change> c) {
  auto& changes = holdings_->changes;
  const bool waits =
      c->to == pending_change::answer::adopter || changes.busy(c->what->session->number);
  if (!waits && advance(*c))
    return finish(*c);
  if (changes.empty())
    send(this, go_on_atom::value);
  changes.push(std::move(c));
}

void index::go_on() {
  auto& changes = holdings_->changes;
  if (advance(changes.next()))
    finish(*changes.pop());
  else
    changes.had_turn();
  if (!changes.empty())
    send(this, go_on_atom::value); // behind what came meanwhile
}

/// A turn's work; true when nothing is left to do.
bool index::advance(pending_change& c) {
  for (auto looks = looks_per_turn_max; looks > 0;) {
    if (c.complete() || c.void_by_now())
      return true;
    if (c.entered == c.filters()) {
      tell_topics(c, looks);
    } else {
      enter_next(c);
      --looks;
    }
  }
  return c.complete();
}

/// Goes on with the next step, as far as `looks` suffice.
void index::tell_topics(pending_change& c, std::size_t& looks) {
  auto& topics = holdings_->topics;
  const auto before = looks;
  const auto steps_left = c.routes->steps().size() - c.walked;
  if (c.walked_to.empty() && c.looked + steps_left > topics.size())
    c.looks_at_all = true; // filters that overlap: once over all topics is less than once for each
  const auto tell = [&](const std::string&, topic_state& t) { tell_topic(c, t, looks); };
  const auto& filter = c.routes->steps()[c.walked].filter;
  std::optional<std::string> rest;
  if (c.looks_at_all)
    rest = topics.page_of_all(looks, c.walked_to, tell);
  else if (mqtt::has_wildcard(filter))
    rest = topics.page_within(looks, filter, c.walked_to, tell);
  else if (auto* t = topics.find(filter))
    tell(filter, *t);
  if (looks == before)
    --looks;
  c.looked += before - looks;
  if (!rest)
    c.walked += c.looks_at_all ? steps_left : 1;
  c.walked_to = std::move(rest).value_or(std::string{});
}

/// Once, of the whole change: with the first of its steps that match.
void index::tell_topic(const pending_change& c, topic_state& t, std::size_t& looks) {
  if (t.is == life::dormant) // while it retires it is told: it may still have messages to send
    return;
  const auto& steps = c.routes->steps();
  auto first = steps.size();
  std::size_t matching = 0, fresh = 0;
  c.routes->for_each_match(t.name->name(), [&](const route_step& s) {
    first = std::min(first, static_cast<std::size_t>(&s - steps.data()));
    ++matching;
    if (s.group || s.is == route_step::filter_is::fresh)
      ++fresh;
  });
  looks -= std::min(looks - 1, matching / matches_per_look);
  if (c.looks_at_all ? matching > 0 && first >= c.walked : first == c.walked) {
    send(t.handle, change_route_atom::value, route_change_ref{c.routes});
    add_filters(t, fresh);
  }
}

void index::finish(pending_change& c) {
  const auto& session = c.what->session;
  if (c.complete())
    for (const auto& s : c.routes->steps())
      if (auto* g = s.group ? find_group(s.filter, s.number) : nullptr)
        g->routed = true;
  using answer = pending_change::answer;
  switch (c.to) {
  case answer::nobody:
    return;
  case answer::directory:
    return send(pod().directory, confirm_atom::value);
  case answer::adopter:
    if (!by_directory(c))
      return send(pod().adopter, changed_atom::value, session);
    return send(pod().directory, confirm_atom::value, c.what, change_done{});
  case answer::end:
  case answer::request:
    std::erase_if(c.made, [&](const subscriber& s) { return !c.wants(s->terms.filter); });
    change_done reply{c.what->id, !c.what->remove.empty(), std::move(c.made)};
    if (c.to == answer::end)
      reply = {mqtt::packet_id::none, true, {}};
    if (by_directory(c))
      return send(pod().directory, confirm_atom::value, c.what, std::move(reply));
    return send(session->handle, changed_atom::value, std::move(reply));
  }
}

/// Whether it is answered by way of the directory: so that other pods know of what was subscribed,
/// and so that a session's end is not answered before that.
bool index::by_directory(const pending_change& c) {
  return pod().clustered() && (!c.what->add.empty() || c.to == pending_change::answer::end);
}

} // namespace mqttzoo::actors
