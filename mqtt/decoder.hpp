// Bytes in, packets out: splits a stream into frames and decodes each in place.
//
// Pure functions over views; nothing is allocated by a length that a peer claims. Used by the
// session (what clients send) and by the SDK (what servers send). Thread-safe: no shared state.
// Standard: sections 1.5, 2 and 3 of both texts.
#pragma once

#include "core/expected.hpp"
#include "mqtt/packet.hpp"

#include <cstddef>
#include <string_view>

namespace mqttzoo::mqtt {

/// Why a packet was refused: what to answer, and a sentence for logs and reason strings.
struct decode_error {
  reason_code reason = reason_code::malformed_packet;
  const char* what = ""; ///< static text
};

/// The fixed header of one packet (section 2.1).
struct frame {
  packet_type type = packet_type::connect;
  std::uint8_t flags = 0;          ///< the low four bits of the first byte
  std::string_view body;           ///< variable header and payload
  std::size_t wire_size_bytes = 0; ///< fixed header and body
};

enum class frame_status : std::uint8_t { complete, need_more };

/// Takes the first frame off `input`. With need_more, `out.wire_size_bytes` is the size of the
/// whole packet if its length field is complete, else 0, and `out.type` is valid if `input` is not
/// empty. Fails for a malformed length, a packet type of 0, flags that no version allows, or a
/// packet of more than `max_packet_size_bytes` (0x95; 0: no limit), which is seen before its body
/// arrives.
expected<frame_status, decode_error> next_frame(std::string_view input,
                                                std::size_t max_packet_size_bytes, frame& out);

/// Who sent the frame: some packets and properties are legal in one direction only.
enum class peer : std::uint8_t { client, server };

/// Decodes one frame of next_frame(), sent by `from` under `version` (CONNECT brings its own).
/// Views in the result point into `in.body`, or into `scratch` when properties had to be regrouped.
/// The memory of the result is proportional to the frame; the worst case are user properties of
/// five bytes, each of which becomes a pair of strings.
expected<packet, decode_error> decode(const frame& in, protocol_version version, peer from,
                                      std::string& scratch);

/// The hot path of decode(): a PUBLISH only, into a value the caller reuses. Allocates
/// nothing for 3.x, and for 5.0 nothing that the capacity of `out` and `scratch` does not hold
/// already. After a failure `out` is of no use.
expected<void, decode_error> decode_publish(const frame& in, protocol_version version, peer from,
                                            publish_packet& out, std::string& scratch);

/// The same for PUBACK, PUBREC, PUBREL and PUBCOMP. After a failure `out` is of no use.
expected<void, decode_error> decode_ack(const frame& in, protocol_version version, peer from,
                                        ack_packet& out);

/// The version in which to answer a CONNECT, also one that decode() refuses: 5.0 for level 5 and
/// above, 3.1.1 for other levels of "MQTT" and 3.1 for "MQIsdp"; unknown if it is no CONNECT at
/// all.
protocol_version connect_version_of(const frame& in) noexcept;

} // namespace mqttzoo::mqtt
