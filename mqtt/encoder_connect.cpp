// CONNECT and CONNACK: sections 3.1 and 3.2.
#include "mqtt/encoders.hpp"

#include <cassert>

namespace mqttzoo::mqtt {
namespace {

std::uint8_t connect_flags(const connect_packet& p) noexcept {
  unsigned flags = p.clean_start ? 0x02 : 0;
  if (p.will)
    flags |= 0x04U | static_cast<unsigned>(p.will->qos) << 3 | (p.will->retain ? 0x20U : 0U);
  if (p.password)
    flags |= 0x40;
  if (p.user_name)
    flags |= 0x80;
  return static_cast<std::uint8_t>(flags);
}

/// What differs from the value that a missing property stands for.
void write_properties(wire_writer& body, const connect_packet& p) {
  const connect_packet defaults;
  property_writer properties{body};
  const auto number = [&](property id, std::uint32_t value, std::uint32_t usual) {
    if (value != usual)
      properties.number(id, value);
  };
  number(property::session_expiry_interval, p.session_expiry_interval_s,
         defaults.session_expiry_interval_s);
  number(property::receive_maximum, p.receive_maximum, defaults.receive_maximum);
  write_if_set(properties, property::maximum_packet_size, p.maximum_packet_size);
  number(property::topic_alias_maximum, p.topic_alias_maximum, defaults.topic_alias_maximum);
  number(property::request_response_information, p.request_response_information,
         defaults.request_response_information);
  number(property::request_problem_information, p.request_problem_information,
         defaults.request_problem_information);
  properties.text_if_any(property::authentication_method, p.authentication_method);
  properties.text_if_any(property::authentication_data, p.authentication_data);
  properties.users(p.users);
  properties.finish();
}

void write_will(wire_writer& body, const will& p, protocol_version version) {
  if (version == protocol_version::v5) {
    property_writer properties{body};
    if (p.delay_interval_s != 0)
      properties.number(property::will_delay_interval, p.delay_interval_s);
    write_if_set(properties, property::message_expiry_interval, p.message_expiry_interval_s);
    body.bytes(p.forwarded);
    properties.finish();
  }
  body.binary(p.topic);
  body.binary(p.payload);
}

void write_properties(wire_writer& body, const connack_packet& p, extras wanted) {
  property_writer properties{body};
  write_if_set(properties, property::session_expiry_interval, p.session_expiry_interval_s);
  write_if_set(properties, property::receive_maximum, p.receive_maximum);
  if (p.maximum_qos != qos::exactly_once) // which is what leaving it out means
    write_if_set(properties, property::maximum_qos, p.maximum_qos);
  write_if_set(properties, property::retain_available, p.retain_available);
  write_if_set(properties, property::maximum_packet_size, p.maximum_packet_size);
  properties.text_if_any(property::assigned_client_identifier, p.assigned_client_id);
  write_if_set(properties, property::topic_alias_maximum, p.topic_alias_maximum);
  write_if_set(properties, property::wildcard_subscription_available,
               p.wildcard_subscription_available);
  write_if_set(properties, property::subscription_identifier_available,
               p.subscription_identifiers_available);
  write_if_set(properties, property::shared_subscription_available,
               p.shared_subscription_available);
  write_if_set(properties, property::server_keep_alive, p.server_keep_alive_s);
  properties.text_if_any(property::response_information, p.response_information);
  properties.text_if_any(property::server_reference, p.server_reference);
  properties.text_if_any(property::authentication_method, p.authentication_method);
  properties.text_if_any(property::authentication_data, p.authentication_data);
  write_extras(properties, p, wanted);
  properties.finish();
}

} // namespace

std::size_t encode(const connect_packet& p, std::string& out) {
  return append_packet(out, packet_type::connect, 0, [&](wire_writer& body) {
    body.binary(p.version == protocol_version::v3_1 ? "MQIsdp" : "MQTT");
    body.u8(static_cast<std::uint8_t>(p.version));
    body.u8(connect_flags(p));
    body.u16(p.keep_alive_s);
    if (p.version == protocol_version::v5)
      write_properties(body, p);
    body.binary(p.client_id);
    if (p.will)
      write_will(body, *p.will, p.version);
    if (p.user_name)
      body.binary(*p.user_name);
    if (p.password)
      body.binary(*p.password);
  });
}

std::size_t encode(const connack_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out) {
  // [MQTT-3.2.2-6] [MQTT-3.2.2-4 v3] a refused connection has no session
  const bool session_present = p.session_present && p.reason == reason_code::success;
  const auto write_body = [&](wire_writer& body, extras wanted) {
    // [MQTT-3.2.2-1] the other acknowledge flags are 0; 3.1 does not use this one either
    body.u8(session_present && version != protocol_version::v3_1 ? 1 : 0);
    if (version != protocol_version::v5) {
      body.u8(static_cast<std::uint8_t>(to_return_code(p.reason)));
      return;
    }
    assert(may_carry(packet_type::connack, peer::server, p.reason)); // [MQTT-3.2.2-8]
    write_reason(body, p.reason);
    write_properties(body, p, wanted);
  };
  return append_trimmed(out, packet_type::connack, max_packet_size_bytes, write_body);
}

} // namespace mqttzoo::mqtt
