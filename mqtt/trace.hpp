// What can happen to a message that a trace follows.
//
// It has a mark (trace_mark.hpp), from the moment its PUBLISH was received. Whoever does
// something with a message while any trace runs says so to its session_port, or to its unit's
// recorder (actors/trace_recorder.hpp), which looks at the mark. Values; any thread.
#pragma once

#include "mqtt/packet.hpp"
#include "mqtt/settlement.hpp"
#include "mqtt/trace_mark.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mqttzoo::mqtt {

/// A step of a message.
enum class trace_event : std::uint8_t {
  // at its publisher's session
  received, ///< PUBLISH was read
  refused,  ///< the publisher is told no, or would be
  withheld, ///< its 3.x publisher is not acknowledged until there is room
  promised, ///< PUBACK or PUBREC is written
  // between sessions
  kept,      ///< its topic does not know yet which pods want it
  routed,    ///< to so many sessions, groups and pods
  given,     ///< a group chose that member
  unwanted,  ///< a group has no member that could get it
  link_full, ///< it waits for room on the link to that pod
  sent_to_pod,
  came_from_pod,
  // at a subscriber's session
  reached, ///< of a client that is followed; nothing is known of what was before
  queued,  ///< behind the window, the socket or the store
  sent,    ///< PUBLISH is written
  acknowledged,
  mailed,   ///< stored for the session
  returned, ///< to the group, for another member
  expired,
  dropped,
};
inline constexpr trace_event last_trace_event = trace_event::dropped;

/// Why a message expired or was dropped.
enum class trace_cause : std::uint8_t {
  none,
  away,        ///< QoS 0, and no client is there
  socket,      ///< the client does not read fast enough
  queue,       ///< mqtt.session.queue.*
  memory,      ///< the bank lends nothing more
  packet_size, ///< the client's Maximum Packet Size
  session_end,
  store,       ///< it refused the message
  own_expiry,  ///< Message Expiry Interval
  mail_expiry, ///< bank.ttl
  link,        ///< links.queue.bytes.max
  frame_size,  ///< links.frame.bytes.max
};
inline constexpr trace_cause last_trace_cause = trace_cause::frame_size;

/// A publish, as a trace decides on it.
struct trace_candidate {
  std::string_view topic;
  std::string_view forwarded; ///< encoded properties, as publish_properties::forwarded
  std::size_t payload_bytes = 0;
  packet_id id = packet_id::none;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
};

/// What a session says of a message.
struct trace_note {
  trace_event what{};
  trace_cause why = trace_cause::none;
  mqtt::qos qos = qos::at_most_once;
  packet_id id = packet_id::none;
  settlement outcome{};
};

} // namespace mqttzoo::mqtt
