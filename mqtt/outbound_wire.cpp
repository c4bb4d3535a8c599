// The part of the sender that writes packets and takes the client's answers.
#include "mqtt/encoder.hpp"
#include "mqtt/outbound.hpp"

#include <chrono>

namespace mqttzoo::mqtt {

namespace {

/// Payloads from this size on are sent by reference; smaller ones are cheaper to copy.
constexpr std::size_t by_reference_from_bytes = 2048;

} // namespace

// At most once: no identifier, no answer, no repetition. [MQTT-4.3.1-1] [MQTT-4.3.1-1 v3]
void outbound::send_at_most_once(const delivery& d, time_point now) {
  // Retained messages come in pages that the outbox has room for; they are not a flood to be
  // thinned.
  if (!connected_) { // never held for later, whatever the bank has
    if (persistent_)
      counts_.publishes_away.add();
    return note_drop(d.message, persistent_ ? trace_cause::away : trace_cause::session_end);
  }
  if (port_.congested() && !d.terms->retained) {
    counts_.publishes_dropped.add();
    return note_drop(d.message, trace_cause::socket);
  }
  if (d.message->expired(now)) {
    counts_.publishes_expired.add();
    return note(d.message, {trace_event::expired, trace_cause::own_expiry});
  }
  if (encode(d.message, *d.terms,
             {qos::at_most_once, packet_id::none, attempt::first, d.message->expires_at()}, now))
    port_.flush();
}

bool outbound::send(entry& e, time_point now) {
  // [MQTT-3.3.1-1] DUP is set when the same message was, or may have been, sent before, and only
  // then First without DUP: [MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT-4.3.2-1 v3] [MQTT-4.3.3-1 v3],
  // later with it: [MQTT-3.3.1-1 v3].
  const auto which = e.sent_before || e.perhaps_sent ? attempt::repeated : attempt::first;
  if (!encode(e.message, *e.terms, {e.qos, e.id, which, e.expires_at()}, now))
    return false;
  e.sent_at = now;
  e.sent_before = true;
  if (persistent_ && e.promise)
    grace_ends_ = std::min<time_point>(grace_ends_, now + grace());
  port_.flush();
  return true;
}

bool outbound::encode(const message_ref& m, const delivery_terms& terms, const copy& as,
                      time_point now) {
  if (withheld(*m))
    return false;                // as if it had been sent
  thread_local publish_packet p; // keeps the memory for subscription identifiers
  p.topic = m->topic();
  p.payload = m->payload();
  p.id = as.id;
  p.qos = as.qos;
  p.retain = terms.retain_flag(*m);
  p.dup = as.which == attempt::repeated;
  p.properties.topic_alias = 0;
  p.properties.forwarded = m->forwarded();
  p.properties.subscription_identifiers = terms.subscription_identifiers;
  p.properties.message_expiry_interval_s.reset();
  if (as.expires_at != time_point::max()) {
    // [MQTT-3.3.2-6] what remains of the interval, or of the time that the message is held
    const auto left = std::chrono::ceil<std::chrono::seconds>(as.expires_at - now);
    p.properties.message_expiry_interval_s =
        static_cast<std::uint32_t>(std::max<std::int64_t>(left.count(), 0));
  }
  if (!fit(p, m->shared_topic_name())) {
    counts_.publishes_too_large.add(); // [MQTT-3.1.2-24] [MQTT-3.1.2-25] as if it had been sent
    note_drop(m, trace_cause::packet_size);
    return false;
  }
  auto& out = port_.out();
  encode_publish_header(p, connection_.version, out);
  if (p.payload.size() >= by_reference_from_bytes)
    port_.send_payload(m);
  else
    out.append(p.payload);
  counts_.publishes_sent.add();
  counts_.publish_bytes_sent.add(p.payload.size());
  counts_.packets_sent.add();
  note(m, {trace_event::sent, trace_cause::none, as.qos, as.id});
  return true;
}

/// Gives the packet a topic alias where one is to be had; false if it is too large for the client.
bool outbound::fit(publish_packet& p, const topic_ref& topic) {
  const auto limit = connection_.packet_size_bytes_max;
  const auto too_large = [&] { return limit != 0 && encoded_size(p, connection_.version) > limit; };
  if (!aliases_)
    return !too_large();
  const auto alias = aliases_->find(topic);
  p.properties.topic_alias = alias.value;
  if (alias.known)
    p.topic = {};
  if (!too_large()) {
    if (alias.value != 0 && !alias.known)
      aliases_->keep(topic, alias.value);
    return true;
  }
  p.properties.topic_alias = 0; // without a new alias it may just fit
  return !alias.known && !too_large();
}

void outbound::send_pubrel(packet_id id, reason_code reason) {
  append_ack(packet_type::pubrel, id, reason, connection_.version, port_.out());
  counts_.packets_sent.add();
  port_.flush();
}

std::size_t outbound::find(packet_id id) const noexcept {
  for (std::size_t i = 0; i < inflight_.size(); ++i)
    if (inflight_[i].id == id)
      return i;
  return inflight_.size();
}

bool outbound::on_puback(packet_id id, time_point now) {
  const auto i = find(id);
  if (i == inflight_.size() || inflight_[i].qos != qos::at_least_once)
    return false;
  // Until here it was unacknowledged [MQTT-4.3.2-3]; a failure is an acknowledgement too
  // [MQTT-4.4.0-2].
  measure(inflight_[i], now);
  note(inflight_[i].message,
       {trace_event::acknowledged, trace_cause::none, qos::at_least_once, id});
  finish(i, now);
  return true;
}

bool outbound::on_pubrec(packet_id id, reason_code reason, time_point now) {
  const auto i = find(id);
  if (i == inflight_.size() || inflight_[i].qos != qos::exactly_once) {
    send_pubrel(id, reason_code::packet_identifier_not_found);
    return false;
  }
  // Until here it was unacknowledged. [MQTT-4.3.3-3]
  auto& e = inflight_[i];
  note(e.message, {trace_event::acknowledged, trace_cause::none, qos::exactly_once, id, reason});
  if (is_failure(reason)) { // [MQTT-4.8.2-6] nobody else gets it either [MQTT-4.4.0-2]
    finish(i, now);
    return true;
  }
  if (e.released) {
    if (e.recorded || !persistent_)
      send_pubrel(id);
    return true;
  }
  // [MQTT-4.3.3-4] PUBREL answers, now or when the store knows.
  measure(e, now);
  let_go(e); // [MQTT-4.3.3-6]
  return true;
}

void outbound::let_go(entry& e) {
  e.released = true;
  e.message = nullptr;
  e.promise = nullptr;
  if (persistent_ && e.durable != durability::none)
    record(e); // PUBREL follows once a crash cannot undo it, or the message would be sent again
  else
    send_pubrel(e.id);
}

bool outbound::on_pubcomp(packet_id id, time_point now) {
  const auto i = find(id);
  if (i == inflight_.size() || !inflight_[i].released)
    return false;
  // [MQTT-4.3.3-5] not before PUBCOMP
  finish(i, now);
  return true;
}

void outbound::measure(const entry& e, time_point now) noexcept {
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(now - e.sent_at);
  counts_.acknowledge.add(took);
  acknowledge_time_ =
      acknowledge_time_.count() == 0 ? took : acknowledge_time_ + (took - acknowledge_time_) / 8;
}

} // namespace mqttzoo::mqtt
