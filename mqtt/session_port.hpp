// What a session asks of the world: the effects of the protocol's state machine.
//
// The session state machine (session.hpp and its parts) takes inputs and a time, changes its state
// and calls this interface; it does no I/O itself. The session actor implements it, tests record
// it. Calls come on the session's thread and must not call back into the session.
#pragma once

#include "mqtt/delivery.hpp"
#include "mqtt/message.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::mqtt {

/// Numbers a session's messages in the order of their arrival, stored or not; 0 means "none".
enum class stored_number : std::uint64_t { none = 0 };

/// How far a stored message has come on its way to the session's client.
enum class stored_state : std::uint8_t {
  queued = 0,   ///< not sent when it was stored; of QoS 1 perhaps since
  sent = 1,     ///< sent, or of QoS 2 about to be, under its packet id
  released = 2, ///< QoS 2, PUBREC received: only the packet id matters now
};

/// One stored message of a session, as the store shall know it.
struct stored_pointer {
  stored_number number = stored_number::none;
  packet_id id = packet_id::none; ///< none while queued
  stored_state state = stored_state::queued;
  mqtt::qos qos = qos::at_least_once;
};

/// A subscription a session made.
struct subscription {
  std::string filter; ///< in full, `$share/...` included
  subscription_options options;
  std::uint32_t identifier = 0; ///< 0: none
  bool wants_retained = false;  ///< by its retain handling, at this SUBSCRIBE
};

/// How a session ends its connection.
enum class close_mode : std::uint8_t {
  after_flush, ///< what was encoded goes out first
  at_once,
};

class session_port {
public:
  virtual ~session_port() = default;

  // --- wire: only called while a connection is attached ---
  virtual std::string& out() = 0;
  virtual void send_payload(message_ref m) = 0;
  /// Something was encoded: write it at the end of this turn.
  virtual void flush() = 0;
  /// The peer does not read fast enough, and nobody pays for what it leaves: QoS 0 is dropped, the
  /// rest waits.
  virtual bool congested() = 0;
  virtual void close(close_mode mode) = 0;
  /// Why the connection ends, in a few words for people; close() follows.
  virtual void note_end(std::string_view) {}

  /// Takes no more input until resume_input(): a bound of ours is reached, not the client's fault.
  virtual void pause_input() = 0;
  virtual void resume_input() = 0;

  // --- memory ---
  /// Asks to keep `bytes` more in memory for a client that is behind, beyond what was sent to it
  /// and what the store holds. False: nobody pays for them, and what they are is to be dropped.
  virtual bool reserve(std::size_t bytes) = 0;
  /// That many are not kept any more.
  virtual void release(std::size_t bytes) = 0;

  // --- routing ---
  /// The one shared name of `topic`, so that messages need not copy it.
  virtual topic_ref intern(std::string_view topic) = 0;
  /// Sends `m` on its way; session::on_receipt(..., id, ...) follows unless `id` is none, whatever
  /// becomes of the connection.
  virtual void publish(message_ref m, packet_id id) = 0;
  /// session::on_subscribed(id, ...) follows once every route holds the subscriptions and, for a
  /// persistent session, the store does; or with a failure if the store cannot. Answers to calls
  /// with one `id` come in the order of the calls, whatever becomes of the connection. Of a
  /// persistent session session_changed() is called in the same turn: the store has the
  /// subscriptions once it knows the state after that.
  virtual void subscribe(std::vector<subscription> accepted, packet_id id) = 0;
  /// session::on_unsubscribed(id, ...) follows, as above; so does session_changed().
  virtual void unsubscribe(std::vector<std::string> filters, packet_id id) = 0;
  /// A message of a shared subscription that this session cannot deliver any more goes to another
  /// member.
  virtual void return_to_group(delivery d) = 0;

  // --- life ---
  /// The session's expiry or subscriptions changed, or it lost its client: what the store knows is
  /// out of date.
  virtual void session_changed() = 0;
  /// The session is over: routes, store and the actor itself go. Last call of a session.
  virtual void end() = 0;

  // --- store: only called for sessions that are, or have been, persistent ---
  /// Stores `d` for this session as `pointer`; outbound::on_stored(number, ...) follows, perhaps
  /// late: a publisher that waits has its message tried for as long.
  virtual void deposit(const delivery& d, stored_pointer pointer) = 0;
  /// Changes the state of a stored message; outbound::on_stored(number, ...) follows.
  virtual void record(stored_pointer pointer) = 0;
  /// The session has no more use for a stored message. Nothing follows.
  virtual void forget(stored_number number) = 0;
  /// Forgets the packet id of a QoS 2 PUBLISH that was released; session::on_released(id, ...)
  /// follows, with a failure if a crash could still bring the id back.
  virtual void forget_received(packet_id id) = 0;

  // --- traces: only called while counters.traces says that some run ---
  /// Its mark, if one of them follows this publish of the session's client.
  virtual trace_mark follow(const trace_candidate&) { return trace_mark::none; }
  /// What happened to a message; nothing is noted unless one follows it.
  virtual void note(const message&, const trace_note&) {}
  /// Of a publish that follow() gave that mark: it becomes no message.
  virtual void note_refusal(trace_mark, const trace_note&) {}
  /// Of what the client published under that packet id: what it is told.
  virtual void note_answer(packet_id, const trace_note&) {}
};

} // namespace mqttzoo::mqtt
