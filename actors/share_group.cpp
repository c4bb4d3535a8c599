#include "actors/share_group.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

share_group::share_group(caf::actor_config& config, unit_services& services,
                         mqtt::group_number number, std::string filter)
    : pinned_base<group_actor>(config, services), number_(number), filter_(std::move(filter)) {}

share_group::behavior_type share_group::make_behavior() {
  return {
      [this](publish_atom, const batch_ref& b, const ticket_list& tickets) { publish(b, tickets); },
      [this](join_atom, const subscriber& s) { join(s); },
      [this](leave_atom, const card_ref& session) { members_.erase(session->number); },
      [this](give_back_atom, const card_ref& from, const mqtt::delivery& d) { give_back(from, d); },
      [this](join_atom, const member_ref& pod) { pods_.push_back(pod); },
      [this](leave_atom, const member_ref& pod) { std::erase(pods_, pod); },
      [this](deliver_atom, const group_mail& mail) { take_in(mail); },
      [this](returned_atom, const group_mail& mail) {
        pass_on(choose({}, mail.pod), mail.message, mail.promise);
      },
  };
}

void share_group::join(const subscriber& s) {
  auto terms = make_ref<mqtt::delivery_terms>();
  terms->maximum_qos = s->terms.options.qos;
  terms->retain_as_published = s->terms.options.retain_as_published;
  if (s->terms.identifier != 0) // [MQTT-3.3.4-5] this copy is for this subscription alone
    terms->subscription_identifiers.push_back(s->terms.identifier);
  terms->group = number_;
  if (auto* have = members_.find(s->session->number))
    have->terms = std::move(terms);
  else
    members_.push_back({s->session, std::move(terms), {}});
}

void share_group::publish(const batch_ref& b, const ticket_list& tickets) {
  for (std::size_t i = 0; i < b->publications.size(); ++i) {
    const auto& m = b->publications[i].message;
    const auto t = tickets.empty() ? ref<publish_ticket>{} : tickets[i];
    const auto chosen = choose({}, {});
    auto* to = chosen.here;
    if (!to) {
      pass_on(chosen, m, t);
      continue;
    }
    note(*m, mqtt::trace_event::given, to->session->client);
    if (to->outgoing.deliveries.empty())
      chosen_.push_back(to);
    to->outgoing.deliveries.push_back({m, to->terms, t});
  }
  for (auto* to : chosen_) {
    to->outgoing.of = b; // the publisher is held back until they are with their sessions
    send_to(to->session, std::exchange(to->outgoing, {}));
  }
  chosen_.clear();
}

void share_group::note(const mqtt::message& m, mqtt::trace_event what, const client_id& to) {
  if (services().counters.traces.get() == 0)
    return;
  trace_step s;
  s.what.what = what;
  s.who = to.str();
  s.name = filter_;
  services().traces.note(m, std::move(s));
}

/// By its courier, which has an answer also for a session that has ended.
void share_group::send_to(const card_ref& session, parcel p) {
  send(pod().at(session->unit).courier_handle, deliver_atom::value, session, std::move(p));
}

share_group::choice share_group::choose(const card_ref& except, const member_ref& except_pod) {
  if (auto* connected = next_connected(except))
    return {connected, nullptr};
  if (auto pod = next_there(except_pod))
    return {nullptr, std::move(pod)};
  return {next_persistent(except), nullptr};
}

template<class F>
share_group::member* share_group::next_here(const card_ref& except, F&& admits) {
  for (std::size_t n = 0; n < members_.size(); ++n) {
    auto& m = members_[(turn_ + n) % members_.size()];
    if (m.session == except || !admits(*m.session))
      continue;
    turn_ = (turn_ + n + 1) % members_.size(); // [MQTT-4.8.2-3] even load
    return &m;
  }
  return nullptr;
}

share_group::member* share_group::next_connected(const card_ref& except) {
  return next_here(
      except, [](const session_card& s) { return s.connected.load(std::memory_order_relaxed); });
}

share_group::member* share_group::next_persistent(const card_ref& except) {
  return next_here(
      except, [](const session_card& s) { return s.persistent.load(std::memory_order_relaxed); });
}

member_ref share_group::next_there(const member_ref& except) {
  for (std::size_t n = 0; n < pods_.size(); ++n) {
    const auto& pod = pods_[(pod_turn_ + n) % pods_.size()];
    if (pod == except)
      continue;
    pod_turn_ = (pod_turn_ + n + 1) % pods_.size();
    return pod;
  }
  return nullptr;
}

void share_group::pass_on(const choice& to, const mqtt::message_ref& m,
                          const ref<publish_ticket>& t) {
  if (to.here) {
    note(*m, mqtt::trace_event::given, to.here->session->client);
    send_to(to.here->session, parcel{{{m, to.here->terms, t}}, nullptr});
  } else if (to.there) {
    send_there(to.there, m, t);
  } else {
    decline(m, t);
  }
}

void share_group::send_there(const member_ref& to, const mqtt::message_ref& m,
                             const ref<publish_ticket>& t) {
  send(to->peer, deliver_atom::value, group_mail{filter_, m, t, nullptr, 0});
}

/// Nobody but a member here may get it, or it could go round in circles.
void share_group::take_in(const group_mail& mail) {
  auto* to = next_connected({});
  if (!to)
    to = next_persistent({});
  if (to)
    pass_on({to, nullptr}, mail.message, mail.promise);
  else
    send(mail.pod->peer, returned_atom::value, mail.number);
}

void share_group::decline(const mqtt::message_ref& m, const ref<publish_ticket>& t) {
  note(*m, mqtt::trace_event::unwanted, {});
  // Nobody is left to have it: that is no broken promise, but a store-first message waits for our
  // word.
  if (t && t->store_first())
    send(pod().post_office, decline_atom::value, t, m);
}

void share_group::give_back(const card_ref& from, const mqtt::delivery& d) {
  pass_on(choose(from, {}), d.message, d.promise.downcast<publish_ticket>());
}

} // namespace mqttzoo::actors
