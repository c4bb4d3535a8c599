// Between the messages of an application and those of the codec.
//
// Pure functions over values; thread-safe.
#pragma once

#include "mqtt/packet.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/include/mqttzoo/message.hpp"
#include "sdk/include/mqttzoo/options.hpp"

#include <cstddef>
#include <string>
#include <system_error>

namespace mqttzoo::sdk {

/// What is wrong with a message before anything is sent: its topic, or a text that is no UTF-8 or
/// too long for its field.
std::error_code check_message(const message& m);

/// Its properties but the expiry, as they stand on the wire (mqtt::publish_properties::forwarded).
std::string encode_properties(const message_properties& p);

/// Overwrites `out`, whose memory is used again. `topic` is the packet's, its alias resolved.
void read_message(const mqtt::publish_packet& p, std::string_view topic, message& out);

/// The will of a CONNECT.
mqtt::will to_wire(const will_options& w);

/// Bytes that a message counts with in an outbox.
std::size_t cost_bytes(const message& m) noexcept;

/// What a server answered, as applications see it.
inline std::error_code to_error(mqtt::reason_code code) noexcept {
  return reason{static_cast<int>(code)};
}

constexpr mqtt::qos to_wire(qos q) noexcept {
  return static_cast<mqtt::qos>(q);
}
constexpr mqtt::protocol_version to_wire(protocol p) noexcept {
  return static_cast<mqtt::protocol_version>(p);
}

} // namespace mqttzoo::sdk
