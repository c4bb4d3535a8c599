// What of an outbox goes onto the wire, and what comes back: sections 3.3 to 3.7, 4.3, 4.4 and 4.9.
#include "mqtt/encoder.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/outbox.hpp"
#include "sdk/retry_after.hpp"
#include "sdk/wire_message.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {
namespace {

/// Shorter topics gain nothing from an alias, which takes three bytes.
constexpr std::size_t aliased_topic_bytes_min = 4;

/// Whole seconds until `expires`, at least 1.
std::uint32_t seconds_left(time_point expires, time_point now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(expires - now).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(left, 1));
}

} // namespace

void outbox::connected(const server_grants& grants, bool session_present, time_point now) {
  grants_ = grants;
  aliases_ = mqtt::topic_alias_sender{grants.topic_alias_maximum};
  resumed_ = session_present;
  auto& queued = lists_[static_cast<std::size_t>(list::queued)];
  for (auto at = queued.begin(); at != queued.end();) {
    const auto current = at++;
    if (!session_present && current->id != mqtt::packet_id::none)
      begin_again(current);
  }
  tick(now);
}

/// The server has forgotten the session, and with it the packet identifier.
void outbox::begin_again(place at) {
  if (at->stage == sent_as::pubrel)
    return remove(at, {}); // PUBREC said that the message is the server's
  forget_id(at);
}

/// What is sent next is a new message to the server.
void outbox::forget_id(place at) {
  by_id_.erase(static_cast<std::uint16_t>(at->id));
  ids_.release(at->id);
  at->id = mqtt::packet_id::none;
  at->stage = sent_as::nothing;
  note(*at);
}

void outbox::disconnected() {
  for (const auto which : {list::flying, list::leaving}) {
    auto& sent = lists_[static_cast<std::size_t>(which)];
    while (!sent.empty())
      back_in_queue(std::prev(sent.end())); // from the last one: each finds its place at once
  }
  auto& writing = lists_[static_cast<std::size_t>(list::writing)];
  while (!writing.empty())
    remove(writing.begin(), errc::connection_lost);
}

void outbox::taken() {
  auto& leaving = lists_[static_cast<std::size_t>(list::leaving)];
  auto& writing = lists_[static_cast<std::size_t>(list::writing)];
  for (auto& e : leaving)
    e.where = list::writing;
  writing.splice(writing.end(), leaving);
}

void outbox::written() {
  entries gone;
  gone.splice(gone.end(), lists_[static_cast<std::size_t>(list::writing)]);
  for (auto& e : gone) {
    --messages_;
    bytes_ -= e.cost_bytes;
    ++published_;
  }
  admit_waiting();
  for (auto& e : gone)
    finish(e, {});
}

bool outbox::may_send(const entry& e, time_point now) const noexcept {
  if (e.what.qos == qos::at_most_once)
    return true;
  const bool begun = e.id != mqtt::packet_id::none; // goes also while others are held back
  const bool held_back = paused_ && now < paused_until_ && !begun;
  const auto& flying = lists_[static_cast<std::size_t>(list::flying)];
  const bool window = flying.size() < grants_.receive_maximum; // [MQTT-3.3.4-9]
  return window && !held_back && (begun || ids_.size() < mqtt::packet_id_pool::capacity);
}

void outbox::pump(std::string& out, std::size_t bytes_max, time_point now) {
  auto& queued = lists_[static_cast<std::size_t>(list::queued)];
  while (!queued.empty() && out.size() < bytes_max && may_send(queued.front(), now)) {
    const auto at = queued.begin();
    if (const auto error = objection(*at, now))
      remove(at, error);
    else
      send(at, out, now);
  }
}

/// Why the server of this connection would not take a message that has not left.
std::error_code outbox::objection(const entry& e, time_point now) const {
  if (e.stage != sent_as::nothing)
    return {};
  if (e.expires <= now)
    return errc::expired;
  if (static_cast<int>(e.what.qos) > static_cast<int>(grants_.qos_max))
    return reason::qos_not_supported;
  if (e.what.retain && !grants_.retain)
    return reason::retain_not_supported;
  return {};
}

