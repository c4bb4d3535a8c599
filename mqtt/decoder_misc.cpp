// DISCONNECT and AUTH: sections 3.14 and 3.15.
#include "mqtt/decoders.hpp"

namespace mqttzoo::mqtt {

decoded decode_disconnect(const frame& in, protocol_version version, peer from) {
  wire_reader body{in.body};
  disconnect_packet result;
  if (version != protocol_version::v5 || body.at_end())
    return finish(body, std::move(result));
  result.reason = read_reason(body, packet_type::disconnect, from); // [MQTT-3.14.2-1]
  if (body.at_end())
    return finish(body, std::move(result)); // without a property length there are no properties
  property_reader properties{body, place(packet_type::disconnect), from};
  while (const auto* value = properties.next()) {
    switch (value->id) {
    case property::session_expiry_interval:
      result.session_expiry_interval_s = value->number;
      break;
    case property::reason_string:
      result.reason_string = value->text;
      break;
    case property::server_reference:
      result.server_reference = value->text;
      break;
    default:
      add_user_property(result.users, *value);
      break;
    }
  }
  return finish(body, std::move(result));
}

decoded decode_auth(const frame& in, peer from) {
  wire_reader body{in.body};
  auth_packet result;
  if (body.at_end()) { // success without properties, which only a server may send
    body.require(from == peer::server, reason_code::protocol_error,
                 "reason code is not this sender's");
    return finish(body, std::move(result));
  }
  result.reason = read_reason(body, packet_type::auth, from); // [MQTT-3.15.2-1]
  property_reader properties{body, place(packet_type::auth), from};
  while (const auto* value = properties.next()) {
    switch (value->id) {
    case property::authentication_method:
      result.authentication_method = value->text;
      break;
    case property::authentication_data:
      result.authentication_data = value->text;
      break;
    case property::reason_string:
      result.reason_string = value->text;
      break;
    default:
      add_user_property(result.users, *value);
      break;
    }
  }
  body.require(!result.authentication_method.empty(), reason_code::protocol_error,
               "no authentication method");
  return finish(body, std::move(result));
}

} // namespace mqttzoo::mqtt
