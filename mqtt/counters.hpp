// What a unit counts while its sessions work; the pod's figures are the sums over its units.
//
// One writer (the unit's thread), any number of readers; see counter.hpp.
#pragma once

#include "mqtt/counter.hpp"
#include "mqtt/latency_histogram.hpp"
#include "mqtt/login_outcome.hpp"

#include <array>

namespace mqttzoo::mqtt {

struct counters {
  counter packets_received;
  counter packets_sent;
  counter traces;                 ///< now: that run, here or for another pod
  counter trace_messages_skipped; ///< that they would have followed but for trace.messages.rate
  counter trace_steps_lost;       ///< that were too many at once to be noted
  counter publishes_received;     ///< PUBLISH packets from clients
  counter publishes_sent;         ///< PUBLISH packets to clients
  counter publish_bytes_received; ///< their payloads
  counter publish_bytes_sent;
  counter publishes_dropped; ///< QoS 0 to a slow reader, or beyond a full queue of a clean session
  counter publishes_refused; ///< answered with "no" because no promise could be made
  counter publishes_away;    ///< QoS 0 that came while its session had no client: nobody holds it
  counter publishes_delayed; ///< of 3.x clients, because no promise could be made at once
  counter publishes_waiting; ///< now, of those: with the post office
  counter publishers_given_up;   ///< 3.x clients disconnected when bank.patience was over
  counter publishes_expired;     ///< message expiry interval ran out before delivery
  counter mail_expired;          ///< its time in the store was over before its client had it
  counter publishes_too_large;   ///< left out because of the client's maximum packet size
  counter subscriptions;         ///< now
  counter subscriptions_refused; ///< beyond mqtt.subscriptions.max or .bytes.max
  counter sessions;              ///< now, connected or away
  counter sessions_taken_over;   ///< whose client came while an older connection of it was there
  counter clients_connected;     ///< now
  counter clients_expired;       ///< sessions that ended by their expiry interval
  counter messages_queued;       ///< now, waiting in sessions for a window or a client
  counter memory_bytes;          ///< now, in memory for clients that are behind, and paid for
  counter memory_refusals;       ///< of these, what found no credit: was dropped or put off
  counter messages_stored;       ///< deposits asked of the store
  counter connects_refused;      ///< CONNECT answered with a failure
  counter connect_timeouts;      ///< no CONNECT in net.connect.timeout
  counter packet_timeouts;       ///< half a packet for net.packet.timeout
  counter keep_alive_timeouts;
  counter protocol_errors;          ///< connections closed for a malformed packet or a violation
  counter reads_paused;             ///< a publisher's reading was paused by backpressure
  counter reads_throttled;          ///< a client's reading was paused by limits.client
  counter account_sessions_refused; ///< beyond limits.account.sessions.max
  counter far_publishes_sent;       ///< messages sent to another pod, once for each pod
  counter far_publishes_received;   ///< and those that came from one
  counter publishes_kept;      ///< by topics that could not tell yet which other pods want them
  counter routes_late;         ///< another pod's wish came when its topic had sent messages already
  counter connections_carried; ///< now: clients here whose session is at another pod
  counter connections_carried_ever; ///< and all of them so far
  counter claims_waiting;           ///< now: clients that wait to hear which pod has their session
  counter claims_timed_out;         ///< those that did not hear in cluster.claim.timeout
  counter claims_put_off;           ///< now: of all pods' clients, here, until a view is settled
  counter claims_overflowed;        ///< beyond sessions.max of those
  counter links_lost;               ///< to other pods
  counter links_overflowed;         ///< beyond the bound of links of pods that are no members yet
  latency_histogram acknowledge;    ///< of clients, from PUBLISH to PUBACK or PUBREC
  std::array<counter, login_outcome_words.size()> logins; ///< by login_outcome
  counter logins_waiting;       ///< now: for the verdict on a password or token
  counter publishes_denied;     ///< PUBLISH to a topic the client may not publish to, wills too
  counter subscriptions_denied; ///< to filters of which the client may read nothing
  counter deliveries_denied;    ///< messages left out because the client may not read the topic
  counter clients_judged_out;   ///< disconnected after a reload, or with the end of their proof
  counter hook_cache_hits;      ///< verdicts of the hook that were remembered
  latency_histogram hook;       ///< from asking the hook to its answer
  latency_histogram login;      ///< from CONNECT to the verdict on its password or token
  /// By this pod, from PUBLISH read to PUBACK or PUBREC written, promises only.
  latency_histogram promise_at_least_once;
  latency_histogram promise_exactly_once;
};

} // namespace mqttzoo::mqtt
