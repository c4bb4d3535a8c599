// The sender's half of a session: messages on their way to its client.
//
// Owns the packet ids, the window of unacknowledged messages and the queue behind it. Lives as long
// as the session, across connections. Part of the session, on its thread. Standard:
// sections 4.3, 4.4, 4.6 and 4.9.
//
// A message of QoS 1 or 2 waits in the queue, gets a packet id, is sent, and leaves with the
// client's acknowledgement. Bounded: the window by the client's Receive Maximum and
// mqtt.inflight.max, the queue by messages and bytes. What waits in the queue is paid for: by the
// store's copy, or as memory that the port granted. It waits no longer than the store holds it.
#pragma once

#include "core/ring.hpp"
#include "mqtt/counters.hpp"
#include "mqtt/delivery.hpp"
#include "mqtt/packet_id_pool.hpp"
#include "mqtt/permissions.hpp"
#include "mqtt/session_port.hpp"
#include "mqtt/topic_alias.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>

namespace mqttzoo::mqtt {

/// What one connection allows the sender to do.
struct sender_limits {
  protocol_version version = protocol_version::v3_1_1;
  std::uint16_t window = 1000;           ///< unacknowledged QoS 1 and 2 messages
  std::size_t packet_size_bytes_max = 0; ///< the client's limit, 0: none
  std::uint16_t topic_aliases = 0;       ///< how many the client accepts
};

/// Bounds of what waits, the same for every session of a pod.
struct queue_limits {
  std::size_t messages_max = 10'000;
  std::size_t bytes_max = std::size_t{16} << 20;
  std::chrono::milliseconds grace_min{50};
  std::chrono::milliseconds grace_max{1000};
};

class outbound {
public:
  outbound(session_port& port, counters& counts, const queue_limits& limits) noexcept
      : port_(port), counts_(counts), limits_(limits) {}

  /// How long what waits must last.
  enum class lifetime : std::uint8_t {
    connection, ///< it goes with its client
    store,      ///< it survives the connection and the process
  };
  /// What the store holds is forgotten when it need not last any more.
  void set_lifetime(lifetime of);

  /// A connection is there: unacknowledged messages are sent again, in order, with DUP.
  void connected(const sender_limits& limits, time_point now);
  /// What becomes of the session after its connection.
  enum class afterwards : std::uint8_t { goes_on, ends };
  /// The connection is gone. The messages of a session that goes on are stored; otherwise they, and
  /// what the store has of them, stay as they are until discard().
  void disconnected(afterwards session);
  /// The session ends: shared-subscription messages go back to their groups, the rest is dropped.
  /// Not while connected.
  void discard();

  /// What still waits counts no more. Last call.
  void leave_counts() noexcept { counts_.messages_queued.sub(queue_.size()); }

  /// Whose topics go to the client; null: all. What waits is looked at when it would leave, because
  /// another user, or a file read anew, may have the session meanwhile.
  void set_permissions(permissions* of) noexcept { permissions_ = of; }

  void deliver(delivery d, time_point now);
  /// Sends what the window and the outbox admit.
  void pump(time_point now);

  /// Answers of the client; false for a packet identifier that is not in the state they answer.
  bool on_puback(packet_id id, time_point now);
  bool on_pubrec(packet_id id, reason_code reason, time_point now);
  bool on_pubcomp(packet_id id, time_point now);

  /// The store's answer to deposit() and record(), success or the reason to refuse with. What was
  /// deposited is held until `held_until`, and no longer.
  void on_stored(stored_number number, const settlement& outcome, time_point now,
                 time_point held_until = time_point::max());
  /// The time of a stored message is over: the store has forgotten it, and so does this, unless it
  /// was sent to the client that is here now.
  void on_expired(stored_number number, time_point now);
  /// A message found in the store when the pod started; called in the order of their numbers.
  void restore(delivery d, stored_pointer pointer, time_point held_until = time_point::max());

  /// When on_due() wants to be called; time_point::max() if never.
  time_point next_due() const noexcept { return std::min(grace_ends_, retry_at_); }
  /// Stores what its client has not acknowledged within the grace, and retries what the store
  /// refused.
  void on_due(time_point now);

  std::size_t waiting() const noexcept { return queue_.size(); }
  std::size_t waiting_bytes() const noexcept { return queue_bytes_; }
  std::uint16_t window() const noexcept { return connection_.window; }
  /// Its client's usual time to acknowledge; 0: it never has.
  std::chrono::nanoseconds acknowledge_time() const noexcept { return acknowledge_time_; }
  /// What an unacknowledged message waits for.
  enum class awaited : std::uint8_t {
    puback,
    pubrec,
    pubcomp,
    record, ///< the store, before PUBREL
  };
  struct unacknowledged_message {
    time_point sent_at{};
    awaited answer = awaited::puback;
    packet_id id = packet_id::none;
    topic_ref topic; ///< null once released
  };
  /// The oldest; not if there is none.
  unacknowledged_message oldest() const;
  std::size_t unacknowledged() const noexcept { return inflight_.size(); }
  /// The store has every message, and knows how far each has come.
  bool at_rest() const noexcept;
  /// Nothing more should be offered that can wait elsewhere, such as retained messages.
  bool busy() const;

private:
  /// Whether the message itself stands in the store.
  enum class durability : std::uint8_t { none, pending, done };

