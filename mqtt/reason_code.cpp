#include "mqtt/reason_code.hpp"

#include "mqtt/decoder.hpp"

#include <algorithm>

namespace mqttzoo::mqtt {
namespace {

/// A set of packet types: bit n stands for packet type n.
using packet_set = std::uint16_t;

constexpr packet_set set_of(auto... types) noexcept {
  return static_cast<packet_set>((0U | ... | (1U << static_cast<unsigned>(types))));
}

constexpr auto connack = set_of(packet_type::connack);
constexpr auto published = set_of(packet_type::puback, packet_type::pubrec);
constexpr auto released = set_of(packet_type::pubrel, packet_type::pubcomp);
constexpr auto suback = set_of(packet_type::suback);
constexpr auto unsuback = set_of(packet_type::unsuback);
constexpr auto disconnect = set_of(packet_type::disconnect);
constexpr auto auth = set_of(packet_type::auth);
constexpr packet_set none = 0;

struct row {
  reason_code code;
  std::string_view name;
  packet_set both;   ///< packets in which either side sends it (or that have one sender only)
  packet_set client; ///< where only a client does
  packet_set server; ///< where only a server does
};

using enum reason_code;

// Table 2-6 of the standard, with the senders that sections 3.14.2.1 and 3.15.2.1 name.
// clang-format off
constexpr row rows[] = {
  {success, "Success", connack | published | released | suback | unsuback | disconnect, none, auth},
  {granted_qos_1, "Granted QoS 1", suback, none, none},
  {granted_qos_2, "Granted QoS 2", suback, none, none},
  {disconnect_with_will_message, "Disconnect with Will Message", none, disconnect, none},
  {no_matching_subscribers, "No matching subscribers", published, none, none},
  {no_subscription_existed, "No subscription existed", unsuback, none, none},
  {continue_authentication, "Continue authentication", auth, none, none},
  {re_authenticate, "Re-authenticate", none, auth, none},
  {unspecified_error, "Unspecified error", connack | published | suback | unsuback | disconnect, none, none},
  {malformed_packet, "Malformed Packet", connack | disconnect, none, none},
  {protocol_error, "Protocol Error", connack | disconnect, none, none},
  {implementation_specific_error, "Implementation specific error",
   connack | published | suback | unsuback | disconnect, none, none},
  {unsupported_protocol_version, "Unsupported Protocol Version", connack, none, none},
  {client_identifier_not_valid, "Client Identifier not valid", connack, none, none},
  {bad_user_name_or_password, "Bad User Name or Password", connack, none, none},
  {not_authorized, "Not authorized", connack | published | suback | unsuback, none, disconnect},
  {server_unavailable, "Server unavailable", connack, none, none},
  {server_busy, "Server busy", connack, none, disconnect},
  {banned, "Banned", connack, none, none},
  {server_shutting_down, "Server shutting down", none, none, disconnect},
  {bad_authentication_method, "Bad authentication method", connack, none, disconnect},
  {keep_alive_timeout, "Keep Alive timeout", none, none, disconnect},
  {session_taken_over, "Session taken over", none, none, disconnect},
  {topic_filter_invalid, "Topic Filter invalid", suback | unsuback, none, disconnect},
  {topic_name_invalid, "Topic Name invalid", connack | published | disconnect, none, none},
  {packet_identifier_in_use, "Packet Identifier in use", published | suback | unsuback, none, none},
  {packet_identifier_not_found, "Packet Identifier not found", released, none, none},
  {receive_maximum_exceeded, "Receive Maximum exceeded", disconnect, none, none},
  {topic_alias_invalid, "Topic Alias invalid", disconnect, none, none},
  {packet_too_large, "Packet too large", connack | disconnect, none, none},
  {message_rate_too_high, "Message rate too high", disconnect, none, none},
  {quota_exceeded, "Quota exceeded", connack | published | suback | disconnect, none, none},
  {administrative_action, "Administrative action", disconnect, none, none},
  {payload_format_invalid, "Payload format invalid", connack | published | disconnect, none, none},
  {retain_not_supported, "Retain not supported", connack, none, disconnect},
  {qos_not_supported, "QoS not supported", connack, none, disconnect},
  {use_another_server, "Use another server", connack, none, disconnect},
  {server_moved, "Server moved", connack, none, disconnect},
  {shared_subscriptions_not_supported, "Shared Subscriptions not supported", suback, none, disconnect},
  {connection_rate_exceeded, "Connection rate exceeded", connack, none, disconnect},
  {maximum_connect_time, "Maximum connect time", none, none, disconnect},
  {subscription_identifiers_not_supported, "Subscription Identifiers not supported", suback, none, disconnect},
  {wildcard_subscriptions_not_supported, "Wildcard Subscriptions not supported", suback, none, disconnect},
};
// clang-format on

const row* find(reason_code code) noexcept {
  const auto* found = std::ranges::lower_bound(rows, code, {}, &row::code);
  return found != std::end(rows) && found->code == code ? found : nullptr;
}

static_assert(std::ranges::is_sorted(rows, {}, &row::code));

} // namespace

std::string_view to_string(reason_code code) noexcept {
  const auto* found = find(code);
  return found ? found->name : "unknown reason code";
}

bool may_carry(packet_type type, peer sender, reason_code code) noexcept {
  const auto* found = find(code);
  if (!found)
    return false;
  const auto own = sender == peer::client ? found->client : found->server;
  return ((found->both | own) & set_of(type)) != 0;
}

connect_return_code to_return_code(reason_code code) noexcept {
  switch (code) {
  case success:
    return connect_return_code::accepted;
  case unsupported_protocol_version:
    return connect_return_code::unacceptable_protocol_version;
  case client_identifier_not_valid:
    return connect_return_code::identifier_rejected;
  case bad_user_name_or_password:
  case bad_authentication_method:
    return connect_return_code::bad_user_name_or_password;
  case not_authorized:
  case banned:
    return connect_return_code::not_authorized;
  default:
    return connect_return_code::server_unavailable;
  }
}

reason_code from_return_code(std::uint8_t code) noexcept {
  switch (connect_return_code{code}) {
  case connect_return_code::accepted:
    return success;
  case connect_return_code::unacceptable_protocol_version:
    return unsupported_protocol_version;
  case connect_return_code::identifier_rejected:
    return client_identifier_not_valid;
  case connect_return_code::server_unavailable:
    return server_unavailable;
  case connect_return_code::bad_user_name_or_password:
    return bad_user_name_or_password;
  case connect_return_code::not_authorized:
    return not_authorized;
  }
  return malformed_packet;
}

} // namespace mqttzoo::mqtt
