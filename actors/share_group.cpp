#include "actors/share_group.hpp"

#include <utility>

namespace mqttzoo::actors {

share_group::share_group(caf::actor_config& config, unit_services& services,
                         mqtt::group_number number)
    : pinned_base<group_actor>(config, services), number_(number) {}

share_group::behavior_type share_group::make_behavior() {
  return {
      [this](publish_atom, const batch_ref& b, const ticket_list& tickets) { publish(b, tickets); },
      [this](join_atom, const subscriber& s) { join(s); },
      [this](leave_atom, const card_ref& session) { members_.erase(session->number); },
      [this](give_back_atom, const card_ref& from, const mqtt::delivery& d) { give_back(from, d); },
      [](join_atom, const member_ref&) {}, [](leave_atom, const member_ref&) {},
      [](deliver_atom, const group_mail&) {}, [](returned_atom, const group_mail&) {},
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
    auto* to = choose({});
    if (!to) {
      decline(m, t);
      continue;
    }
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

/// By its courier, which has an answer also for a session that has ended.
void share_group::send_to(const card_ref& session, parcel p) {
  send(pod().at(session->unit).courier_handle, deliver_atom::value, session, std::move(p));
}

share_group::member* share_group::choose(const card_ref& except) {
  const auto next = [&](auto&& admits) -> member* {
    for (std::size_t n = 0; n < members_.size(); ++n) {
      auto& m = members_[(turn_ + n) % members_.size()];
      if (m.session == except || !admits(*m.session))
        continue;
      turn_ = (turn_ + n + 1) % members_.size(); // [MQTT-4.8.2-3] even load
      return &m;
    }
    return nullptr;
  };
  if (auto* connected =
          next([](const session_card& s) { return s.connected.load(std::memory_order_relaxed); }))
    return connected;
  return next([](const session_card& s) { return s.persistent.load(std::memory_order_relaxed); });
}

void share_group::decline(const mqtt::message_ref& m, const ref<publish_ticket>& t) {
  // Nobody is left to have it: that is no broken promise, but a store-first message waits for our
  // word.
  if (t && t->store_first())
    send(pod().post_office, decline_atom::value, t, m);
}

void share_group::give_back(const card_ref& from, const mqtt::delivery& d) {
  if (auto* chosen = choose(from))
    send_to(chosen->session, parcel{{{d.message, chosen->terms, d.promise}}, nullptr});
}

} // namespace mqttzoo::actors
