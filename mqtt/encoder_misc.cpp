// PINGREQ, PINGRESP, DISCONNECT and AUTH: sections 3.12 to 3.15.
#include "mqtt/encoders.hpp"

#include <cassert>

namespace mqttzoo::mqtt {

std::size_t encode(const pingreq_packet&, std::string& out) {
  return append_packet(out, packet_type::pingreq, 0, [](wire_writer&) {});
}

std::size_t encode(const pingresp_packet&, std::string& out) {
  return append_packet(out, packet_type::pingresp, 0, [](wire_writer&) {});
}

std::size_t encode(const disconnect_packet& p, protocol_version version,
                   std::size_t max_packet_size_bytes, std::string& out) {
  assert(may_carry(packet_type::disconnect, peer::server, p.reason) || // [MQTT-3.14.2-1]
         may_carry(packet_type::disconnect, peer::client, p.reason));
  const auto write_body = [&](wire_writer& body, extras wanted) {
    const bool has_properties =
        p.session_expiry_interval_s || !p.server_reference.empty() || has_extras(p, wanted);
    if (version != protocol_version::v5 ||
        (p.reason == reason_code::normal_disconnection && !has_properties))
      return;
    write_reason(body, p.reason);
    if (!has_properties)
      return;
    property_writer properties{body};
    write_if_set(properties, property::session_expiry_interval, p.session_expiry_interval_s);
    properties.text_if_any(property::server_reference, p.server_reference);
    write_extras(properties, p, wanted);
    properties.finish();
  };
  return append_trimmed(out, packet_type::disconnect, max_packet_size_bytes, write_body);
}

std::size_t encode(const auth_packet& p, std::size_t max_packet_size_bytes, std::string& out) {
  assert(may_carry(packet_type::auth, peer::server, p.reason) || // [MQTT-3.15.2-1]
         may_carry(packet_type::auth, peer::client, p.reason));
  const auto write_body = [&](wire_writer& body, extras wanted) {
    const bool has_properties =
        !p.authentication_method.empty() || !p.authentication_data.empty() || has_extras(p, wanted);
    if (p.reason == reason_code::success && !has_properties)
      return;
    write_reason(body, p.reason);
    property_writer properties{body};
    properties.text_if_any(property::authentication_method, p.authentication_method);
    properties.text_if_any(property::authentication_data, p.authentication_data);
    write_extras(properties, p, wanted);
    properties.finish();
  };
  return append_trimmed(out, packet_type::auth, max_packet_size_bytes, write_body);
}

} // namespace mqttzoo::mqtt
