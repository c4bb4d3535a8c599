// What a session's client publishes: checks, the QoS flows' receiving end, receipts.
#include "mqtt/session.hpp"
#include "mqtt/topic_levels.hpp"
#include "mqtt/utf8.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::mqtt {

namespace {

/// Identifiers of QoS 2 that a persistent session may have unreleased, whichever connection they
/// are of, unless two of its Receive Maximum are more: one may wait for PUBREL while a client that
/// comes back fills the next. Each is a node in the store that nobody pays for.
constexpr std::size_t unreleased_max = 2000;

} // namespace

void session::on_publish(const frame& in, time_point now) {
  publish_packet p;
  if (auto decoded = decode_publish(in, version_, peer::client, p, scratch_); !decoded)
    return violate(decoded.error(), now);
  counts_.publishes_received.add();
  counts_.publish_bytes_received.add(p.payload.size());
  const auto name = resolve_topic(p, now);
  if (!name)
    return;
  if (!keeps_to_connack(p, now))
    return;
  if (is_repetition(p)) {
    keep_alias(p);
    return repeat(p.id, now);
  }
  const auto mark = follow(p, *name);
  if (const auto why = judge(p, *name); is_failure(why)) {
    keep_alias(p);
    return refuse_publish(p, why, mark, now);
  }
  auto topic = share_topic(p);
  if (p.qos != qos::at_most_once && inbound_.waiting() == 0)
    promises_since_ = now;
  if (p.qos == qos::at_least_once)
    inbound_.begin_at_least_once();
  else if (p.qos == qos::exactly_once)
    inbound_.begin_exactly_once(p.id);
  route(p, std::move(topic), mark, now);
}

bool session::is_repetition(const publish_packet& p) const noexcept {
  return p.qos == qos::exactly_once && inbound_.knows(p.id);
}

/// Routed once, whatever comes until PUBREL, and not judged again: the first answer stands.
// [MQTT-4.3.3-2 v3] [MQTT-4.3.3-10]
void session::repeat(packet_id id, time_point now) {
  if (inbound_.waiting() == 0)
    promises_since_ = now;
  if (inbound_.begin_exactly_once(id) == inbound::verdict::repeat_ack)
    acknowledge(packet_type::pubrec, id, reason_code::success);
}

bool session::may_remember_another() const noexcept {
  const auto bound = std::max(unreleased_max, std::size_t{2} * announced_.receive_maximum);
  return !persistent() || inbound_.unreleased() < bound;
}

/// The name of the topic to publish to; nothing if there is none, and the connection is closed.
std::optional<std::string_view> session::resolve_topic(const publish_packet& p, time_point now) {
  const auto refuse = [&](reason_code why, const char* what) {
    violate({why, what}, now);
    return std::nullopt;
  };
  const auto alias = p.properties.topic_alias;
  // [MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.2.2-18]
  if (alias != 0 && (!aliases_ || !aliases_->valid(alias)))
    return refuse(reason_code::topic_alias_invalid, "topic alias above the maximum");
  if (p.topic.empty()) { // the decoder lets that pass with an alias only
    if (const auto topic = aliases_->find(alias))
      return topic->name(); // the alias holds on to it
    return refuse(reason_code::protocol_error, "topic alias stands for nothing yet");
  }
  if (exceeds_levels(p.topic, limits_.topic_levels_max))
    return refuse(reason_code::topic_name_invalid, "topic name has too many levels");
  return p.topic;
}

/// The shared name of a publish that goes on its way.
topic_ref session::share_topic(const publish_packet& p) {
  const auto alias = p.properties.topic_alias;
  if (p.topic.empty())
    return aliases_->find(alias);
  auto topic = port_.intern(p.topic);
  if (alias != 0)
    aliases_->set(alias, topic);
  return topic;
}

/// A publish that goes nowhere sets its alias all the same, but is not interned: that would make a
/// topic live which carries nothing, and a client could fill the pod with them.
void session::keep_alias(const publish_packet& p) {
  const auto alias = p.properties.topic_alias;
  if (aliases_ && alias != 0 && !p.topic.empty())
    aliases_->set(alias, make_ref<const shared_topic>(std::string{p.topic}));
}

/// False: its client broke what it was told, and the connection is closed.
bool session::keeps_to_connack(const publish_packet& p, time_point now) {
  const auto refuse_connection = [&](reason_code why, const char* what) {
    violate({why, what}, now);
    return false;
  };
  if (p.qos > announced_.qos_max) // [MQTT-3.2.2-11]
    return refuse_connection(reason_code::qos_not_supported, "QoS above the announced maximum");
  if (p.retain && !announced_.retain_available) // [MQTT-3.2.2-14]
    return refuse_connection(reason_code::retain_not_supported,
                             "retained messages are not available");
  if (is_v5() && p.qos != qos::at_most_once &&
      inbound_.unacknowledged() >= announced_.receive_maximum &&
      !is_repetition(p)) // [MQTT-3.3.4-7] [MQTT-4.9.0-1]
    return refuse_connection(reason_code::receive_maximum_exceeded,
                             "more publishes than the receive maximum");
  return true;
}

