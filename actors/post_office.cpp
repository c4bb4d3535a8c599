#include "actors/post_office.hpp"

#include "core/log.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

namespace {

constexpr core::logger log{core::log_folder::actors};

} // namespace

mqtt::reason_code to_reason(zk::error e) noexcept {
  switch (e) {
  case zk::error::storage_full:
  case zk::error::overloaded:
  case zk::error::too_large:
    return mqtt::reason_code::quota_exceeded;
  default:
    return mqtt::reason_code::implementation_specific_error;
  }
}

post_office::post_office(caf::actor_config& config, unit_services& services, zk::paths paths,
                         recovered_mail found)
    : pinned_base<post_office_actor>(config, services), paths_(std::move(paths)) {
  for (auto& p : found.pointers) {
    auto& m = mails_[p.message.get()];
    m.message = p.message;
    m.path = std::move(p.mail_path);
    ++m.pointers;
    pointers_.emplace(pointer_key{p.session->number, p.number},
                      pointer{p.message.get(), std::move(p.record)});
    known_sessions_.insert(p.session->number);
  }
  for (auto& [session, ids] : found.received) {
    known_sessions_.insert(session->number);
    received_[session->number].insert(ids.begin(), ids.end());
  }
}

post_office::behavior_type post_office::make_behavior() {
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
      [](word_atom, const ref<publish_ticket>&, const mqtt::message_ref&, const far_word&) {},
      [](expect_atom, const ref<publish_ticket>&, const mqtt::message_ref&, int) {},
      [](outcome_atom, const member_ref&, std::uint64_t, mqtt::reason_code) {},
      [](install_atom, const view_ref&) {},
      [](adopt_atom, const std::shared_ptr<recovered_mail>&) {},
      [](heard_atom, const member_ref&, const pod_frame&) {},
  };
}

void post_office::on_exit() {
  services().timers->cancel(*this);
  gatherings_.clear();
  retained_writes_.clear();
  mails_.clear();
  pointers_.clear();
}

// --- mail ---

void post_office::deposit_mail(const deposit& d) {
  const auto ticket = d.delivery.promise.downcast<publish_ticket>();
  if (auto* g = gather(ticket, d.delivery.message)) {
    g->deposits.push_back(d);
    return word_given(*g);
  }
  store(d.delivery.message, {d}, ticket, nullptr);
}

void post_office::decline(const ref<publish_ticket>& t, const mqtt::message_ref& m) {
  if (auto* g = gather(t, m))
    word_given(*g);
}

post_office::gathering* post_office::gather(const ref<publish_ticket>& t,
                                            const mqtt::message_ref& m) {
  if (!t || !t->store_first() || t->gathered())
    return nullptr;
  auto& g = gatherings_[t.get()];
  if (!g.ticket) {
    g.ticket = t;
    g.message = m;
    g.missing = t->addressees;
  }
  return &g;
}

void post_office::word_given(gathering& g) {
  if (--g.missing > 0)
    return;
  auto node = gatherings_.extract(g.ticket.get());
  auto all = std::move(node.mapped());
  all.ticket->set_gathered();
  const auto* remembers = all.publisher_erased ? nullptr : all.ticket->remembers();
  if (remembers && !known_sessions_.contains(remembers->number))
    remembers = nullptr; // no node to put it below, and no session that would survive a crash
  store(all.message, std::move(all.deposits), all.ticket, remembers);
}

void post_office::store(const mqtt::message_ref& m, std::vector<deposit> deposits,
                        const ref<publish_ticket>& t, const session_card* remembers) {
  if (t && mqtt::is_failure(
               t->outcome())) { // one addressee has no room: nobody gets it, the publisher hears no
    for (const auto& d : deposits)
      send(d.session->handle, was_stored_atom::value, stored{d.pointer.number, t->outcome()});
    return;
  }
  ops what;
  if (!deposits.empty()) {
    auto& kept = mail_of(m, what);
    for (const auto& d : deposits)
      add_pointer(d, kept, what);
  }
  if (remembers) {
    const auto id = static_cast<std::uint16_t>(t->id());
    what.emplace_back(zk::create_op{zk::paths::received(paths_.session(remembers->client), id),
                                    zk::encode_received({id}).value_or(std::string{}),
                                    zk::create_mode::persistent});
    received_[remembers->number].insert(t->id());
  }
  if (what.empty())
    return;
  auto witness = std::visit([](const auto& last) { return last.path; },
                            what.back()); // a name that is never used twice
  write(std::move(what), [this, deposits = std::move(deposits), t,
                          witness = std::move(witness)](zk::multi_result result) mutable {
    using zk::error;
    if (!result && result.error().code == error::connection_loss)
      return resolve(std::move(witness), std::move(deposits), t);
    stored_or_not(deposits, t, result ? std::optional<error>{} : result.error().code);
  });
}

