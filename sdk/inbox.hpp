// What was received with QoS 1 and 2: who still handles it, and when the server hears of it.
//
// Part of a `machine`, on its client's strand. A message is acknowledged when all its holders let
// go of it, in the order of arrival (section 4.6), so one that is held delays those behind it.
// Bounded by the receive maximum of CONNECT, which the server must keep. QoS 2 identifiers outlive
// a connection if the session does; a message of which the application still thinks when the
// connection breaks is not given to it twice.
#pragma once

#include "core/ring.hpp"
#include "mqtt/packet.hpp"
#include "mqtt/packet_id_pool.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mqttzoo::sdk {

/// One received message, for inbox::release(); rises, never used twice.
enum class receipt_number : std::uint64_t { none = 0 };

class inbox {
public:
  enum class verdict : std::uint8_t {
    deliver,
    known,    ///< the application has it
    too_many, ///< more than there are identifiers
  };
  struct arrival {
    verdict what = verdict::deliver;
    receipt_number number = receipt_number::none;
  };

  /// Messages that are not acknowledged yet.
  static constexpr std::size_t pending_max = 65'535;

  void connected(mqtt::protocol_version version, bool session_present);
  void disconnected();

  /// A PUBLISH of QoS 1 or 2 came. A message to deliver has no holders yet: hold() it for each, or
  /// release() it if there are none. May write what a repeated message is answered with.
  arrival arrived(const mqtt::publish_packet& p, std::string& out);
  /// One more holder.
  void hold(receipt_number number);
  /// A holder lets go, or there was none; writes the acknowledgements that are due.
  void release(receipt_number number, std::string& out);
  /// PUBREL: always answered.
  void released_by_server(mqtt::packet_id id, std::string& out);

  std::size_t unacknowledged() const noexcept { return pending_.size(); }

private:
  struct pending {
    mqtt::packet_id id = mqtt::packet_id::none;
    mqtt::qos qos = mqtt::qos::at_least_once;
    std::uint32_t holders = 0;
    bool done = false;
  };
  /// A QoS 2 message that was held when its connection broke.
  struct carried {
    mqtt::packet_id id;
    std::uint64_t number; ///< by which its holders know it
    std::uint32_t holders;
    std::uint64_t came_again_as; ///< 0: not yet
  };

  bool is_held(mqtt::packet_id id) const noexcept;
  pending* find(std::uint64_t number);
  carried* find_carried(std::uint64_t number);
  void settle(std::string& out);

  mqtt::protocol_version version_ = mqtt::protocol_version::v5;
  ring<pending> pending_;
  std::uint64_t first_ = 1; ///< the number of pending_.front()
  std::vector<carried> carried_;
  mqtt::packet_id_pool received_; ///< QoS 2, until PUBREL
};

} // namespace mqttzoo::sdk
