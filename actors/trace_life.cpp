#include "actors/trace_life.hpp"

#include "mqtt/reason_code.hpp"

#include <algorithm>

namespace mqttzoo::actors {

using mqtt::trace_cause;
using mqtt::trace_event;

std::string_view to_string(trace_verdict v) noexcept {
  switch (v) {
  case trace_verdict::under_way:
    return "under way";
  case trace_verdict::delivered:
    return "delivered";
  case trace_verdict::mailed:
    return "mailed";
  case trace_verdict::refused:
    return "refused";
  case trace_verdict::expired:
    return "expired";
  case trace_verdict::dropped:
    return "dropped";
  case trace_verdict::no_subscribers:
    return "no subscribers";
  }
  return "?";
}

std::string_view to_string(trace_event e) noexcept {
  switch (e) {
  case trace_event::received:
    return "received";
  case trace_event::refused:
    return "refused";
  case trace_event::withheld:
    return "withheld";
  case trace_event::promised:
    return "promised";
  case trace_event::kept:
    return "kept";
  case trace_event::routed:
    return "routed";
  case trace_event::given:
    return "given";
  case trace_event::unwanted:
    return "unwanted";
  case trace_event::link_full:
    return "link full";
  case trace_event::sent_to_pod:
    return "sent to pod";
  case trace_event::came_from_pod:
    return "came from pod";
  case trace_event::reached:
    return "reached";
  case trace_event::queued:
    return "queued";
  case trace_event::sent:
    return "sent";
  case trace_event::acknowledged:
    return "acknowledged";
  case trace_event::mailed:
    return "mailed";
  case trace_event::returned:
    return "returned";
  case trace_event::expired:
    return "expired";
  case trace_event::dropped:
    return "dropped";
  }
  return "?";
}

std::string_view to_string(trace_cause c) noexcept {
  switch (c) {
  case trace_cause::none:
    return "";
  case trace_cause::away:
    return "QoS 0, and its client is not connected";
  case trace_cause::socket:
    return "its client does not read fast enough (net.outbox.bytes.max)";
  case trace_cause::queue:
    return "its queue is full (mqtt.session.queue.*)";
  case trace_cause::memory:
    return "the bank lends no more memory (bank.capacity)";
  case trace_cause::packet_size:
    return "larger than its client's Maximum Packet Size";
  case trace_cause::session_end:
    return "its session is over";
  case trace_cause::store:
    return "it could not be stored";
  case trace_cause::own_expiry:
    return "its Message Expiry Interval is over";
  case trace_cause::mail_expiry:
    return "its time in the store is over (bank.ttl.*)";
  case trace_cause::link:
    return "the link to that pod is full (links.queue.bytes.max)";
  case trace_cause::frame_size:
    return "larger than a frame between pods (links.frame.bytes.max)";
  }
  return "?";
}

void trace_life::add(const trace_step& s) {
  first_unix_us_ = steps_ == 0 ? s.at_unix_us : std::min(first_unix_us_, s.at_unix_us);
  last_unix_us_ = std::max(last_unix_us_, s.at_unix_us);
  ++steps_;
  const auto& n = s.what;
  switch (n.what) {
  case trace_event::received:
  case trace_event::reached:
    begin(s);
    break;
  case trace_event::refused:
    refused_ = true;
    fail(n);
    break;
  case trace_event::routed:
    ++routes_;
    sessions_ += s.sessions;
    groups_ += s.groups;
    break;
  case trace_event::unwanted:
    ++unwanted_;
    break;
  case trace_event::sent_to_pod:
    ++pods_sent_;
    break;
  case trace_event::came_from_pod:
    ++pods_came_;
    routes_due_ += s.name.empty() ? 1 : 0; // else a group has it already
    break;
  case trace_event::dropped:
  case trace_event::expired:
    lose(s);
    break;
  case trace_event::mailed:
    reach(s, end::mailed);
    break;
  case trace_event::acknowledged:
    reach(s, end::delivered);
    break;
  case trace_event::sent:
    reach(s, n.qos == mqtt::qos::at_most_once ? end::delivered : end::none);
    break;
  case trace_event::queued:
    reach(s, end::none);
    break;
  case trace_event::returned: // another member gets it
    receivers_.erase({s.pod, s.who});
    break;
  case trace_event::withheld:
  case trace_event::promised:
  case trace_event::kept:
  case trace_event::given:
  case trace_event::link_full:
    break;
  }
}

/// Where it came in, or where its trace first met it.
void trace_life::begin(const trace_step& s) {
  if (s.what.what == trace_event::received) {
    ++routes_due_;
    publisher_ = s.who;
  }
  topic_ = s.name;
  qos_ = s.what.qos;
  payload_bytes_ = s.payload_bytes;
}

void trace_life::lose(const trace_step& s) {
  fail(s.what);
  if (s.what.what == trace_event::expired)
    reach(s, end::expired);
  else if (s.what.why == trace_cause::link || s.what.why == trace_cause::frame_size)
    ++lost_; // of that pod nobody knows whom it was for
  else
    reach(s, end::dropped);
}

/// What is known of a session only grows: that a client has it counts more than that its copy in
/// the store ran out.
void trace_life::reach(const trace_step& s, end how) {
  auto& known = receivers_.try_emplace({s.pod, s.who}, end::none).first->second;
  known = std::max(known, how);
}

void trace_life::fail(const mqtt::trace_note& n) {
  const bool none = failure_.what != trace_event::refused && failure_.why == trace_cause::none;
  if (none || n.what == trace_event::refused) // which is what its publisher heard
    failure_ = n;
}

trace_life::ends trace_life::count() const noexcept {
  ends e;
  std::size_t open = 0;
  for (const auto& [who, how] : receivers_)
    switch (how) {
    case end::none:
      ++open;
      break;
    case end::dropped:
      ++e.dropped;
      break;
    case end::expired:
      ++e.expired;
      break;
    case end::mailed:
      ++e.mailed;
      break;
    case end::delivered:
      ++e.delivered;
      break;
    }
  e.dropped += lost_;
  const auto wanted = sessions_ + groups_ - std::min(groups_, unwanted_);
  const auto unseen = wanted > receivers_.size() ? wanted - receivers_.size() : 0;
  e.under_way = open + unseen;
  return e;
}

trace_verdict trace_life::verdict() const noexcept {
  if (refused_)
    return trace_verdict::refused;
  const auto e = count();
  if (is_on_its_way(e))
    return trace_verdict::under_way;
  if (e.dropped > 0)
    return trace_verdict::dropped;
  if (e.expired > 0)
    return trace_verdict::expired;
  if (e.mailed > 0)
    return trace_verdict::mailed;
  return e.delivered > 0 ? trace_verdict::delivered : trace_verdict::no_subscribers;
}

bool trace_life::is_on_its_way(const ends& e) const noexcept {
  return e.under_way > 0 || pods_sent_ > pods_came_ || routes_ < routes_due_;
}

std::string trace_life::why() const {
  const auto v = verdict();
  if (v == trace_verdict::refused) {
    std::string why{mqtt::to_string(failure_.outcome.reason)};
    if (failure_.outcome.hit != mqtt::limit::none)
      why += ": " + std::string{mqtt::describe(failure_.outcome.hit)};
    return why;
  }
  if (v == trace_verdict::dropped || v == trace_verdict::expired)
    return std::string{to_string(failure_.why)};
  return {};
}

} // namespace mqttzoo::actors
