// What can go wrong, as `std::error_code`.
//
// Two categories of ours: `errc` for what the client itself decides, `reason` for what a server
// said; the value of the latter is the reason code of MQTT 5.0 (for 3.x the nearest one). Sockets,
// names and certificates report the errors of their own categories, deadlines
// `std::errc::timed_out`, and cancellation `std::errc::operation_canceled`. Values only: usable
// from any thread.
#pragma once

#include <system_error>

namespace mqttzoo {

/// What the client itself decides.
enum class errc {
  outbox_full = 1,    ///< no room for the message, and the caller does not wait
  not_connected,      ///< needs a connection, and there is none
  connection_lost,    ///< a QoS 0 message may or may not have left before the connection broke
  malformed_packet,   ///< the server sent what is no MQTT
  packet_too_large,   ///< more than the server takes, or than MQTT can express
  invalid_topic,      ///< no topic name
  invalid_filter,     ///< no topic filter
  expired,            ///< the message expired before it could be sent
  not_supported,      ///< this version of the protocol, or this server, does not have it
  keep_alive_timeout, ///< the server did not answer a PINGREQ
  closed,             ///< the subscription has ended
  too_many_requests,  ///< as many requests as allowed wait for their answers
  invalid_address,    ///< no URL that this client understands
  store_failed        ///< the file of the outbox cannot be read or written
};

/// What a server said: the failures among the reason codes of MQTT 5.0 (section 2.4).
enum class reason {
  unspecified_error = 0x80,
  malformed_packet = 0x81,
  protocol_error = 0x82,
  implementation_specific_error = 0x83,
  unsupported_protocol_version = 0x84,
  client_identifier_not_valid = 0x85,
  bad_user_name_or_password = 0x86,
  not_authorized = 0x87,
  server_unavailable = 0x88,
  server_busy = 0x89,
  banned = 0x8A,
  server_shutting_down = 0x8B,
  bad_authentication_method = 0x8C,
  keep_alive_timeout = 0x8D,
  session_taken_over = 0x8E,
  topic_filter_invalid = 0x8F,
  topic_name_invalid = 0x90,
  packet_identifier_in_use = 0x91,
  packet_identifier_not_found = 0x92,
  receive_maximum_exceeded = 0x93,
  topic_alias_invalid = 0x94,
  packet_too_large = 0x95,
  message_rate_too_high = 0x96,
  quota_exceeded = 0x97,
  administrative_action = 0x98,
  payload_format_invalid = 0x99,
  retain_not_supported = 0x9A,
  qos_not_supported = 0x9B,
  use_another_server = 0x9C,
  server_moved = 0x9D,
  shared_subscriptions_not_supported = 0x9E,
  connection_rate_exceeded = 0x9F,
  maximum_connect_time = 0xA0,
  subscription_identifiers_not_supported = 0xA1,
  wildcard_subscriptions_not_supported = 0xA2,
};

/// The category of `errc`, called "mqttzoo".
const std::error_category& client_category() noexcept;
/// The category of `reason`, called "mqtt".
const std::error_category& reason_category() noexcept;

/// Makes `errc` convertible to std::error_code.
inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), client_category()};
}
/// Makes `reason` convertible to std::error_code.
inline std::error_code make_error_code(reason r) noexcept {
  return {static_cast<int>(r), reason_category()};
}

} // namespace mqttzoo

template<>
struct std::is_error_code_enum<mqttzoo::errc> : std::true_type {};
template<>
struct std::is_error_code_enum<mqttzoo::reason> : std::true_type {};
