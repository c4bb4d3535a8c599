// The receiver's half of a session: messages its client publishes.
//
// Owns the identifiers of QoS 2 messages that were received and not released, and counts what waits
// for its receipt. The QoS 2 identifiers live as long as the session, the counts as long as the
// connection. How many identifiers there may be is the session's to say. Part of it, on its thread.
// Standard: sections 4.3 and 4.9 (Receive Maximum).
#pragma once

#include "mqtt/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqttzoo::mqtt {

class inbound {
public:
  /// What to do with a PUBLISH of QoS 2.
  enum class verdict : std::uint8_t {
    route,             ///< new: send it on its way
    repeat_ack,        ///< known and acknowledged: PUBREC again, nothing else
    already_under_way, ///< known, its receipt will come: nothing
  };

  /// What to do with a PUBREL.
  enum class release_verdict : std::uint8_t {
    forget,    ///< the identifier is to be forgotten, then PUBCOMP
    wait,      ///< that is under way
    unknown,   ///< nothing to forget: PUBCOMP
    premature, ///< PUBREC was not sent yet: an error of the client
  };

  /// What came of a publish.
  enum class result : std::uint8_t { accepted, refused };

  void begin_at_least_once() noexcept { ++waiting_; }
  verdict begin_exactly_once(packet_id id);

  /// QoS 2, in use: not to be used for another message.
  bool knows(packet_id id) const noexcept { return find(id) != received_.end(); }
  /// How many of those there are, of all connections.
  std::size_t unreleased() const noexcept { return received_.size(); }
  /// QoS 2, its receipt has not come.
  bool waits_for(packet_id id) const noexcept;

  /// The receipt of a QoS 1 publish of this connection.
  void settle_at_least_once() noexcept;
  /// The receipt of a QoS 2 publish that waits for it; a refused one is as if it had never come.
  void settle_exactly_once(packet_id id, result how);

  /// PUBREL came. The identifier stays in use until forget().
  release_verdict release(packet_id id) noexcept;
  /// False if `id` is none that was released.
  bool forget(packet_id id);
  /// What release() asked for could not be done.
  void keep(packet_id id) noexcept;
  /// An identifier whose forgetting is to be tried again now, none if there is no other.
  packet_id next_kept() noexcept;

  /// A connection ended: what was counted on it counts no more.
  void disconnected() noexcept;
  /// An identifier found in the store at start.
  void restore(packet_id id);

  /// Publishes of this connection that wait for a receipt from us.
  std::size_t waiting() const noexcept { return waiting_; }
  /// What this connection's client has used of the Receive Maximum. [MQTT-3.3.4-7]
  std::size_t unacknowledged() const noexcept { return waiting_ + acknowledged_; }
  bool empty() const noexcept { return received_.empty(); }
  /// Every identifier of QoS 2 is acknowledged, and none is being forgotten.
  bool at_rest() const noexcept;

private:
  enum class state : std::uint8_t {
    under_way,    ///< waits for its receipt
    acknowledged, ///< PUBREC was sent, or will be when the client asks again
    released,     ///< PUBREL came, it is being forgotten
    kept,         ///< PUBREL came, forgetting it failed
  };
  struct entry {
    packet_id id = packet_id::none;
    state is = state::under_way;
    bool counted = false; ///< its PUBLISH came on this connection
  };

  using entries = std::vector<entry>;

  entries::iterator place(packet_id id) noexcept;
  entries::iterator find(packet_id id) noexcept;
  entries::const_iterator find(packet_id id) const noexcept;
  void erase(entries::iterator e);
  void count(entry& e) noexcept;

  entries received_; ///< QoS 2 only, by identifier
  std::size_t waiting_ = 0;
  std::size_t acknowledged_ = 0; ///< QoS 2 after PUBREC, before PUBCOMP
};

} // namespace mqttzoo::mqtt
