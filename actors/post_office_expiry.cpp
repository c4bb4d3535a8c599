// The post office's time: how long mail is held and what that costs, and what happens when it is
// over.
#include "actors/post_office.hpp"
#include "zk/ledger.hpp"
#include "zk/message_parts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mqttzoo::actors {

namespace {

using std::chrono::milliseconds;

/// Expiries that come closer to each other are one turn of work.
constexpr milliseconds grain{20};
/// What cannot go yet is looked at again.
constexpr std::int64_t later_ms = 1000;

std::size_t bytes_of(const mqtt::message& m, std::uint32_t parts) noexcept {
  const auto nodes = 1 + std::size_t{parts};
  return nodes * zk::held_overhead_bytes + m.topic().size() + m.forwarded().size() +
         m.payload().size();
}

} // namespace

// --- what is held, and what it costs ---

/// A publisher's Message Expiry Interval shortens the TTL, unless delivery to somebody has begun:
/// that goes on. [MQTT-4.4.0-1]
post_office::holding post_office::draw_holding(const mqtt::message& m, const ref<publish_ticket>& t,
                                               std::uint32_t parts, bool begun) {
  const auto ttl = ttl_of(services().settings.bank);
  const auto least = std::chrono::duration_cast<milliseconds>(ttl.least).count();
  const auto most = std::chrono::duration_cast<milliseconds>(ttl.most).count();
  const auto drawn =
      random_.between(static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most));
  auto h = draw_holding(m, milliseconds{static_cast<std::int64_t>(drawn)}, parts, begun);
  if (const auto* publisher = t ? t->client() : nullptr)
    h.client = *publisher;
  return h;
}

post_office::holding post_office::draw_holding(const mqtt::message& m, milliseconds most,
                                               std::uint32_t parts, bool begun) {
  auto held = most;
  if (!begun && m.expires_at() != mqtt::time_point::max())
    held =
        std::clamp(std::chrono::ceil<milliseconds>(m.expires_at() - now()), milliseconds{1}, most);
  return {store_now() + held.count(),
          zk::cost_of(bytes_of(m, parts), std::chrono::ceil<std::chrono::seconds>(held),
                      ttl_of(services().settings.bank)),
          {},
          held < most,
          parts};
}

/// A delivery that was begun must not end with the message's expiry, and the copy there is does: so
/// it gets one of its own, and pays for that. All that were begun share it.
void post_office::outlive_expiry(transaction& t) {
  const auto kept = mails_.find(t.message.get());
  if (kept == mails_.end() || !kept->second.standing || !kept->second.held.shortened ||
      !std::any_of(t.deposits.begin(), t.deposits.end(), is_begun))
    return;
  auto& twin = kept->second.begun;
  if (!twin) {
    const auto& m = *t.message;
    twin = mqtt::message::make({m.shared_topic_name(), m.qos(), m.retain(), m.payload_is_utf8(),
                                m.publisher_waits(), m.trace(), m.publisher(), m.expires_at()},
                               m.forwarded(), m.payload());
  }
  t.message = twin;
  for (auto& d : t.deposits)
    d.delivery.message = twin;
}

held_change post_office::withdrawn(const mqtt::message& m, const holding& h) const {
  return {h.client, m.shared_topic_name(), h.credits, h.until_unix_ms,
          static_cast<std::int64_t>(bytes_of(m, h.parts))};
}

held_change post_office::returned(const mqtt::message& m, const holding& h) const {
  return {h.client, m.shared_topic_name(), -h.credits, h.until_unix_ms,
          -static_cast<std::int64_t>(bytes_of(m, h.parts))};
}

void post_office::book(held_change change) {
  auto c = std::make_shared<bank_commit>();
  c->held.push_back(std::move(change));
  send(pod().bank, commit_atom::value, std::move(c));
}

/// It is stored, and somebody else paid.
void post_office::account(mail& m) {
  if (!std::exchange(m.accounted, true))
    book(withdrawn(*m.message, m.held));
}

/// By the clock of this pod.
net::time_point post_office::held_until(const mail& m) {
  return m.held.until_unix_ms == 0 ? net::time_point::max()
                                   : pod().store_time.when(m.held.until_unix_ms, *pod().clock);
}

// --- time ---

void post_office::watch_expiry(mail& m, std::int64_t due_unix_ms) {
  expiring_.erase({m.due_unix_ms, m.message.get()});
  m.due_unix_ms = due_unix_ms;
  expiring_.emplace(due_unix_ms, m.message.get());
  if (expiring_.begin()->second == m.message.get())
    turn_hourglass();
}

/// The books lose sight of a mail; its node goes with `into`.
void post_office::drop_mail(std::unordered_map<const mqtt::message*, mail>::iterator m,
                            removal& into) {
  auto& kept = m->second;
  expiring_.erase({kept.due_unix_ms, kept.message.get()});
  if (!kept.foreign && kept.standing) {
    zk::remove_parts(kept.path, kept.parts, into.what);
    into.what.emplace_back(zk::remove_op{std::move(kept.path)});
    if (kept.accounted)
      into.held = returned(*kept.message, kept.held);
  }
  mails_.erase(m);
}

/// Its pointers go first, so that none is left behind that points nowhere. Of QoS 2 the packet
/// identifier stays until the session says that its client let go of it: the client may have the
/// message, and would take another one under that identifier for the same.
void post_office::expire(mail& m) {
  using state = zk::delivery_state;
  removal r;
  for (const auto& [session, number] : m.pointers) {
    const auto p = pointers_.find({session->number, number});
    auto& record = p->second.record;
    const auto was = std::exchange(record.state, state::released);
    if (was == state::released) { // needs its number, not the mail
      p->second.mail = nullptr;
      continue;
    }
    auto path = pointer_path(*session, number);
    if (was == state::sent && record.qos == static_cast<std::uint8_t>(mqtt::qos::exactly_once)) {
      p->second.mail = nullptr;
      r.what.emplace_back(
          zk::set_op{std::move(path), zk::encode_pointer(record).value_or(std::string{})});
    } else {
      r.what.emplace_back(zk::remove_op{std::move(path)});
      pointers_.erase(p);
    }
    if (r.what.size() == removed_at_once_max)
      remove(std::exchange(r, {}));
    send(session->handle, forgotten_atom::value, number);
  }
  drop_mail(mails_.find(m.message.get()), r);
  pod().bank_counts.expired.add();
  if (!r.what.empty())
    remove(std::move(r));
}

void post_office::time_passed() {
  const auto at = store_now();
  while (!expiring_.empty() && expiring_.begin()->first <= at) {
    auto& m = mails_.at(expiring_.begin()->second);
    if (m.word || !m.standing ||
        being_written_.contains(m.message.get())) // nobody can say yet whether there is something
      watch_expiry(m, at + later_ms);
    else
      expire(m);
  }
  while (!renewals_.empty() && renewals_.begin()->first <= at) {
    const auto topic = renewals_.begin()->second;
    renew(topic);
  }
  turn_hourglass();
}

void post_office::turn_hourglass() {
  auto next = std::min(expiring_.empty() ? INT64_MAX : expiring_.begin()->first,
                       renewals_.empty() ? INT64_MAX : renewals_.begin()->first);
  if (next == INT64_MAX)
    return services().timers->cancel(hourglass_);
  // The store's clock is known from what it stamped last, so the time is looked at now and then.
  next = std::min(next, store_now() + 10 * later_ms);
  services().timers->schedule(hourglass_,
                              std::max(pod().store_time.when(next, *pod().clock), now() + grain));
}

} // namespace mqttzoo::actors