reason_code session::judge(const publish_packet& p, std::string_view topic) {
  if (p.properties.payload_is_utf8 && !is_utf8(p.payload))
    return reason_code::payload_format_invalid;
  if (is_own_topic(topic) || !may_publish(topic))
    return reason_code::not_authorized;
  // 3.x cannot be told, and would take PUBACK for a promise: it is a message of its own.
  if (is_v5() && p.qos == qos::at_least_once && inbound_.knows(p.id))
    return reason_code::packet_identifier_in_use;
  if (p.qos == qos::exactly_once && !may_remember_another())
    return reason_code::quota_exceeded;
  return reason_code::success;
}

void session::refuse_publish(const publish_packet& p, reason_code why, trace_mark mark,
                             time_point now) {
  counts_.publishes_refused.add();
  if (mark != trace_mark::none)
    port_.note_refusal(mark, {trace_event::refused, trace_cause::none, p.qos, p.id, why});
  if (why == reason_code::quota_exceeded && !is_v5()) // PUBREC would be a promise
    return disconnect(why, "too many messages of QoS 2 are unreleased", now);
  if (p.qos == qos::at_least_once)
    acknowledge(packet_type::puback, p.id, why); // [MQTT-3.3.5-2 v3] acknowledged in 3.x
  else if (p.qos == qos::exactly_once)
    acknowledge(packet_type::pubrec, p.id, why);
}

bool session::may_publish(std::string_view topic) {
  if (!permissions_ || permissions_->may_publish(topic))
    return true;
  counts_.publishes_denied.add();
  return false;
}

void session::route(const publish_packet& p, topic_ref topic, trace_mark mark, time_point now) {
  message_head head;
  head.trace = mark;
  head.topic = std::move(topic);
  head.qos = p.qos;
  head.retain = p.retain; // DUP is not passed on: [MQTT-3.3.1-3] [MQTT-3.3.1-3 v3]
  head.payload_is_utf8 = p.properties.payload_is_utf8;
  head.publisher_waits = !is_v5() && p.qos != qos::at_most_once;
  head.publisher = number_;
  if (p.properties.message_expiry_interval_s)
    head.expires_at = now + std::chrono::seconds{*p.properties.message_expiry_interval_s};
  port_.publish(message::make(std::move(head), p.properties.forwarded, p.payload), p.id);
}

/// Its mark, if a trace follows it.
trace_mark session::follow(const publish_packet& p, std::string_view topic) {
  if (counts_.traces.get() == 0)
    return trace_mark::none;
  return port_.follow({topic, p.properties.forwarded, p.payload.size(), p.id, p.qos, p.retain});
}

void session::note(packet_id id, trace_event what, const settlement& outcome) {
  if (counts_.traces.get() != 0)
    port_.note_answer(id, {what, trace_cause::none, qos::at_least_once, id, outcome});
}

/// Identifiers of QoS 2 live as long as the session, those of QoS 1 as long as the connection.
bool session::expects_receipt(connection_epoch epoch, publish_id of) const noexcept {
  if (epoch < first_epoch_)
    return false; // of a session that a clean start ended
  return of.qos == qos::exactly_once ? inbound_.waits_for(of.id) : connected_ && epoch == epoch_;
}

void session::on_receipt(connection_epoch epoch, publish_id of, const settlement& outcome,
                         time_point now, time_point received_at) {
  if (!expects_receipt(epoch, of))
    return;
  promises_since_ = now;
  // The answer by the QoS, with the identifier of the PUBLISH: [MQTT-3.3.4-1] [MQTT-2.2.1-5]
  // [MQTT-3.3.4-1 v3] [MQTT-2.3.1-6 v3].
  const bool refused = is_failure(outcome);
  const bool exactly_once = of.qos == qos::exactly_once;
  if (exactly_once)
    inbound_.settle_exactly_once(of.id,
                                 refused ? inbound::result::refused : inbound::result::accepted);
  else
    inbound_.settle_at_least_once();
  if (refused)
    counts_.publishes_refused.add();
  if (refused || connected_)
    note(of.id, refused ? trace_event::refused : trace_event::promised, outcome);
  const bool unsayable = refused && !is_v5(); // 3.x has no word for "no"
  if (connected_ && unsayable)
    patience_.add(of, patience::fate::refused, outcome, now);
  else
    patience_.remove(of);
  if (!connected_)
    return;
  if (!unsayable) // [MQTT-4.3.2-4] [MQTT-4.3.2-5] [MQTT-4.3.3-8] [MQTT-4.3.2-2 v3]
    acknowledge(exactly_once ? packet_type::pubrec : packet_type::puback, of.id, outcome);
  if (!refused && received_at != time_point::max())
    (exactly_once ? counts_.promise_exactly_once : counts_.promise_at_least_once)
        .add(now - received_at);
  check_pressure(now);
}

void session::on_delayed(connection_epoch epoch, publish_id of, const settlement& why,
                         time_point now) {
  if (is_v5() || !expects_receipt(epoch, of))
    return;
  if (patience_.add(of, patience::fate::delayed, why, now)) {
    counts_.publishes_delayed.add();
    note(of.id, trace_event::withheld, why);
  }
}

} // namespace mqttzoo::mqtt