void outbox::send(place at, std::string& out, time_point now) {
  if (at->stage == sent_as::pubrel) {
    mqtt::append_ack(mqtt::packet_type::pubrel, at->id, mqtt::reason_code::success, grants_.version,
                     out);
  } else {
    const bool fresh = at->id == mqtt::packet_id::none;
    if (fresh && at->what.qos != qos::at_most_once)
      at->id = ids_.allocate();
    if (encode(*at, out, now) == 0)
      return remove(at, errc::packet_too_large);
    if (at->what.qos == qos::at_most_once)
      return move(at, list::leaving);
    at->stage = sent_as::publish;
    if (fresh)
      note(*at);
  }
  by_id_.emplace(static_cast<std::uint16_t>(at->id), at);
  move(at, list::flying);
}

std::size_t outbox::encode(const entry& e, std::string& out, time_point now) {
  mqtt::publish_packet p;
  p.topic = e.what.topic;
  p.payload = e.what.payload;
  p.id = e.id;
  p.qos = static_cast<mqtt::qos>(e.what.qos);
  p.retain = e.what.retain;
  p.dup = resumed_ && e.stage == sent_as::publish;
  p.properties.forwarded = e.forwarded;
  if (e.expires != time_point::max())
    p.properties.message_expiry_interval_s = seconds_left(e.expires, now);
  const bool aliased = grants_.topic_alias_maximum > 0 && p.topic.size() >= aliased_topic_bytes_min;
  const auto alias = aliased ? aliases_.find(p.topic) : mqtt::topic_alias_sender::alias{};
  p.properties.topic_alias = alias.value;
  if (alias.known)
    p.topic = {};
  const auto size = mqtt::encode(p, grants_.version, grants_.packet_bytes_max, out);
  if (size != 0 && alias.value != 0 && !alias.known)
    aliases_.keep(make_ref<mqtt::shared_topic>(e.what.topic), alias.value);
  return size;
}

void outbox::acknowledge(const mqtt::ack_packet& ack, std::string& out, time_point now) {
  const auto found = by_id_.find(static_cast<std::uint16_t>(ack.id));
  const bool known = found != by_id_.end();
  if (ack.type == mqtt::packet_type::pubrec) {
    if (!known || found->second->what.qos != qos::exactly_once) {
      // A message of a session that only the server remembers: it must not wait for a PUBREL.
      if (!mqtt::is_failure(ack.reason))
        mqtt::append_ack(mqtt::packet_type::pubrel, ack.id,
                         mqtt::reason_code::packet_identifier_not_found, grants_.version, out);
      return;
    }
    return mqtt::is_failure(ack.reason) ? refused(found->second, ack, now)
                                        : received(found->second, out);
  }
  if (!known)
    return;
  const auto at = found->second;
  const bool is_last = ack.type == mqtt::packet_type::pubcomp ? at->stage == sent_as::pubrel
                                                              : at->what.qos == qos::at_least_once;
  if (!is_last)
    return;
  if (ack.type == mqtt::packet_type::puback && mqtt::is_failure(ack.reason))
    return refused(at, ack, now);
  remove(at, {});
}

/// PUBREC: the message is the server's, only its identifier is still ours.
void outbox::received(place at, std::string& out) {
  if (at->stage != sent_as::pubrel) {
    at->stage = sent_as::pubrel;
    note(*at);
    bytes_ -= std::exchange(at->cost_bytes, 0);
    at->what.payload = std::string{};
    at->forwarded = std::string{};
    admit_waiting();
  }
  move(at, list::flying); // a server may know of it before it was sent again
  mqtt::append_ack(mqtt::packet_type::pubrel, at->id, mqtt::reason_code::success, grants_.version,
                   out);
}

void outbox::refused(place at, const mqtt::ack_packet& ack, time_point now) {
  const auto wait = retry_after(ack);
  const bool cancelled = !at->finished && at->until == publish_until::promised;
  if (!wait || cancelled || now + *wait > at->deadline)
    return remove(at, to_error(ack.reason));
  forget_id(at);
  back_in_queue(at);
  ++retried_;
  paused_until_ = paused_ ? std::max(paused_until_, now + *wait) : now + *wait;
  paused_ = true;
}

void outbox::note(entry& e) {
  if (e.row == 0)
    return;
  e.changed_in = next_commit_;
  store_->mark(e.row, e.id, e.stage);
}

} // namespace mqttzoo::sdk
