// CONNACK: section 3.2.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

connack_packet accepted(bool session_present) {
  return with<connack_packet>([&](auto& p) { p.session_present = session_present; });
}

connack_packet refused(reason_code reason) {
  return with<connack_packet>([&](auto& p) { p.reason = reason; });
}

void add_v3_rows(wire_rows& to) {
  to.good("CONNACK", v3_1_1, peer::server, "20 02 00 00", accepted(false));
  to.good("CONNACK with a session", v3_1_1, peer::server, "20 02 01 00", accepted(true));
  to.good("CONNACK", v3_1, peer::server, "20 02 00 00", accepted(false));
  to.also("CONNACK of 3.1 with the unused byte", v3_1, peer::server, "20 02 01 00",
          accepted(false));
  constexpr std::pair<reason_code, std::string_view> refusals[] = {
      {unsupported_protocol_version, "20 [ 00 01 ]"},
      {client_identifier_not_valid, "20 [ 00 02 ]"},
      {server_unavailable, "20 [ 00 03 ]"},
      {bad_user_name_or_password, "20 [ 00 04 ]"},
      {not_authorized, "20 [ 00 05 ]"},
  };
  for (const auto& [reason, wire] : refusals) {
    for (const auto version : {v3_1, v3_1_1})
      to.good("CONNACK: " + std::string{to_string(reason)}, version, peer::server, wire,
              refused(reason));
  }
  to.bad("CONNACK with a reserved return code", v3_1_1, peer::server, "20 [ 00 06 ]",
         malformed_packet);
  to.bad("CONNACK with properties in 3.1.1", v3_1_1, peer::server, "20 [ 00 00 00 ]",
         malformed_packet);
  // [MQTT-3.2.2-4 v3]
  to.bad("a session behind a refusal", v3_1_1, peer::server, "20 [ 01 05 ]", protocol_error);
}

connack_packet with_everything() {
  return with<connack_packet>([](auto& p) {
    p.session_present = true;
    p.session_expiry_interval_s = 120;
    p.receive_maximum = 20;
    p.maximum_qos = qos::at_least_once;
    p.retain_available = false;
    p.maximum_packet_size = 65536;
    p.assigned_client_id = "id";
    p.topic_alias_maximum = 8;
    p.reason_string = "fine";
    p.users = {{"k", "v"}};
    p.wildcard_subscription_available = true;
    p.subscription_identifiers_available = true;
    p.shared_subscription_available = false;
    p.server_keep_alive_s = 30;
    p.response_information = "ri";
    p.server_reference = "ref";
    p.authentication_method = "m";
    p.authentication_data = "d";
  });
}

void add_v5_rows(wire_rows& to) {
  to.good("CONNACK", v5, peer::server, "20 03 00 00 00", accepted(false));
  to.good("CONNACK with everything", v5, peer::server,
          "20 [ 01 00 [ 11 00000078 21 0014 24 01 25 00 27 00010000 12 {id} 22 0008 28 01 29 01"
          "  2A 00 13 001E 1A {ri} 1C {ref} 15 {m} 16 {d} 1F {fine} 26 {k}{v} ] ]",
          with_everything());
  // [MQTT-3.2.2-8]
  to.good("CONNACK: banned", v5, peer::server, "20 [ 00 8A 00 ]", refused(banned));
  to.bad("CONNACK with a reason of another packet", v5, peer::server, "20 [ 00 8E 00 ]",
         protocol_error);
  // [MQTT-3.2.2-1]
  to.bad("CONNACK with a reserved flag", v5, peer::server, "20 [ 02 00 00 ]", malformed_packet);
  // [MQTT-3.2.2-6]
  to.bad("a session behind a refusal", v5, peer::server, "20 [ 01 87 00 ]", protocol_error);
  to.bad("CONNACK without a property length", v5, peer::server, "20 [ 00 00 ]", malformed_packet);
  to.bad("CONNACK with maximum QoS 2", v5, peer::server, "20 [ 00 00 [ 24 02 ] ]", protocol_error);
  to.bad("CONNACK with receive maximum 0", v5, peer::server, "20 [ 00 00 [ 21 0000 ] ]",
         protocol_error);
  to.bad("CONNACK with a client's property", v5, peer::server, "20 [ 00 00 [ 17 01 ] ]",
         malformed_packet);
}

} // namespace

void add_connack_rows(wire_rows& to) {
  add_v3_rows(to);
  add_v5_rows(to);
}

} // namespace mqttzoo::mqtt::testing
