// The receiver's half of a session: messages its client publishes.
//
// Owns the identifiers of QoS 2 messages that were received and not released, and counts what waits for its
// receipt. The QoS 2 identifiers live as long as the session, the rest as long as the connection. Part of the
// session, on its thread. Standard: sections 4.3 and 4.9 (Receive Maximum).
#pragma once

#include "core/ring.hpp"
#include "mqtt/packet.hpp"

#include <cstddef>
#include <cstdint>

namespace mqttzoo::mqtt {

class inbound {
public:
  /// What to do with a PUBLISH of QoS 1 or 2.
  enum class verdict : std::uint8_t {
    route,             ///< new: send it on its way
    repeat_ack,        ///< QoS 2, known and acknowledged: PUBREC again, nothing else [MQTT-4.3.3-10]
    already_under_way, ///< QoS 2, known, its receipt will come: nothing
  };

  /// A PUBLISH of QoS 1 came.
  void begin_at_least_once() noexcept { ++waiting_; }
  verdict begin_exactly_once(packet_id id);

  /// The receipt of a QoS 1 publish: an identifier that is not known here as QoS 2.
  bool is_exactly_once(packet_id id) const noexcept { return find(id) != received_.size(); }
  /// The receipt of any publish; a refused QoS 2 message is as if it had never come.
  void settle(packet_id id, bool refused);

  /// PUBREL came: true if the identifier was known. It stays in use until forget().
  bool release(packet_id id) noexcept;
  void forget(packet_id id) noexcept;

  /// A connection ended: receipts on their way belong to nobody.
  void disconnected() noexcept;
  /// An identifier found in the store at start.
  void restore(packet_id id) { received_.push_back({id, state::acknowledged}); }

  /// Publishes that wait for a receipt from us.
  std::size_t waiting() const noexcept { return waiting_; }
  /// What counts against the Receive Maximum we announced. [MQTT-3.3.4-7]
  std::size_t unacknowledged() const noexcept { return waiting_ + acknowledged_; }
  bool empty() const noexcept { return received_.empty(); }

private:
  enum class state : std::uint8_t { under_way, acknowledged, released };
  struct entry {
    packet_id id = packet_id::none;
    state is = state::under_way;
  };

  std::size_t find(packet_id id) const noexcept;

  ring<entry> received_; ///< QoS 2 only, oldest first
  std::size_t waiting_ = 0;
  std::size_t acknowledged_ = 0; ///< QoS 2 after PUBREC, before PUBCOMP, on this connection
};

} // namespace mqttzoo::mqtt