/// The answer to a transaction was lost: what it created is there if it was applied, and all of it.
void post_office::resolve(std::string witness, std::vector<deposit> deposits,
                          const ref<publish_ticket>& t) {
  auto self = caf::actor_cast<caf::strong_actor_ptr>(this);
  auto& store = *pod().store;
  auto& answers = *pod().store_answers;
  store.sync(answers, witness, [](auto) {}); // the read behind it sees what any server was told
  store.exists(answers, witness, nullptr, [=, this, deposits = std::move(deposits)](auto there) {
    run_inline([&] {
      using zk::error;
      if (!there && there.error() == error::connection_loss)
        return resolve(witness, deposits, t);
      const auto lost = there ? error::connection_loss : there.error();
      stored_or_not(deposits, t, there && *there ? std::optional<error>{} : lost);
      static_cast<void>(self);
    });
  });
}

void post_office::stored_or_not(const std::vector<deposit>& deposits, const ref<publish_ticket>& t,
                                std::optional<zk::error> failed) {
  auto outcome = mqtt::reason_code::success;
  if (failed) {
    outcome = to_reason(*failed);
    log.warn("a message could not be stored", {{"error", zk::to_string(*failed)}});
    if (t)
      t->refuse(outcome);
    ops leftover; // the copy, if nobody else has a pointer to it any more
    for (const auto& d : deposits)
      drop_pointer({d.session->number, d.pointer.number}, leftover);
    if (!leftover.empty())
      remove(std::move(leftover));
  }
  for (const auto& d : deposits)
    send(d.session->handle, was_stored_atom::value, stored{d.pointer.number, outcome});
}

post_office::mail& post_office::mail_of(const mqtt::message_ref& m, ops& into) {
  auto& kept = mails_[m.get()];
  if (!kept.message) {
    kept.message = m;
    kept.path =
        paths_.mail_drop(m->topic(), zk::mail_name{0, 0, pod().store->session(), ++last_mail_});
    ensure_bucket(kept.path);
    auto data = zk::encode_mail(to_record(*m));
    into.emplace_back(
        zk::create_op{kept.path, data.value_or(std::string{}), zk::create_mode::persistent});
  } else {
    into.emplace_back(zk::check_op{kept.path}); // its creation may still fail
  }
  return kept;
}

void post_office::add_pointer(const deposit& d, mail& of, ops& into) {
  zk::pointer_record r;
  r.mail_path = of.path;
  r.qos = static_cast<std::uint8_t>(d.pointer.qos);
  r.state = static_cast<zk::delivery_state>(d.pointer.state);
  r.packet_id = static_cast<std::uint16_t>(d.pointer.id);
  r.retain = d.delivery.terms->retain_flag(*d.delivery.message);
  r.subscription_identifiers = d.delivery.terms->subscription_identifiers;
  into.emplace_back(zk::create_op{pointer_path(*d.session, d.pointer.number),
                                  zk::encode_pointer(r).value_or(std::string{}),
                                  zk::create_mode::persistent});
  ++of.pointers;
  pointers_.insert_or_assign(pointer_key{d.session->number, d.pointer.number},
                             pointer{d.delivery.message.get(), std::move(r)});
}

void post_office::drop_pointer(const pointer_key& key, ops& into) {
  const auto found = pointers_.find(key);
  if (found == pointers_.end())
    return;
  const auto kept = mails_.find(found->second.mail);
  pointers_.erase(found);
  if (kept == mails_.end() || --kept->second.pointers > 0)
    return;
  into.emplace_back(zk::remove_op{std::move(kept->second.path)});
  mails_.erase(kept);
}

void post_office::record_state(const card_ref& session, mqtt::stored_pointer p) {
  const auto found = pointers_.find({session->number, p.number});
  if (found == pointers_.end())
    return;
  auto& r = found->second.record;
  r.state = static_cast<zk::delivery_state>(p.state);
  r.packet_id = static_cast<std::uint16_t>(p.id);
  ops what;
  what.emplace_back(
      zk::set_op{pointer_path(*session, p.number), zk::encode_pointer(r).value_or(std::string{})});
  write(std::move(what), [this, session, p](zk::multi_result result) {
    const auto outcome = result ? mqtt::reason_code::success : to_reason(result.error().code);
    send(session->handle, was_stored_atom::value, stored{p.number, outcome});
  });
}

void post_office::forget(const card_ref& session, mqtt::stored_number number) {
  const pointer_key key{session->number, number};
  if (!pointers_.contains(key)) { // not written yet: its message waits for other addressees
    for (auto& [ticket, g] : gatherings_)
      std::erase_if(g.deposits, [&](const deposit& d) {
        return d.session == session && d.pointer.number == number;
      });
    return;
  }
  ops what;
  what.emplace_back(zk::remove_op{pointer_path(*session, number)});
  drop_pointer(key, what);
  remove(std::move(what));
}

} // namespace mqttzoo::actors
