#include "actors/topic.hpp"

#include "actors/courier.hpp"
#include "actors/directory.hpp"

#include <algorithm>
#include <optional>

namespace mqttzoo::actors {

topic::topic(caf::actor_config& config, unit_services& services, start with)
    : pinned_base<topic_actor>(config, services), first_(std::move(with)) {}

topic::behavior_type topic::make_behavior() {
  auto with = std::move(first_);
  name_ = std::move(with.name);
  retained_ = std::move(with.retained);
  route_.begin(std::move(with.subscribers), std::move(with.groups));
  has_far_ = pod().clustered() && !stays_local(name_->name());
  return {
      [this](publish_atom, const batch_ref& b) {
        if (b->origin.pod)
          publish_of_peer(b);
        else
          publish(b);
      },
      [this](change_route_atom, const route_change_ref& c) {
        route_.change(*c, name_->name(), batches_);
      },
      [this](send_retained_atom, const subscriber& s) { send_retained(s); },
      [this](probe_idle_atom) { answer_probe(); },
      [this](retire_atom) { quit(); },
      [this](reroute_atom, const std::shared_ptr<const far_route>& r) { reroute(r); },
      [this](retain_atom, const mqtt::message_ref& m) { retain_of_peer(m); },
      [this](retain_ended_atom, const mqtt::message_ref& m, retain_outcome how) {
        retain_ended(m, how);
      },
  };
}

void topic::publish(const batch_ref& b) {
  used_ = true;
  if (!must_wait(*b))
    return distribute(b);
  services().counters.publishes_kept.add(b->publications.size());
  if (b->followed())
    note(*b, mqtt::trace_event::kept);
  kept_.push_back(b);
}

void topic::answer_probe() {
  auto use = topic_use::idle;
  if (!kept_.empty() || unpaid_)
    use = topic_use::keeping;
  else if (used_)
    use = nobody_wants() ? topic_use::lonely : topic_use::wanted;
  used_ = false;
  send(pod().index, probed_atom::value, name_, use);
}

bool topic::must_wait(const batch& b) const {
  if (!has_far_)
    return false;
  if (!far_)
    return true;
  return far_->promises_wait &&
         std::any_of(b.publications.begin(), b.publications.end(), [](const publication& p) {
           return p.message->qos() > mqtt::qos::at_most_once || p.message->retain();
         });
}

void topic::reroute(const std::shared_ptr<const far_route>& r) {
  if (far_ && batches_ > 0 &&
      !std::includes(far_->pods.begin(), far_->pods.end(), r->pods.begin(), r->pods.end(),
                     [](const member_ref& a, const member_ref& b) { return a->life < b->life; }))
    services().counters.routes_late.add();
  far_ = r;
  for (const auto& b : std::exchange(kept_, {}))
    if (must_wait(*b))
      kept_.push_back(b);
    else
      distribute(b);
  send(pod().directory, rerouted_atom::value, name_);
}

void topic::distribute(const batch_ref& b) {
  ++batches_;
  auto tickets = make_tickets(*b);
  update_retained(*b, tickets);
  if (b->followed())
    note_route(*b);
  hand_out(b, tickets);
  for (const auto& g : route_.groups())
    send(g.group, publish_atom::value, b, tickets);
  if (far_)
    for (const auto& m : far_->pods)
      send(m->peer, publish_atom::value, b, tickets);
  send_receipts(*b, tickets);
}

/// To this pod's sessions.
void topic::hand_out(const batch_ref& b, const ticket_list& tickets) {
  route_.for_each_unit([&](unit_index u, ref<const target_list> list) {
    if (u == services().index)
      services().local_courier->hand_out(*b, tickets, *list);
    else
      send(pod().at(u).courier_handle, deliver_atom::value, fan_out{b, tickets, std::move(list)});
  });
}

void topic::note(const batch& b, mqtt::trace_event what) {
  trace_step s;
  s.what.what = what;
  services().traces.note(b, s);
}

void topic::note_route(const batch& b) {
  trace_step s;
  s.what.what = mqtt::trace_event::routed;
  s.sessions = static_cast<std::uint32_t>(count_sessions(b).addressees);
  if (!b.origin.pod) { // else those have it from that pod
    s.groups = static_cast<std::uint32_t>(route_.groups().size());
    s.pods = static_cast<std::uint32_t>(far_pods());
  }
  services().traces.note(b, s);
}

topic::audience topic::count_audience(const batch& b) const {
  auto a = count_sessions(b);
  // What other pods have, their sessions may have to have safely: the pods themselves know.
  const auto others = route_.groups().size() + far_pods();
  a.addressees += others;
  a.persistent |= others > 0;
  return a;
}

topic::audience topic::count_sessions(const batch& b) const {
  audience a;
  route_.for_each_unit([&](unit_index, const ref<const target_list>& list) {
    for (const auto& t : list->targets) {
      if (!is_for(b, t))
        continue;
      ++a.addressees;
      a.persistent |= t.terms->maximum_qos > mqtt::qos::at_most_once &&
                      t.session->persistent.load(std::memory_order_relaxed);
    }
  });
  return a;
}

ticket_list topic::make_tickets(const batch& b) {
  ticket_list tickets;
  std::optional<audience> who;
  const bool publisher_remembers =
      b.publisher && b.publisher->persistent.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < b.publications.size(); ++i) {
    const auto& p = b.publications[i];
    const auto q = p.message->qos();
    if (q == mqtt::qos::at_most_once)
      continue;
    if (!who)
      who = count_audience(b);
    const bool twice = q == mqtt::qos::exactly_once;
    const bool remember = twice && publisher_remembers && p.id != mqtt::packet_id::none;
    if (!who->persistent && !remember && !p.message->retain())
      continue;
    const bool store_first = twice && (who->persistent || remember);
    using policy = mqtt::ticket::policy;
    auto t = make_ref<publish_ticket>(store_first ? policy::store_first : policy::store_if_needed,
                                      b.publisher, b.epoch, p.id);
    t->addressees = who->addressees;
    t->qos = q;
    t->patient = p.message->publisher_waits();
    t->received_at = b.received_at;
    if (store_first && t->addressees == 0) {
      t->addressees = 1; // only the publisher's packet id is to be stored
      send(pod().post_office, decline_atom::value, t, p.message);
    }
    tickets.resize(b.publications.size());
    tickets[i] = std::move(t);
  }
  return tickets;
}

