// What a topic does with messages of other pods: their sessions' part is done there, so they are
// for the sessions here and nobody else.
#include "actors/topic.hpp"

#include <optional>
#include <utility>

namespace mqttzoo::actors {

void topic::publish_of_peer(const batch_ref& b) {
  used_ = true;
  ++batches_;
  ticket_list tickets;
  far_receipt nobody_waits;
  std::optional<audience> who;
  for (std::size_t i = 0; i < b->publications.size(); ++i) {
    if (b->publications[i].message->qos() == mqtt::qos::at_most_once)
      continue;
    if (!who)
      who = count_sessions(*b);
    auto t = ticket_of_peer(*b, i, *who);
    if (!t) {
      nobody_waits.numbers.push_back(b->origin.first_number + i);
      continue;
    }
    tickets.resize(b->publications.size());
    tickets[i] = std::move(t);
  }
  if (b->followed())
    note_route(*b);
  hand_out(b, tickets);
  if (nobody_waits.numbers.empty())
    return;
  if (who->addressees == 0)
    nobody_waits.outcome = mqtt::reason_code::no_matching_subscribers;
  send(b->origin.pod->peer, settled_atom::value, std::move(nobody_waits));
}

/// Null if nobody here must have it safely.
ref<publish_ticket> topic::ticket_of_peer(const batch& b, std::size_t position,
                                          const audience& who) {
  using policy = mqtt::ticket::policy;
  const auto& m = b.publications[position].message;
  if (!b.promised.empty() && b.promised[position]) {
    const auto& t = b.promised[position];
    // It stands for this pod alone as one addressee, which are as many as there are.
    if (t->store_first() && !b.origin.orphans_of.empty())
      send(pod().post_office, expect_atom::value, t, m, static_cast<int>(who.addressees) - 1);
    return t;
  }
  const auto number = b.origin.first_number + position;
  const bool once = m->qos() == mqtt::qos::exactly_once;
  if (!once && (!who.persistent || pod().bug == planted_bug::early_acknowledgement))
    return nullptr;
  auto t = make_ref<far_ticket>(once ? policy::store_first : policy::store_if_needed, b.origin.pod,
                                number, b.origin.client);
  t->patient = m->publisher_waits();
  if (!once)
    return t;
  // The other pod's post office waits for a word of this one, be it that nothing is to be stored.
  t->addressees = who.addressees;
  if (t->addressees == 0) {
    t->addressees = 1;
    send(pod().post_office, decline_atom::value, ref<publish_ticket>{t}, m);
  }
  return t;
}

/// Behind its live copy or before it, as it happens: a new subscriber rather has it twice than not.
void topic::retain_of_peer(const mqtt::message_ref& m) {
  if (m != retained_)
    set_retained(m, 0);
}

} // namespace mqttzoo::actors
