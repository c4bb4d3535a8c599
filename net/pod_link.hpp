// A link to another pod, as the actors see it: frames in order, both ways, while both live.
//
// Owned through a shared_ptr by its user, who gets it open from a link_dialer or a link_listener;
// dropped without close(), it closes at once. Every call and every event happens on the thread of
// its loop. What was sent on a link that closed may or may not have arrived: the user asks for
// receipts where it matters. The real one is framed_link; simulations bring their own.
#pragma once

#include "mqtt/message.hpp"
#include "net/link_frame.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mqttzoo::net {

/// Who is at the other end.
struct link_peer {
  std::string pod;
  std::uint64_t incarnation = 0;
};

/// Why two pods do not link; one byte on the wire, so a number keeps its meaning.
enum class link_refusal : std::uint8_t {
  none = 0,
  malformed = 1,         ///< not the frame that belongs there, or not its layout
  version = 2,           ///< another version of the protocol
  wrong_cluster = 3,     ///< the peer belongs to another cluster
  wrong_name = 4,        ///< the peer means another pod, or is another one than was dialled
  older_incarnation = 5, ///< a later life of the peer is known
  superseded = 6,        ///< the peer means a later life of this pod
  not_proven = 7,        ///< the certificate was made out to another name
  wrong_direction = 8,   ///< the pod with the greater name dialled
  other = 9,             ///< a reason of a later version
};

const char* to_string(link_refusal why) noexcept;

enum class link_cause : std::uint8_t {
  by_us,            ///< close() or abort() was called
  by_peer,          ///< the peer closed or reset it
  io_error,         ///< the socket failed
  not_secured,      ///< TLS was not agreed on: `detail` says why
  refused_by_us,    ///< see `refusal`
  refused_by_peer,  ///< see `refusal`
  greeting_timeout, ///< TLS and greeting took longer than links.greeting.timeout
  bad_frame,        ///< the peer sent what no pod sends
  silent,           ///< nothing was heard for links.silence.max
  write_stalled,    ///< the peer took nothing for links.stall.timeout
};

const char* to_string(link_cause cause) noexcept;

struct link_end {
  link_cause cause = link_cause::by_us;
  link_refusal refusal = link_refusal::none;
  std::string detail; ///< for logs; often empty
};

/// What happens on a link that is open: whoever made it hands it over in that moment. Called on the
/// loop's thread.
class link_events {
public:
  virtual ~link_events() = default;

  /// A frame of the user's kinds; `body` is gone when the call returns.
  virtual void on_frame(link_kind kind, std::string_view body) = 0;
  /// The queue was full and has fallen to its low-water mark: sending is possible again.
  virtual void on_drained() = 0;
  /// The last event, once; not from within a call to the link, and not after detach_events().
  virtual void on_closed(const link_end& end) = 0;
};

/// A part of a body: bytes, which are copied, and behind them the payload of a message, if there is
/// one; a large payload is sent by reference.
struct link_piece {
  std::string_view bytes;
  mqtt::message_ref payload;

  std::size_t size_bytes() const noexcept {
    return bytes.size() + (payload ? payload->payload().size() : 0);
  }
};

enum class link_sent : std::uint8_t {
  queued,
  full,     ///< not sent: wait for on_drained()
  too_long, ///< not sent: the peer takes no such frame
  not_open, ///< not sent: closed, or closing
};

class pod_link {
public:
  virtual ~pod_link() = default;

  /// Directs events to `events` from now on; frames that wait come in the next turn of the loop.
  virtual void attach_events(link_events& events) = 0;
  /// No event is delivered any more, and reading pauses until attach_events().
  virtual void detach_events() = 0;

  virtual bool is_open() const noexcept = 0;
  virtual const link_peer& peer() const noexcept = 0;
  /// Largest body the peer takes, in bytes.
  virtual std::size_t frame_bytes_max() const noexcept = 0;

  /// Queues one frame: all of it or nothing. Written at the end of this turn of the loop.
  virtual link_sent send(link_kind kind, std::span<const link_piece> body) = 0;
  link_sent send(link_kind kind, std::string_view body) {
    const link_piece piece{body, nullptr};
    return send(kind, {&piece, 1});
  }

  /// Whether the next frame would not be queued. Once it is so, it stays so until on_drained().
  virtual bool full() const noexcept = 0;
  virtual std::size_t queued_bytes() const noexcept = 0;
  virtual std::size_t queued_frames() const noexcept = 0;

  /// The peer sees our queue stand still, and its own fills.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  /// Writes what is queued, as far as the peer takes it within a bounded time, then closes.
  virtual void close() = 0;
  /// Closes at once; what is queued is lost.
  virtual void abort() = 0;

  /// "127.0.0.1:51234", for logs.
  virtual std::string address() const = 0;
};

using pod_link_ptr = std::shared_ptr<pod_link>;

} // namespace mqttzoo::net
