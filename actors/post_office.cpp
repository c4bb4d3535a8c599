#include "actors/post_office.hpp"

#include "actors/delivery_states.hpp"
#include "zk/message_parts.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

bool is_begun(const deposit& d) noexcept {
  return d.pointer.state != mqtt::stored_state::queued;
}

post_office::post_office(caf::actor_config& config, unit_services& services, zk::paths paths,
                         recovered_mail found)
    : pinned_base<post_office_actor>(config, services), paths_(std::move(paths)),
      random_(pod().random_seed != 0 ? core::random_source{pod().random_seed}
                                     : core::random_source::from_system()),
      found_(std::move(found)) {}

/// What an earlier process of this pod left.
void post_office::begin(recovered_mail found) {
  for (const auto& [path, parts] : found.unwanted) {
    removal r;
    zk::remove_parts(path, parts, r.what);
    r.what.emplace_back(zk::remove_op{path});
    remove(std::move(r));
  }
  adopt_retained(found.retained);
  take_over(std::move(found), written_by::this_pod);
}

void post_office::take_over(recovered_mail found, written_by whom) {
  for (auto& p : found.pointers) {
    known_sessions_.try_emplace(p.session->number);
    if (!p.message && p.record.state != zk::delivery_state::released) {
      remove({{zk::remove_op{pointer_path(*p.session, p.number)}}, {}}); // its mail's time is over
      continue;
    }
    if (!p.message) {
      attach(p.session, p.number, std::move(p.record), nullptr);
      continue;
    }
    auto& m = mails_[p.message.get()];
    if (!m.message) {
      m.message = p.message;
      m.path = std::move(p.mail_path);
      m.parts = p.parts;
      m.standing = true;
      m.foreign = whom == written_by::departed_pods;
      const auto name = zk::parse_mail_name(zk::last_level_of(m.path)).value_or(zk::mail_name{});
      m.held = {name.expires_at_unix_ms, static_cast<std::int64_t>(name.credits), p.publisher,
                false, p.parts};
      watch_expiry(m, m.held.until_unix_ms != 0 ? m.held.until_unix_ms : INT64_MAX);
      if (!m.foreign)
        account(m);
    }
    attach(p.session, p.number, std::move(p.record), &m);
  }
  for (auto& [session, ids] : found.received) {
    known_sessions_.try_emplace(session->number);
    if (!ids.empty())
      received_[session->number].insert(ids.begin(), ids.end());
  }
  for (const auto& [session, version] : found.owners)
    known_sessions_[session->number] = {version, true};
  for (const auto& [topic, zxid] : found.retained_zxids)
    retained_history_.note(topic, zxid, retained_change::set);
}

post_office::behavior_type post_office::make_behavior() {
  begin(std::exchange(found_, {}));
  return {
      [this](deposit_mail_atom, const deposit& d) { deposit_mail(d); },
      [this](decline_atom, const ref<publish_ticket>& t, const mqtt::message_ref& m) {
        decline(t, m);
      },
      [this](record_atom, const card_ref& session, mqtt::stored_pointer p) {
        record_state(session, p);
      },
      [this](forget_atom, const card_ref& session, mqtt::stored_number n) { forget(session, n); },
      [this](forget_atom, const card_ref& session, mqtt::packet_id id) {
        forget_received(session, id);
      },
      [this](save_atom, const std::shared_ptr<const session_state_record>& s) { save(*s); },
      [this](erase_atom, const card_ref& session) { erase(session); },
      [this](retain_atom, const mqtt::topic_ref& topic, const mqtt::message_ref& m,
             const ticket_list& tickets) { retain(topic, m, tickets); },
      [this](word_atom, const ref<publish_ticket>& t, const mqtt::message_ref& m,
             const far_word& w) { word_came(t, m, w); },
      [this](expect_atom, const ref<publish_ticket>& t, const mqtt::message_ref& m, int more) {
        expect_words(t, m, more);
      },
      [this](outcome_atom, const member_ref& pod, std::uint64_t number, mqtt::reason_code reason) {
        word_ended({pod.get(), number}, reason);
      },
      [this](install_atom, const view_ref& v) { install(v); },
      [this](adopt_atom, const std::shared_ptr<recovered_mail>& found) {
        take_over(std::move(*found), written_by::departed_pods);
      },
      [this](adopt_atom, const std::shared_ptr<const std::vector<found_retained>>& found) {
        adopt_retained(*found);
      },
      [this](heard_atom, const member_ref& from, const pod_frame& frame) { heard(from, frame); },
      [this](give_atom, const std::shared_ptr<const std::vector<card_ref>>& sessions) {
        give(*sessions);
      },
      [this](committed_atom, const std::shared_ptr<bank_commit>& c) {
        std::exchange(c->then, {})(*c);
      },
  };
}

void post_office::on_exit() {
  services().timers->cancel(*this);
  services().timers->cancel(hourglass_);
  for (const auto& [place, w] : waiting_)
    if (w.what.ticket)
      w.what.ticket->refuse(mqtt::reason_code::implementation_specific_error);
  waiting_.clear();
  services().counters.publishes_waiting.set(0);
  parts_.stop();
  for (const auto& [message, behind] : being_written_)
    for (const auto& t : behind)
      if (t.ticket)
        t.ticket->refuse(mqtt::reason_code::implementation_specific_error);
  being_written_.clear();
  gatherings_.clear();
  words_.clear();
  removing_.clear();
  unremoved_.clear();
  behind_groundwork_.clear();
  retained_writes_.clear();
  leases_.clear();
  mails_.clear();
  pointers_.clear();
}

// --- mail ---

