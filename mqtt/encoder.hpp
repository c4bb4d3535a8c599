// Packets in, bytes out: appends the wire form of a packet to a buffer.
//
// Pure functions; the caller owns the buffer. What a version lacks is left out: properties and
// reason codes in 3.x. Standard: sections 1.5, 2 and 3 of both texts.
#pragma once

#include "mqtt/packet.hpp"

#include <cstddef>
#include <string>

namespace mqttzoo::mqtt {

/// Appends `p` as sent under `version` to `out`; returns the number of bytes appended.
/// `max_packet_size_bytes` is the peer's limit (0: none): user properties, then reason strings are
/// left out when they would break it [MQTT-3.2.2-19] and its siblings; 0 is returned and nothing
/// appended when the packet is too large even so, or has a string of more than 65,535 bytes.
/// Strings must be valid UTF-8 and reason codes the packet's own (asserted).
std::size_t encode(const connect_packet& p, std::string& out);
std::size_t encode(const connack_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out);
std::size_t encode(const publish_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out);
std::size_t encode(const ack_packet& p, protocol_version version, std::size_t max_packet_size_bytes,
                   std::string& out);
std::size_t encode(const subscribe_packet& p, protocol_version version, std::string& out);
std::size_t encode(const suback_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out);
std::size_t encode(const unsubscribe_packet& p, protocol_version version, std::string& out);
std::size_t encode(const unsuback_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out);
std::size_t encode(const pingreq_packet& p, std::string& out);
std::size_t encode(const pingresp_packet& p, std::string& out);
std::size_t encode(const disconnect_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out);
std::size_t encode(const auth_packet& p, std::size_t max_packet_size_bytes, std::string& out);

/// The hot path of PUBACK, PUBREC, PUBREL and PUBCOMP: no properties; the reason is left out when
/// it is success. Never fails.
void append_ack(packet_type type, packet_id id, reason_code reason, protocol_version version,
                std::string& out);

/// The size of the encoded PUBLISH without its payload: fixed header, topic, id, properties.
/// Appends exactly that to `out` so that a large payload can be sent by reference after it.
/// 0 and nothing appended if no packet can hold it.
std::size_t encode_publish_header(const publish_packet& p, protocol_version version,
                                  std::string& out);

/// The number of bytes encode() would append for `p` without a limit; the largest size_t if no
/// packet can hold it.
std::size_t encoded_size(const publish_packet& p, protocol_version version) noexcept;

} // namespace mqttzoo::mqtt
