#include "admin/explain.hpp"

#include <algorithm>

namespace mqttzoo::admin {

namespace {

using actors::facts;
using actors::wait_kind;

std::string seconds_of(std::int64_t ms) {
  const auto tenths = ms / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string text_of(const facts& f, std::string_view name) {
  const auto* t = f.get<std::string>(name);
  return t ? *t : std::string{};
}

const facts& part_of(const facts& f, std::string_view name) {
  static const facts none;
  const auto* p = f.get<std::shared_ptr<const facts>>(name);
  return p ? **p : none;
}

std::string counted(std::int64_t n, const char* one, const char* several) {
  return std::to_string(n) + ' ' + (n == 1 ? one : several);
}

bool is_connected(const facts& session) {
  const auto* yes = session.get<bool>("connected");
  return yes && *yes;
}

/// The store behind what cannot be promised.
std::string blame_store(const pod_state& pod) {
  std::string said{pod.store_name()};
  said += " cannot be reached since " + seconds_of(pod.store_since().count()) +
          ": nothing is promised until it can; live delivery of QoS 0 goes on";
  return said;
}

void explain_publishing(const facts& p, const actors::actor_details* bank, const pod_state& pod,
                        std::vector<std::string>& out) {
  if (const auto n = p.number("delayed"); n > 0) {
    out.push_back(counted(n, "publish", "publishes") + " of its 3.x client waited for room for " +
                  seconds_of(p.number("delayed_for_ms")) + ": " + text_of(p, "delayed_because") +
                  " (" + text_of(p, "delayed_reason") +
                  "). It is not read beyond the next one, and disconnected after bank.patience");
    if (bank && pod.store_connected())
      out.push_back("the bank has " + std::to_string(bank->more.number("available")) +
                    " credits left of " + std::to_string(bank->more.number("total_credits")) +
                    "; this pod holds " + std::to_string(bank->more.number("held_credits")) +
                    " for " + counted(bank->more.number("held_messages"), "message", "messages"));
  }
  const auto n = p.number("without_promise");
  if (n == 0 || p.number("last_promise_ms_ago") < 100)
    return; // so much may always be under way
  auto text = counted(n, "publish", "publishes") + " of its client " + (n == 1 ? "is" : "are") +
              " without a promise (PUBACK, PUBREC); the last came " +
              seconds_of(p.number("last_promise_ms_ago")) + " ago";
  if (pod.store_connected() && p.number("delayed") == 0)
    text += ": some subscriber has not acknowledged yet, or the store has not answered";
  out.push_back(std::move(text));
}

void explain_sending(const facts& s, std::vector<std::string>& out) {
  const auto n = s.number("unacknowledged");
  if (n > 0) {
    const auto answer = text_of(s, "oldest_waits_for");
    auto text = counted(n, "message", "messages") + " of a window of " +
                std::to_string(s.number("window")) +
                " sent to its client are not acknowledged; the oldest (packet id " +
                std::to_string(s.number("oldest_packet_id"));
    if (const auto topic = text_of(s, "oldest_topic"); !topic.empty())
      text += ", topic " + topic;
    text += ") waits for " + answer + " since " + seconds_of(s.number("oldest_sent_ms_ago"));
    if (const auto* usual = s.get<double>("usual_acknowledge_ms"); usual && *usual > 0)
      text += "; its usual time is " + seconds_of(static_cast<std::int64_t>(*usual));
    else
      text += "; it has never acknowledged one";
    out.push_back(std::move(text));
  }
  if (const auto queued = s.number("queued_messages"); queued > 0)
    out.push_back(counted(queued, "message", "messages") + " (" +
                  std::to_string(s.number("queued_bytes")) + " bytes) wait behind that window" +
                  (n >= s.number("window") ? ", which is full" : ""));
}

bool is_throttled(const facts& session) {
  const auto* why = session.get<facts::text_list>("not_read_because");
  return why && std::find(why->begin(), why->end(), "rate") != why->end();
}

std::string times_throttled(const facts& session) {
  return counted(session.number("times_throttled"), "time", "times") + " so far";
}

} // namespace

std::vector<std::string> explain(const actors::actor_details& session,
                                 const actors::actor_details* bank, const pod_state& pod) {
  std::vector<std::string> out;
  const auto& f = session.more;
  const auto on = session.summary.waits_on;
  const bool needs_store = on == wait_kind::store || on == wait_kind::actor;
  if (!pod.store_connected())
    out.push_back(blame_store(pod));
  explain_publishing(part_of(f, "publishing"), bank, pod, out);
  if (is_connected(f))
    explain_sending(part_of(f, "sending"), out);
  else if (const auto queued = part_of(f, "sending").number("queued_messages") +
                               part_of(f, "sending").number("unacknowledged");
           queued > 0)
    out.push_back(counted(queued, "message", "messages") + " wait for its client to come back");
  if (on == wait_kind::socket)
    out.push_back("its client does not read: " + std::to_string(f.number("outbox_bytes")) +
                  " bytes wait in its outbox");
  if (f.number("subscribes_waiting") > 0)
    out.push_back("a SUBSCRIBE or UNSUBSCRIBE waits to be in force and stored");
  if (out.empty() && needs_store)
    out.push_back(std::string{"it waits for "} + session.summary.waits_what);
  if (is_throttled(f))
    out.push_back("its client sends faster than limits.client allows and waits its turn, " +
                  times_throttled(f));
  if (out.empty())
    out.push_back(is_connected(f) ? "it waits for nothing: its client is served"
                                  : "its client is away, and nothing waits for it");
  if (!is_throttled(f) && f.number("times_throttled") > 0)
    out.push_back("limits.client has had its client wait " + times_throttled(f) +
                  ", and does not now");
  return out;
}

} // namespace mqttzoo::admin
