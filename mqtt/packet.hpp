// The control packets of MQTT 3.1, 3.1.1 and 5.0 as plain values.
//
// One struct per packet type serves all three versions: what a version does not have stays at its
// default. Views (`std::string_view`) point into the buffer that was decoded and are valid until
// that buffer changes; owning strings are used where a packet outlives its buffer as a rule.
// Nothing here does I/O or keeps state. Standard: section 3 of both texts.
#pragma once

#include "mqtt/reason_code.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mqttzoo::mqtt {

/// The protocol level byte of CONNECT; `unknown` before a CONNECT was seen.
enum class protocol_version : std::uint8_t { unknown = 0, v3_1 = 3, v3_1_1 = 4, v5 = 5 };

enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

enum class packet_type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

/// Packet identifier (section 2.2.1); 0 means "none".
enum class packet_id : std::uint16_t { none = 0 };

using user_properties = std::vector<std::pair<std::string, std::string>>;

/// Properties of a PUBLISH, and of a will, that are not passed on byte by byte.
struct publish_properties {
  std::optional<std::uint32_t> message_expiry_interval_s;
  std::uint16_t topic_alias = 0; ///< 0: none
  /// Subscription identifiers: only a server sends them, so a server refuses them.
  std::vector<std::uint32_t> subscription_identifiers;
  bool payload_is_utf8 = false; ///< payload format indicator 1
  /// Encoded payload format, content type, response topic, correlation data and user properties,
  /// in their order of arrival, valid as they stand; without a length in front.
  std::string_view forwarded;
  bool operator==(const publish_properties&) const = default;
};

struct publish_packet {
  std::string_view topic; ///< empty only with a topic alias (5.0)
  std::string_view payload;
  packet_id id = packet_id::none;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  bool dup = false;
  publish_properties properties;
  bool operator==(const publish_packet&) const = default;
};

struct will {
  std::string topic;
  std::string payload;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  std::uint32_t delay_interval_s = 0;
  std::optional<std::uint32_t> message_expiry_interval_s;
  bool payload_is_utf8 = false;
  std::string forwarded; ///< as publish_properties::forwarded
  bool operator==(const will&) const = default;
};

struct connect_packet {
  protocol_version version = protocol_version::v5;
  bool clean_start = true;
  std::uint16_t keep_alive_s = 0;
  std::string client_id;
  std::optional<mqtt::will> will;
  std::optional<std::string> user_name;
  std::optional<std::string> password;
  // 5.0 properties
  std::uint32_t session_expiry_interval_s = 0;
  std::uint16_t receive_maximum = 65535;
  std::optional<std::uint32_t> maximum_packet_size;
  std::uint16_t topic_alias_maximum = 0;
  bool request_response_information = false;
  bool request_problem_information = true;
  std::string authentication_method; ///< empty: none
  std::string authentication_data;
  user_properties users;
  bool operator==(const connect_packet&) const = default;
};

struct connack_packet {
  bool session_present = false;
  reason_code reason = reason_code::success; ///< for 3.x the encoder maps it to a return code
  // 5.0 properties; nullopt/empty: not sent
  std::optional<std::uint32_t> session_expiry_interval_s;
  std::optional<std::uint16_t> receive_maximum;
  std::optional<mqtt::qos> maximum_qos;
  std::optional<bool> retain_available;
  std::optional<std::uint32_t> maximum_packet_size;
  std::string assigned_client_id;
  std::optional<std::uint16_t> topic_alias_maximum;
  std::string reason_string;
  user_properties users;
  std::optional<bool> wildcard_subscription_available;
  std::optional<bool> subscription_identifiers_available;
  std::optional<bool> shared_subscription_available;
  std::optional<std::uint16_t> server_keep_alive_s;
  std::string response_information;
  std::string server_reference;
  std::string authentication_method;
  std::string authentication_data;
  bool operator==(const connack_packet&) const = default;
};

/// PUBACK, PUBREC, PUBREL and PUBCOMP have one shape.
struct ack_packet {
  packet_type type = packet_type::puback;
  packet_id id = packet_id::none;
  reason_code reason = reason_code::success;
  std::string reason_string;
  user_properties users;
  bool operator==(const ack_packet&) const = default;
};

enum class retain_handling : std::uint8_t { send = 0, send_if_new = 1, do_not_send = 2 };

struct subscription_options {
  mqtt::qos qos = qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false; ///< 3.x subscriptions behave as false
  retain_handling retained = retain_handling::send;
  bool operator==(const subscription_options&) const = default;
};

struct subscribe_packet {
  struct entry {
    std::string filter;
    subscription_options options;
    bool operator==(const entry&) const = default;
  };
  packet_id id = packet_id::none;
  std::uint32_t subscription_identifier = 0; ///< 0: none
  std::vector<entry> entries;
  user_properties users;
  bool operator==(const subscribe_packet&) const = default;
};

struct suback_packet {
  packet_id id = packet_id::none;
  std::vector<reason_code> reasons; ///< for 3.x failures are encoded as 0x80
  std::string reason_string;
  user_properties users;
  bool operator==(const suback_packet&) const = default;
};

struct unsubscribe_packet {
  packet_id id = packet_id::none;
  std::vector<std::string> filters;
  user_properties users;
  bool operator==(const unsubscribe_packet&) const = default;
};

struct unsuback_packet {
  packet_id id = packet_id::none;
  std::vector<reason_code> reasons; ///< not sent in 3.x
  std::string reason_string;
  user_properties users;
  bool operator==(const unsuback_packet&) const = default;
};

struct pingreq_packet {
  bool operator==(const pingreq_packet&) const = default;
};
struct pingresp_packet {
  bool operator==(const pingresp_packet&) const = default;
};

struct disconnect_packet {
  reason_code reason = reason_code::normal_disconnection;
  std::optional<std::uint32_t> session_expiry_interval_s;
  std::string reason_string;
  std::string server_reference;
  user_properties users;
  bool operator==(const disconnect_packet&) const = default;
};

struct auth_packet {
  reason_code reason = reason_code::success;
  std::string authentication_method;
  std::string authentication_data;
  std::string reason_string;
  user_properties users;
  bool operator==(const auth_packet&) const = default;
};

using packet = std::variant<connect_packet, connack_packet, publish_packet, ack_packet,
                            subscribe_packet, suback_packet, unsubscribe_packet, unsuback_packet,
                            pingreq_packet, pingresp_packet, disconnect_packet, auth_packet>;

} // namespace mqttzoo::mqtt
