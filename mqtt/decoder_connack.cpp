// CONNACK: section 3.2.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {
namespace {

void read_property(const property_value& value, connack_packet& out) {
  const auto number = value.number;
  const bool flag = number == 1;
  switch (value.id) {
  case property::session_expiry_interval:
    out.session_expiry_interval_s = number;
    break;
  case property::receive_maximum:
    out.receive_maximum = static_cast<std::uint16_t>(number);
    break;
  case property::maximum_qos:
    out.maximum_qos = static_cast<qos>(number);
    break;
  case property::retain_available:
    out.retain_available = flag;
    break;
  case property::maximum_packet_size:
    out.maximum_packet_size = number;
    break;
  case property::assigned_client_identifier:
    out.assigned_client_id = value.text;
    break;
  case property::topic_alias_maximum:
    out.topic_alias_maximum = static_cast<std::uint16_t>(number);
    break;
  case property::reason_string:
    out.reason_string = value.text;
    break;
  case property::wildcard_subscription_available:
    out.wildcard_subscription_available = flag;
    break;
  case property::subscription_identifier_available:
    out.subscription_identifiers_available = flag;
    break;
  case property::shared_subscription_available:
    out.shared_subscription_available = flag;
    break;
  case property::server_keep_alive:
    out.server_keep_alive_s = static_cast<std::uint16_t>(number);
    break;
  case property::response_information:
    out.response_information = value.text;
    break;
  case property::server_reference:
    out.server_reference = value.text;
    break;
  case property::authentication_method:
    out.authentication_method = value.text;
    break;
  case property::authentication_data:
    out.authentication_data = value.text;
    break;
  default:
    add_user_property(out.users, value);
    break;
  }
}

} // namespace

decoded decode_connack(const frame& in, protocol_version version) {
  wire_reader body{in.body};
  connack_packet result;
  const auto flags = body.u8();
  if (version != protocol_version::v3_1) { // which does not use this byte
    // [MQTT-3.2.2-1]
    body.require(flags <= 1, reason_code::malformed_packet, "reserved acknowledge flag is set");
    result.session_present = flags == 1;
  }
  if (version == protocol_version::v5) {
    result.reason = read_reason(body, packet_type::connack, peer::server);
    property_reader properties{body, place(packet_type::connack), peer::server};
    while (const auto* value = properties.next())
      read_property(*value, result);
  } else {
    result.reason = from_return_code(body.u8());
    body.require(result.reason != reason_code::malformed_packet, reason_code::malformed_packet,
                 "return code is reserved");
  }
  // [MQTT-3.2.2-6] [MQTT-3.2.2-4 v3]
  body.require(!result.session_present || result.reason == reason_code::success,
               reason_code::protocol_error, "a refused connection has no session");
  return finish(body, std::move(result));
}

} // namespace mqttzoo::mqtt