  struct entry {
    message_ref message; ///< null once released
    terms_ref terms;
    ref<ticket> promise;
    time_point sent_at{};
    time_point held_until = time_point::max();  ///< by the store
    stored_number number = stored_number::none; ///< by arrival, whether or not it is ever stored
    packet_id id = packet_id::none;
    mqtt::qos qos = qos::at_least_once;
    durability durable = durability::none;
    bool released = false;     ///< QoS 2: PUBREC was received
    bool recorded = false;     ///< the store knows `id` and `released`
    bool recording = false;    ///< record() is under way
    bool lapsed = false;       ///< its time in the store is over
    bool sent_before = false;  ///< the next time is a repetition: DUP
    bool perhaps_sent = false; ///< by an earlier process: DUP, but it may still expire
    bool reserved = false;     ///< its bytes, from the port, while it is in queue_

    /// When it stops being worth delivering, or being there at all.
    time_point expires_at() const noexcept { return std::min(message->expires_at(), held_until); }
  };

  /// Where an entry stands: index into inflight_ or queue_.
  struct place {
    ring<entry>* in = nullptr;
    std::size_t index = 0;
  };

  void send_at_most_once(const delivery& d, time_point now);
  void note(const message_ref& m, const trace_note& n) {
    if (counts_.traces.get() != 0 && m) [[unlikely]]
      port_.note(*m, n);
  }
  void note_drop(const message_ref& m, trace_cause why) { note(m, {trace_event::dropped, why}); }
  void give_back(const delivery& d);
  void wait(entry e, time_point now);
  bool withheld(const message& m);
  bool has_room_for(const entry& e) const noexcept;
  void deposit(entry& e);
  void deposit_predecessors(const entry& of);
  void deposit_all();
  void record(entry& e);
  void prepare_queue();
  bool ready(const entry& e) const noexcept;
  bool needs_record(const entry& e) const noexcept {
    return persistent_ && e.qos == qos::exactly_once;
  }
  void resend(time_point now);
  bool send_next(time_point now);
  bool drop_expired_head(time_point now);
  bool expired(const entry& e, time_point now) const noexcept;
  void count_expired(const entry& e, time_point now);
  bool reserve(entry& e);
  void release(entry& e);
  /// The client may hold the identifier, and would take another message under it for the same.
  static bool perhaps_known(const entry& e) noexcept {
    return e.qos == qos::exactly_once && e.sent_before;
  }
  /// From here on only the identifier is kept, until PUBCOMP.
  void let_go(entry& e);
  /// False when the client could never take it.
  bool send(entry& e, time_point now);
  enum class attempt : std::uint8_t { first, repeated };
  /// What of a copy differs from one receiver to the other, besides the terms.
  struct copy {
    mqtt::qos qos;
    packet_id id;
    attempt which;
    time_point expires_at;
  };
  bool encode(const message_ref& m, const delivery_terms& terms, const copy& as, time_point now);
  bool fit(publish_packet& p, const topic_ref& topic);
  void send_pubrel(packet_id id, reason_code reason = reason_code::success);
  void measure(const entry& e, time_point now) noexcept;
  void finish(std::size_t index, time_point now);
  void remove(std::size_t index);
  void drop(entry& e);
  entry pop_waiting();
  void drop_queued(std::size_t index);
  void left_queue(entry& e);
  void store_overdue(time_point now);
  place find(stored_number number) noexcept;
  std::size_t find(packet_id id) const noexcept;
  void remove_restored(packet_id id);
  void remove_lapsed();
  static void lapse(entry& e);
  void lapse_queued(std::size_t index, time_point now);
  void store_failed(place where, const settlement& why, time_point now);
  bool window_open() const noexcept { return inflight_.size() < connection_.window; }
  std::chrono::nanoseconds grace() const noexcept;

  session_port& port_;
  counters& counts_;
  const queue_limits& limits_;
  permissions* permissions_ = nullptr; ///< the session's
  sender_limits connection_;
  packet_id_pool ids_;
  ring<entry> inflight_; ///< have a packet id and were sent, oldest first
  ring<entry> queue_;    ///< not sent yet, by rising number
  std::size_t queue_bytes_ = 0;
  std::size_t prepared_ = 0; ///< the first so many of queue_ need no more from prepare_queue()
  std::size_t sent_now_ = 0; ///< the first so many of inflight_ were sent on this connection
  std::uint64_t last_number_ = 0;
  std::chrono::nanoseconds acknowledge_time_{0}; ///< smoothed
  /// Older messages of QoS 1 with a promise were deposited.
  stored_number deposited_before_ = stored_number::none;
  time_point grace_ends_ = time_point::max();   ///< no message is overdue before
  time_point retry_at_ = time_point::max();     ///< when to ask the store again
  std::unique_ptr<topic_alias_sender> aliases_; ///< 5.0 clients that accept aliases
  bool connected_ = false;
  bool persistent_ = false;
  bool unsent_exactly_once_ = false; ///< restore() found one
};

} // namespace mqttzoo::mqtt
