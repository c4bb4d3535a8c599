// The properties of MQTT 5.0: one table that says what each is, where it may stand, who may send it
// and how often; a reader and a writer that follow the table.
//
// A reader or writer lives on the stack of one decode or encode call. Standard: section 2.2.2
// (5.0).
#pragma once

#include "mqtt/packet.hpp"
#include "mqtt/wire.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::mqtt {

enum class property : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

/// One more than the largest property identifier.
inline constexpr std::size_t property_id_end = 0x2B;

/// How a property's value is encoded.
enum class property_type : std::uint8_t {
  none, ///< no such property
  flag, ///< a byte of 0 or 1: no property uses the rest of a byte
  u16,  ///< two byte integer
  u32,  ///< four byte integer
  varint,
  text,  ///< UTF-8 Encoded String
  topic, ///< UTF-8 Encoded String that is a topic name
  binary,
  pair, ///< UTF-8 String Pair
};

/// A set of packet types: bit n stands for packet type n, bit 0 for the will of a CONNECT.
using property_places = std::uint16_t;

/// The bit of one packet type.
constexpr property_places place(packet_type type) noexcept {
  return static_cast<property_places>(1U << static_cast<unsigned>(type));
}

/// The bit of a will's properties.
inline constexpr property_places will_place = 1;

/// One row of the table.
struct property_rule {
  property_type type = property_type::none;
  property_places from_client = 0; ///< where a client may send it
  property_places from_server = 0; ///< where a server may send it
  property_places repeatable = 0;  ///< where it may stand more than once
  /// Why a value of 0 is refused; success: it is not.
  reason_code zero = reason_code::success;
};

/// The rule of each property, by its identifier; type `none` where there is no property.
extern const std::array<property_rule, property_id_end> property_rules;

inline const property_rule& rule_of(property id) noexcept {
  return property_rules[static_cast<std::size_t>(id)];
}

/// True for what a server passes on as it came, in its order: see publish_properties::forwarded.
constexpr bool is_forwarded(property id) noexcept {
  return id == property::payload_format_indicator || id == property::content_type ||
         id == property::response_topic || id == property::correlation_data ||
         id == property::user_property;
}

/// One property as it was read. Views point into the packet.
struct property_value {
  property id = property::user_property;
  std::uint32_t number = 0; ///< flags and integers
  std::string_view text;    ///< strings, binary data, the name of a pair
  std::string_view second;  ///< the value of a pair
  std::string_view encoded; ///< identifier and value as they stand on the wire
};

/// Reads a property length and then property after property; refuses what the table does not allow.
class property_reader {
public:
  /// Takes the length and as many bytes off `in`, which gets the first failure.
  property_reader(wire_reader& in, property_places where, peer from) noexcept;

  /// The next property, valid until the next call; null at the end and after a failure.
  const property_value* next() noexcept;

  /// True if `id` was read before.
  bool has_seen(property id) const noexcept { return (seen_ & bit(id)) != 0; }

private:
  static std::uint64_t bit(property id) noexcept {
    return std::uint64_t{1} << static_cast<int>(id);
  }
  bool admit(std::uint8_t id) noexcept;
  void read_value(const property_rule& rule) noexcept;

  wire_reader& in_;
  wire_reader block_;
  property_value value_;
  std::uint64_t seen_ = 0; ///< a bit per identifier
  property_places where_;
  peer from_;
};

/// Whether `forwarded`, encoded properties as publish_properties has them, holds that user
/// property.
bool has_user_property(std::string_view forwarded, std::string_view name,
                       std::string_view value) noexcept;

/// Writes properties one after the other; finish() puts their length in front.
class property_writer {
public:
  explicit property_writer(wire_writer& out) noexcept : out_(out), start_(out.position()) {}

  /// A flag or an integer of the width that the table says.
  void number(property id, std::uint32_t value);
  /// A string or binary data.
  void text(property id, std::string_view value);
  /// As text(), but nothing at all for an empty value.
  void text_if_any(property id, std::string_view value);
  void users(const user_properties& values);

  bool empty() const noexcept { return out_.position() == start_; }
  void finish() { out_.insert_length(start_); }

private:
  wire_writer& out_;
  std::size_t start_;
};

} // namespace mqttzoo::mqtt