void topic::send_receipts(const batch& b, const ticket_list& tickets) {
  if (!b.publisher)
    return;
  receipt r;
  r.epoch = b.epoch;
  r.received_at = b.received_at;
  // [MQTT-3.4.2-1] told apart for 5.0 publishers
  r.outcome =
      nobody_wants() ? mqtt::reason_code::no_matching_subscribers : mqtt::reason_code::success;
  for (std::size_t i = 0; i < b.publications.size(); ++i)
    if (b.publications[i].id != mqtt::packet_id::none && (tickets.empty() || !tickets[i]))
      r.ids.push_back({b.publications[i].id, b.publications[i].message->qos()});
  if (r.ids.empty())
    return;
  if (b.publisher->unit == services().index)
    b.publisher->local->receipt_inline(r);
  else
    send(b.publisher->handle, settled_atom::value, std::move(r));
}

void topic::update_retained(const batch& b, ticket_list& tickets) {
  ticket_list waiting; // of all retained messages in the batch; only the last one is kept
  const publication* last = nullptr;
  bool promised = false; // the last one
  for (std::size_t i = 0; i < b.publications.size(); ++i) {
    const auto& p = b.publications[i];
    if (!p.message->retain()) // [MQTT-3.3.1-12 v3] leaves what is kept alone
      continue;
    if (!may_retain(*p.message)) {
      if (!tickets.empty() && tickets[i])
        tickets[i]->refuse({mqtt::reason_code::quota_exceeded, mqtt::limit::retained, 0});
      continue;
    }
    last = &p;
    promised = !tickets.empty() && tickets[i];
    if (promised)
      waiting.push_back(tickets[i]);
  }
  if (!last)
    return;
  // [MQTT-3.3.1-5] replaced; [MQTT-3.3.1-6] [MQTT-3.3.1-7] an empty payload removes it and is not
  // kept. Of 3.1.1: [MQTT-3.3.1-5 v3] [MQTT-3.3.1-7 v3] whatever its QoS; [MQTT-3.3.1-10 v3]
  // [MQTT-3.3.1-11 v3]
  const auto m = last->message->payload().empty() ? nullptr : last->message;
  asked_.clear(); // they get this one live
  unpaid_ = nullptr;
  if (m && promised && b.publisher) {
    unpaid_ = m;
    unpaid_since_ = batches_;
  } else { // of QoS 0 nobody hears whether it could be stored; a removal costs nothing
    set_retained(m, batches_);
  }
  if (b.publisher) // the pod's own messages are made anew at every start
    send(pod().post_office, retain_atom::value, name_, m, std::move(waiting));
}

void topic::set_retained(mqtt::message_ref m, std::uint64_t since) {
  retained_ = std::move(m);
  retained_since_ = since;
  send(pod().index, retain_atom::value, name_, retained_);
}

void topic::retain_ended(const mqtt::message_ref& m, retain_outcome how) {
  if (m != unpaid_)
    return; // another one came since
  unpaid_ = nullptr;
  const auto asked = std::exchange(asked_, {});
  if (how == retain_outcome::refused)
    return;
  set_retained(m, unpaid_since_);
  for (const auto& [key, s] : asked)
    send_retained(s);
}

bool topic::may_retain(const mqtt::message& m) const {
  const auto& limits = services().settings.retained;
  const auto& kept = services().pod->retained;
  return retained_ || unpaid_ || m.payload().empty() ||
         (kept.messages.load(std::memory_order_relaxed) < limits.messages_max &&
          kept.bytes.load(std::memory_order_relaxed) + m.footprint_bytes() <= limits.bytes_max);
}

void topic::send_retained(const subscriber& to) {
  if (!route_.has(to))
    return; // unsubscribed meanwhile [MQTT-3.10.4-2]
  if (unpaid_)
    asked_.insert_or_assign({to->session->number, to->terms.filter}, to);
  if (!retained_ || retained_->expired(now()))
    return;
  if (route_.joined(to) < retained_since_)
    return; // it came live already
  parcel p{{{retained_, retained_terms(to->terms), nullptr}}, nullptr};
  if (to->session->unit == services().index)
    to->session->local->deliver_inline(
        p); // as live messages come, so that none of them overtakes it
  else
    send(pod().at(to->session->unit).courier_handle, deliver_atom::value, to->session,
         std::move(p));
}

} // namespace mqttzoo::actors
