#include "mqtt/properties.hpp"

#include <cassert>

namespace mqttzoo::mqtt {
namespace {

constexpr auto connect = place(packet_type::connect);
constexpr auto connack = place(packet_type::connack);
constexpr auto publish = place(packet_type::publish);
constexpr auto subscribe = place(packet_type::subscribe);
constexpr auto unsubscribe = place(packet_type::unsubscribe);
constexpr auto disconnect = place(packet_type::disconnect);
constexpr auto auth = place(packet_type::auth);
constexpr auto will = will_place;
constexpr property_places nowhere = 0;
constexpr property_places everywhere = 0xFFFF;

constexpr property_places places(auto... bits) noexcept {
  return static_cast<property_places>((0U | ... | bits));
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP, which both sides send.
constexpr auto acks = places(place(packet_type::puback), place(packet_type::pubrec),
                             place(packet_type::pubrel), place(packet_type::pubcomp));
constexpr auto subscription_acks = places(place(packet_type::suback), place(packet_type::unsuback));

struct row {
  property id;
  property_rule rule;
};

constexpr auto not_zero = reason_code::protocol_error;
constexpr auto alias_not_zero = reason_code::topic_alias_invalid;

// Table 2-4 of the standard, split by sender.
// clang-format off
constexpr row rows[] = {
  {property::payload_format_indicator, {property_type::flag, places(publish, will), publish}},
  {property::message_expiry_interval, {property_type::u32, places(publish, will), publish}},
  {property::content_type, {property_type::text, places(publish, will), publish}}, // [MQTT-3.3.2-19]
  {property::response_topic, {property_type::topic, places(publish, will), publish}},
  {property::correlation_data, {property_type::binary, places(publish, will), publish}},
  // [MQTT-3.3.4-6] a client's PUBLISH has none
  {property::subscription_identifier, {property_type::varint, subscribe, publish, publish, not_zero}},
  {property::session_expiry_interval, {property_type::u32, places(connect, disconnect), connack}}, // [MQTT-3.14.2-2]
  {property::assigned_client_identifier, {property_type::text, nowhere, connack}},
  {property::server_keep_alive, {property_type::u16, nowhere, connack}},
  {property::authentication_method, {property_type::text, places(connect, auth), places(connack, auth)}},
  {property::authentication_data, {property_type::binary, places(connect, auth), places(connack, auth)}},
  {property::request_problem_information, {property_type::flag, connect, nowhere}},
  {property::will_delay_interval, {property_type::u32, will, nowhere}},
  {property::request_response_information, {property_type::flag, connect, nowhere}},
  {property::response_information, {property_type::text, nowhere, connack}},
  {property::server_reference, {property_type::text, nowhere, places(connack, disconnect)}},
  {property::reason_string, {property_type::text, places(acks, disconnect, auth),
                             places(connack, acks, subscription_acks, disconnect, auth)}},
  {property::receive_maximum, {property_type::u16, connect, connack, nowhere, not_zero}},
  {property::topic_alias_maximum, {property_type::u16, connect, connack}},
  {property::topic_alias, {property_type::u16, publish, publish, nowhere, alias_not_zero}}, // [MQTT-3.3.2-8]
  {property::maximum_qos, {property_type::flag, nowhere, connack}},
  {property::retain_available, {property_type::flag, nowhere, connack}},
  {property::user_property, {property_type::pair,
                             places(connect, will, publish, acks, subscribe, unsubscribe, disconnect, auth),
                             places(connack, publish, acks, subscription_acks, disconnect, auth), everywhere}},
  {property::maximum_packet_size, {property_type::u32, connect, connack, nowhere, not_zero}},
  {property::wildcard_subscription_available, {property_type::flag, nowhere, connack}},
  {property::subscription_identifier_available, {property_type::flag, nowhere, connack}},
  {property::shared_subscription_available, {property_type::flag, nowhere, connack}},
};
// clang-format on

constexpr std::array<property_rule, property_id_end> by_identifier() {
  std::array<property_rule, property_id_end> rules{};
  for (const auto& row : rows)
    rules[static_cast<std::size_t>(row.id)] = row.rule;
  return rules;
}

} // namespace

constinit const std::array<property_rule, property_id_end> property_rules = by_identifier();

property_reader::property_reader(wire_reader& in, property_places where, peer from) noexcept
    : in_(in), block_(in.bytes(in.varint())), where_(where), from_(from) {}

/// True if the table allows this property here and now.
bool property_reader::admit(std::uint8_t id) noexcept {
  const auto rule = id < property_id_end ? property_rules[id] : property_rule{};
  const auto allowed = from_ == peer::client ? rule.from_client : rule.from_server;
  if ((allowed & where_) == 0) [[unlikely]] {
    // A property of another packet makes this one malformed (2.2.2.2); one that only the other
    // side may send in this packet is a protocol error.
    const bool known_here = ((rule.from_client | rule.from_server) & where_) != 0;
    block_.fail(known_here ? reason_code::protocol_error : reason_code::malformed_packet,
                known_here ? "property is not this sender's" : "property is not this packet's");
    return false;
  }
  const auto mark = bit(property{id});
  block_.require((seen_ & mark) == 0 || (rule.repeatable & where_) != 0,
                 reason_code::protocol_error, "property stands twice");
  seen_ |= mark;
  return block_.ok();
}

void property_reader::read_value(const property_rule& rule) noexcept {
  switch (rule.type) {
  case property_type::flag:
    value_.number = block_.u8();
    block_.require(value_.number <= 1, reason_code::protocol_error, "property is not 0 or 1");
    break;
  case property_type::u16:
    value_.number = block_.u16();
    break;
  case property_type::u32:
    value_.number = block_.u32();
    break;
  case property_type::varint:
    value_.number = block_.varint();
    break;
  case property_type::text:
    value_.text = block_.text();
    break;
  case property_type::topic: { // [MQTT-3.3.2-13] [MQTT-3.3.2-14] [MQTT-4.7.3-1]
    value_.text = block_.binary();
    const auto found = classify_topic(value_.text);
    block_.require(found != topic_text::malformed, reason_code::malformed_packet,
                   "topic is not valid UTF-8");
    block_.require(found == topic_text::name && !value_.text.empty(), reason_code::protocol_error,
                   "response topic is empty or has wildcards");
    break;
  }
  case property_type::binary:
    value_.text = block_.binary();
    break;
  case property_type::pair: // [MQTT-1.5.7-1]
    value_.text = block_.text();
    value_.second = block_.text();
    break;
  case property_type::none:
    assert(false && "admit() lets no unknown property pass");
    break;
  }
}

const property_value* property_reader::next() noexcept {
  if (block_.at_end())
    return nullptr;
  const auto* const start = block_.position();
  const auto id = block_.u8(); // identifiers have one byte so far
  if (admit(id)) {
    value_.id = property{id};
    const auto& rule = rule_of(value_.id);
    const bool has_number = rule.type <= property_type::varint;
    read_value(rule);
    if (has_number && value_.number == 0)
      block_.require(rule.zero == reason_code::success, rule.zero, "property must not be 0");
  }
  if (!block_.ok()) [[unlikely]] {
    in_.fail(block_.error().reason, block_.error().what);
    return nullptr;
  }
  value_.encoded = {start, static_cast<std::size_t>(block_.position() - start)};
  return &value_;
}

bool has_user_property(std::string_view forwarded, std::string_view name,
                       std::string_view value) noexcept {
  wire_reader in{forwarded};
  while (in.ok() && !in.at_end()) {
    const auto id = property{in.u8()};
    if (id == property::payload_format_indicator) {
      in.u8();
      continue;
    }
    const auto first = in.binary(); // of all others that are forwarded
    if (id == property::user_property && in.binary() == value && first == name)
      return in.ok();
  }
  return false;
}

void property_writer::number(property id, std::uint32_t value) {
  out_.u8(static_cast<std::uint8_t>(id));
  switch (rule_of(id).type) {
  case property_type::flag:
    out_.u8(static_cast<std::uint8_t>(value));
    break;
  case property_type::u16:
    out_.u16(static_cast<std::uint16_t>(value));
    break;
  case property_type::u32:
    out_.u32(value);
    break;
  default:
    assert(rule_of(id).type == property_type::varint);
    out_.varint(value);
    break;
  }
}

void property_writer::text(property id, std::string_view value) {
  out_.u8(static_cast<std::uint8_t>(id));
  out_.binary(value);
}

void property_writer::text_if_any(property id, std::string_view value) {
  if (!value.empty())
    text(id, value);
}

void property_writer::users(const user_properties& values) {
  for (const auto& [name, value] : values) {
    text(property::user_property, name);
    out_.binary(value);
  }
}

} // namespace mqttzoo::mqtt
