// How the rest of a pod knows a session: its name, where it lives, and how to reach it.
//
// Made with the session (see session.hpp by whom), shared by routes, groups and batches, gone when
// the last of them lets go. Any thread; what changes is atomic. The session drops its own reference
// when it ends, which breaks the cycle.
#pragma once

#include "actors/interfaces.hpp"
#include "actors/pigeonhole.hpp"
#include "core/ids.hpp"
#include "core/ref.hpp"
#include "mqtt/connection_epoch.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqttzoo::actors {

/// What actors on a session's own unit call on it directly, without a mailbox (a handler run
/// inline).
class local_session {
public:
  virtual ~local_session() = default;
  /// Takes the messages of `batch` on the terms of one route.
  virtual void deliver_inline(const batch& messages, const ticket_list& tickets,
                              const route_target& on) = 0;
  virtual void deliver_inline(const parcel& p) = 0;
  virtual void receipt_inline(const receipt& r) = 0;
  /// Nothing more is on its way to it.
  virtual void seal_inline() = 0;
};

class session_card final : public ref_counted {
public:
  session_card(session_number n, client_id c, unit_index u, std::vector<pod_life> adopted_of = {})
      : number(n), client(std::move(c)), unit(u), adopted_from(std::move(adopted_of)) {}

  const session_number number;
  const client_id client;
  const unit_index unit;
  /// The departed pods that had it before this one.
  const std::vector<pod_life> adopted_from;

  /// Set once by start_session(), before any other actor sees the card.
  session_actor handle;
  local_session* local = nullptr;

  /// Messages for it must be safe before they are acknowledged. Written by the session.
  std::atomic<bool> persistent{false};
  /// Groups prefer members that have a client. Written by the session.
  std::atomic<bool> connected{false};
  /// What came of earlier connections is of a session that a clean start ended: this one must not
  /// remember its packet ids. Written by the session, before it is stored anew.
  std::atomic<mqtt::connection_epoch> first_epoch{mqtt::connection_epoch::none};

  /// What became of what it published, beside the receipts that it is sent.
  pigeonhole<slip> settlements;

  /// Bytes it published that are still on their way through topics; see batch.
  std::atomic<std::size_t> transit_bytes{0};
  /// The session stopped reading because of them and wants to hear when they fall.
  std::atomic<bool> transit_waiter{false};
};

/// The terms on which a retained message goes to a new subscription.
inline mqtt::terms_ref retained_terms(const mqtt::subscription& s) {
  auto terms = make_ref<mqtt::delivery_terms>();
  terms->maximum_qos = s.options.qos;
  terms->retained = true;
  if (s.identifier != 0)
    terms->subscription_identifiers.push_back(s.identifier);
  return terms;
}

/// A subscription in force, shared by the index and every live topic it matches.
class made_subscription final : public ref_counted {
public:
  made_subscription(card_ref by, mqtt::subscription as)
      : session(std::move(by)), terms(std::move(as)), alone(terms_alone(terms)) {}

  const card_ref session;
  const mqtt::subscription terms; ///< filter in full, `$share/<name>/` included
  /// The terms of delivery where no other subscription of the session matches: shared by all such
  /// topics.
  const mqtt::terms_ref alone;

private:
  static mqtt::terms_ref terms_alone(const mqtt::subscription& s) {
    auto terms = make_ref<mqtt::delivery_terms>();
    terms->maximum_qos = s.options.qos;
    terms->retain_as_published = s.options.retain_as_published;
    if (s.identifier != 0)
      terms->subscription_identifiers.push_back(s.identifier);
    return terms;
  }
};

/// Whether a session that was adopted from `lives`, the latest first, was with `p` when that was
/// given a message.
inline bool had(const departed_pod& p, const std::vector<pod_life>& lives) {
  const auto at = std::find(lives.begin(), lives.end(), p.life);
  return at != lives.end() && std::none_of(at + 1, lives.end(), [&](const pod_life& before) {
           return std::find(p.beside.begin(), p.beside.end(), before) != p.beside.end();
         });
}

/// Whether the session of `t`, whose route has it, is to have the messages of `b`.
inline bool is_for(const batch& b, const route_target& t) {
  if (t.no_local && t.session == b.publisher)
    return false; // [MQTT-3.8.3-3]
  return std::all_of(b.origin.orphans_of.begin(), b.origin.orphans_of.end(),
                     [&](const departed_pod& p) { return had(p, t.session->adopted_from); });
}

} // namespace mqttzoo::actors
