// What goes through a session actor: its client's messages to topics, topics' messages to it.
#include "actors/session.hpp"

#include <utility>

namespace mqttzoo::actors {

// --- publishing ---

mqtt::topic_ref session::intern(std::string_view topic) {
  if (!named_ || named_->name->name() != topic)
    named_ = &services().local_courier->look_up(topic);
  return named_->name;
}

void session::publish(mqtt::message_ref m, mqtt::packet_id id) {
  const auto& topic = m->shared_topic_name();
  if (open_ && open_->topic != topic)
    submit();
  if (!open_) {
    intern(topic->name());
    open_for_ = named_;
    open_ = make_ref<batch>(topic, card_, epoch_);
    open_->received_at = machine_.last_packet();
  }
  open_->add({std::move(m), id});
}

void session::submit() {
  if (open_)
    services().local_courier->route(*std::exchange(open_for_, nullptr),
                                    std::exchange(open_, nullptr));
}

/// With the end of a turn.
void session::submit_last() {
  submit();
  named_ = nullptr; // the courier may forget it before the next turn
}

void session::receipt_inline(const receipt& r) {
  run_inline([&] { receive(r); });
}

void session::receive(const receipt& r) {
  const auto at = now();
  for (const auto id : r.ids)
    hear({r.epoch, r.outcome, id, r.delayed, r.received_at}, at);
  end_receipts();
}

void session::empty_pigeonhole() {
  if (!card_)
    return;
  const auto at = now();
  for (const auto& s : card_->settlements.take())
    hear(s, at);
  end_receipts();
}

void session::hear(const slip& s, net::time_point at) {
  if (s.delayed)
    machine_.on_delayed(s.epoch, s.id, s.outcome, at);
  else
    machine_.on_receipt(s.epoch, s.id, s.outcome, at, s.received_at);
}

/// Not finish_turn(): a receipt changes nothing that is stored and makes no room for what waits,
/// and a session that is sealed hears it, too.
void session::end_receipts() {
  submit_last();
  rearm();
  note_rest();
}

// --- traces ---

mqtt::trace_mark session::follow(const mqtt::trace_candidate& p) {
  return card_ ? services().traces.follow(*card_, p) : mqtt::trace_mark::none;
}

void session::note(const mqtt::message& m, const mqtt::trace_note& what) {
  if (card_)
    services().traces.note(*card_, m, what);
}

void session::note_refusal(mqtt::trace_mark mark, const mqtt::trace_note& what) {
  services().traces.note_refusal(*card_, mark, what);
}

void session::note_answer(mqtt::packet_id id, const mqtt::trace_note& what) {
  services().traces.note_answer(*card_, id, what);
}

// --- delivery ---

void session::deliver_inline(const batch& messages, const ticket_list& tickets,
                             const route_target& on) {
  if (!is_for(messages, on))
    return;
  if (!card_ || is_sealed())
    return turn_away(messages, tickets);
  run_inline([&] {
    const auto at = now();
    for (std::size_t i = 0; i < messages.publications.size(); ++i)
      deliver_one({messages.publications[i].message, on.terms,
                   tickets.empty() ? nullptr : ref<mqtt::ticket>{tickets[i]}},
                  at);
    finish_turn();
  });
}

void session::deliver_inline(const parcel& p) {
  if (!card_)
    return turn_away(p);
  run_inline([&] { deliver(p); });
}

void session::deliver(const parcel& p) {
  if (is_sealed())
    return turn_away(p);
  const auto at = now();
  for (const auto& d : p.deliveries)
    deliver_one(d, at);
  finish_turn();
}

void session::deliver_one(mqtt::delivery d, net::time_point at) {
  if (!d.promise || !d.promise->store_first())
    return machine_.sender().deliver(std::move(d), at);
  // The post office waits for a word of every addressee before it stores any of it.
  ref<publish_ticket> ticket = d.promise.downcast<publish_ticket>();
  auto message = d.message;
  deposited_ = false;
  machine_.sender().deliver(std::move(d), at);
  if (!deposited_)
    send(pod().post_office, decline_atom::value, std::move(ticket), std::move(message));
}

} // namespace mqttzoo::actors
