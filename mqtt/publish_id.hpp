// Which publish of a client a receipt is about.
//
// A value. QoS 2 has its identifiers for as long as the session, QoS 1 for as long as the
// connection; so a client that lost its state may give one of each the same number.
#pragma once

#include "mqtt/packet.hpp"

namespace mqttzoo::mqtt {

struct publish_id {
  packet_id id = packet_id::none;
  mqtt::qos qos = qos::at_least_once;
  bool operator==(const publish_id&) const = default;
};

} // namespace mqttzoo::mqtt
