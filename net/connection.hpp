// A byte stream to one peer, as the actors see it.
//
// Owned by whoever attached `connection_events` to it (through a shared_ptr); lives until it is
// closed; every call and every event happens on the thread of its loop. The real one is
// tcp_connection.
#pragma once

#include "core/identity_rules.hpp"
#include "mqtt/message.hpp"
#include "net/detached_socket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

/// Why a connection went away.
enum class close_cause : std::uint8_t {
  by_peer,       ///< the peer closed or reset it
  io_error,      ///< the socket failed
  write_stalled, ///< the peer did not read for net.outbox.stall.timeout
  by_us,         ///< close() was called
};

/// What happens on a connection. Called on the loop's thread, never from within a call to the
/// connection.
class connection_events {
public:
  virtual ~connection_events() = default;

  /// `input` starts at a packet boundary and holds all bytes not yet consumed. Returns how many
  /// were consumed; the rest comes again, in front, with the next bytes.
  virtual std::size_t on_input(std::string_view input) = 0;

  /// The outbox was above its low-water mark and has fallen to it.
  virtual void on_drained() = 0;

  /// Last event of a connection; not called after detach_events().
  virtual void on_closed(close_cause cause) = 0;

  /// Whether some of what was consumed has still to be passed on, once whoever gets it takes it.
  virtual bool keeps_input() const noexcept { return false; }
};

class connection {
public:
  virtual ~connection() = default;

  /// Directs events to `events` from now on; input that waits is offered in the next turn of the
  /// loop.
  virtual void attach_events(connection_events& events) = 0;
  /// No event is delivered any more, input is kept and reading pauses until attach_events().
  virtual void detach_events() = 0;

  /// Where to encode what shall be sent. Valid until the loop's next turn; call flush_later()
  /// after.
  virtual std::string& out() = 0;
  /// Sends the payload of `m` by reference, after what stands in out().
  virtual void send_payload(mqtt::message_ref m) = 0;
  /// Writes everything at the end of this turn of the loop, with what others add until then.
  virtual void flush_later() = 0;
  /// Bytes accepted and not yet taken by the socket.
  virtual std::size_t outbox_bytes() const noexcept = 0;

  /// For an owner who is about to give it up: what the peer has sent and nobody consumed, with one
  /// more read, whether reading is paused or not. Empty where it cannot tell.
  virtual std::string last_input() { return {}; }

  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Writes what the outbox holds, as far as the peer takes it within a bounded time, then closes.
  virtual void close() = 0;
  /// Closes at once (TCP reset if data is left).
  virtual void abort() = 0;

  /// Takes the socket away, with the input that was not consumed, to become a connection of another
  /// loop. Call detach_events() before. Empty if the connection is closed or closing. Never from
  /// within on_input().
  virtual detached_socket detach_socket() = 0;

  /// "127.0.0.1:51234", for logs; "unix" by a socket's file. What a proxy carries and does not say
  /// the address of is "proxy" and the proxy's; behind " via " stands the pod that carries it here.
  virtual std::string peer() const = 0;

  /// The name of the listener that it came by; empty: none is known.
  virtual std::string listener() const { return {}; }

  /// The name in the valid certificate that the peer has shown; empty: there is none, or not
  /// exactly one.
  virtual std::string certified(core::certificate_identity) const { return {}; }
};

using connection_ptr = std::shared_ptr<connection>;

} // namespace mqttzoo::net
