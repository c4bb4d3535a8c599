// Random packets that are legal for a version and a sender.
#pragma once

#include "mqtt/decoder.hpp"

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <random>
#include <string>

namespace mqttzoo::mqtt::testing {

/// Makes packets from a seed. Views in them live as long as this object.
class random_packet {
public:
  explicit random_packet(std::uint64_t seed) : engine_(seed) {}

  packet next(protocol_version version, peer from);
  protocol_version version();
  bool coin() { return below(2) == 0; }
  /// A number of 0 to limit-1.
  std::size_t below(std::size_t limit);
  /// Any bytes.
  std::string bytes(std::size_t size);

private:
  std::string text(std::size_t characters_max);
  std::string topic();
  std::string_view keep(std::string value);
  packet_id id();
  qos level();
  user_properties users();
  reason_code pick(std::initializer_list<reason_code> from);
  std::string forwarded(bool& payload_is_utf8);
  void add_text_property(std::string& to, std::uint8_t id, const std::string& value);

  connect_packet connect(protocol_version version);
  will some_will(protocol_version version);
  connack_packet connack(protocol_version version);
  void add_limits(connack_packet& to);
  publish_packet publish(protocol_version version, peer from);
  ack_packet ack(protocol_version version);
  subscribe_packet subscribe(protocol_version version);
  suback_packet suback(protocol_version version);
  unsubscribe_packet unsubscribe(protocol_version version);
  unsuback_packet unsuback(protocol_version version);
  disconnect_packet disconnect(protocol_version version, peer from);
  auth_packet auth(peer from);

  std::mt19937_64 engine_;
  std::deque<std::string> kept_; ///< what views point to; the oldest are let go
};

} // namespace mqttzoo::mqtt::testing