void post_office::deposit_mail(const deposit& d) {
  const auto ticket = d.delivery.promise.downcast<publish_ticket>();
  if (auto* g = gather(ticket, d.delivery.message)) {
    g->deposits.push_back(d);
    --g->missing;
    return complete(*g);
  }
  const auto kept = mails_.find(d.delivery.message.get());
  if (kept != mails_.end() && kept->second.word)
    return words_.at(*kept->second.word).later.push_back(d);
  store(transaction{ticket, d.delivery.message, {d}, {}});
}

post_office::mail& post_office::mail_of(const mqtt::message_ref& m, const ref<publish_ticket>& t,
                                        const std::vector<deposit>& addressees, ops& into,
                                        payment* pay, const zk::stored_parts& parts) {
  auto& kept = mails_[m.get()];
  kept.message = m;
  if (!std::exchange(kept.standing, true)) {
    kept.held = draw_holding(*m, t, parts.count,
                             std::any_of(addressees.begin(), addressees.end(), is_begun));
    kept.path =
        paths_.mail_drop(m->topic(), zk::mail_name{kept.held.until_unix_ms,
                                                   static_cast<std::uint64_t>(kept.held.credits),
                                                   pod().store->session(), ++last_mail_});
    watch_expiry(kept, kept.held.until_unix_ms);
    ensure_bucket(kept.path);
    auto data = zk::encode_mail(to_record(*m, kept.held.client, parts));
    into.emplace_back(
        zk::create_op{kept.path, data.value_or(std::string{}), zk::create_mode::persistent});
    kept.accounted = pay != nullptr;
    if (pay)
      pay->held.push_back(withdrawn(*m, kept.held));
  } else {
    into.emplace_back(zk::check_op{kept.path}); // its creation may still fail
  }
  return kept;
}

void post_office::add_pointer(const deposit& d, mail& of, ops& into) {
  zk::pointer_record r;
  r.mail_path = of.path;
  r.qos = static_cast<std::uint8_t>(d.pointer.qos);
  r.state = to_delivery_state(d.pointer.state);
  r.packet_id = static_cast<std::uint16_t>(d.pointer.id);
  r.retain = d.delivery.terms->retain_flag(*d.delivery.message);
  r.subscription_identifiers = d.delivery.terms->subscription_identifiers;
  into.emplace_back(zk::create_op{pointer_path(*d.session, d.pointer.number),
                                  zk::encode_pointer(r).value_or(std::string{}),
                                  zk::create_mode::persistent});
  attach(d.session, d.pointer.number, std::move(r), &of);
}

void post_office::attach(const card_ref& session, mqtt::stored_number number, zk::pointer_record r,
                         mail* to) {
  auto& p = pointers_[pointer_key{session->number, number}];
  p.record = std::move(r);
  if (!to)
    return;
  if (p.mail != to->message.get() || p.place >= to->pointers.size() ||
      to->pointers[p.place] != std::pair{session, number}) {
    p.place = to->pointers.size();
    to->pointers.emplace_back(session, number);
  }
  p.mail = to->message.get();
}

void post_office::drop_pointer(const pointer_key& key, removal& into) {
  const auto found = pointers_.find(key);
  if (found == pointers_.end())
    return;
  const auto kept = mails_.find(found->second.mail);
  const auto place = found->second.place;
  pointers_.erase(found);
  if (kept == mails_.end())
    return;
  take_from(kept->second, place);
  if (kept->second.pointers.empty() && !kept->second.shared)
    drop_mail(kept, into);
}

void post_office::take_from(mail& m, std::size_t place) {
  auto& others = m.pointers;
  if (place + 1 < others.size()) {
    others[place] = std::move(others.back());
    pointers_.at({others[place].first->number, others[place].second}).place = place;
  }
  others.pop_back();
}

void post_office::record_state(const card_ref& session, mqtt::stored_pointer p) {
  const auto found = pointers_.find({session->number, p.number});
  if (found == pointers_.end()) // its time is over: there is nothing to record any more
    return send(session->handle, was_stored_atom::value,
                stored{p.number, mqtt::reason_code::success});
  auto& r = found->second.record;
  r.state = to_delivery_state(p.state);
  r.packet_id = static_cast<std::uint16_t>(p.id);
  ops what;
  what.emplace_back(
      zk::set_op{pointer_path(*session, p.number), zk::encode_pointer(r).value_or(std::string{})});
  write(std::move(what), [this, session, p](zk::multi_result result) {
    send(session->handle, was_stored_atom::value,
         stored{p.number, result ? mqtt::settlement{} : to_settlement(result.error().code)});
  });
}

void post_office::forget(const card_ref& session, mqtt::stored_number number) {
  const pointer_key key{session->number, number};
  const auto found = pointers_.find(key);
  if (found == pointers_.end()) { // not written yet: its message waits for other addressees
    const auto is_it = [&](const deposit& d) {
      return d.session == session && d.pointer.number == number;
    };
    for (auto& [ticket, g] : gatherings_)
      std::erase_if(g.deposits, is_it);
    for (auto& [of, w] : words_)
      w.leave_out(is_it);
    leave_parts(is_it, nullptr);
    return take_from_waiting(session, number);
  }
  const auto kept = mails_.find(found->second.mail);
  if (kept != mails_.end() && kept->second.word) // nobody can say yet whether there is something
    return words_.at(*kept->second.word).forgotten.push_back({session, number});
  removal r;
  r.what.emplace_back(zk::remove_op{pointer_path(*session, number)});
  drop_pointer(key, r);
  remove(std::move(r));
}

} // namespace mqttzoo::actors
