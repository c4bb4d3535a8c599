// PINGREQ, PINGRESP, DISCONNECT and AUTH: sections 3.12 to 3.15.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

void add_pings(wire_rows& to) {
  for (const auto version : {v3_1, v3_1_1, v5}) {
    to.good("PINGREQ", version, peer::client, "C0 00", pingreq_packet{});
    to.good("PINGRESP", version, peer::server, "D0 00", pingresp_packet{});
    to.bad("PINGREQ with a body", version, peer::client, "C0 01 00", malformed_packet);
    to.bad("PINGRESP with a body", version, peer::server, "D0 01 00", malformed_packet);
  }
}

disconnect_packet parting(reason_code reason) {
  return with<disconnect_packet>([&](auto& p) { p.reason = reason; });
}

void add_disconnect(wire_rows& to) {
  for (const auto version : {v3_1, v3_1_1, v5})
    to.good("DISCONNECT", version, peer::client, "E0 00", parting(normal_disconnection));
  to.good("DISCONNECT", v5, peer::server, "E0 00", parting(normal_disconnection));
  to.also("DISCONNECT with a reason of normal", v5, peer::client, "E0 01 00",
          parting(normal_disconnection));
  to.also("DISCONNECT with no properties", v5, peer::client, "E0 02 00 00",
          parting(normal_disconnection));
  to.good("DISCONNECT with the will", v5, peer::client, "E0 01 04",
          parting(disconnect_with_will_message));
  auto of_client = parting(normal_disconnection);
  of_client.session_expiry_interval_s = 0;
  of_client.reason_string = "bye";
  of_client.users = {{"k", "v"}};
  to.good("DISCONNECT with everything a client sends", v5, peer::client,
          "E0 [ 00 [ 11 00000000 1F {bye} 26 {k}{v} ] ]", of_client);
  auto of_server = parting(use_another_server);
  of_server.reason_string = "moved";
  of_server.server_reference = "other:1883";
  to.good("DISCONNECT with everything a server sends", v5, peer::server,
          "E0 [ 9C [ 1C {other:1883} 1F {moved} ] ]", of_server);

  to.bad("DISCONNECT with a body in 3.1.1", v3_1_1, peer::client, "E0 01 00", malformed_packet);
  const auto bad = [&](std::string name, peer from, std::string_view wire, reason_code error) {
    to.bad("DISCONNECT with " + name, v5, from, wire, error);
  };
  // [MQTT-3.14.2-1]
  bad("an unknown reason", peer::client, "E0 01 01", protocol_error);
  bad("a server's reason", peer::client, "E0 01 8E", protocol_error);
  bad("a client's reason", peer::server, "E0 01 04", protocol_error);
  // [MQTT-3.14.2-2]
  bad("session expiry of a server", peer::server, "E0 [ 00 [ 11 00000001 ] ]", protocol_error);
  bad("a server reference of a client", peer::client, "E0 [ 00 [ 1C {x} ] ]", protocol_error);
  bad("session expiry twice", peer::client, "E0 [ 00 [ 11 00000001 11 00000001 ] ]",
      protocol_error);
  bad("a cut property", peer::client, "E0 [ 00 [ 11 0000 ] ]", malformed_packet);
  bad("trailing bytes", peer::client, "E0 [ 00 00 00 ]", malformed_packet);
}

void add_auth(wire_rows& to) {
  const auto exchange = with<auth_packet>([](auto& p) {
    p.reason = continue_authentication;
    p.authentication_method = "SCRAM";
    p.authentication_data = std::string("\0\xFF", 2);
    p.reason_string = "next";
    p.users = {{"k", "v"}};
  });
  for (const auto from : {peer::client, peer::server})
    to.good("AUTH with everything", v5, from,
            "F0 [ 18 [ 15 {SCRAM} 16 0002 00FF 1F {next} 26 {k}{v} ] ]", exchange);
  const auto again = with<auth_packet>([](auto& p) {
    p.reason = re_authenticate;
    p.authentication_method = "m";
  });
  to.good("AUTH that starts again", v5, peer::client, "F0 [ 19 [ 15 {m} ] ]", again);
  to.good("AUTH that succeeded", v5, peer::server, "F0 00", auth_packet{});
  const auto bad = [&](std::string name, peer from, std::string_view wire, reason_code error) {
    to.bad("AUTH with " + name, v5, from, wire, error);
  };
  // [MQTT-3.15.2-1]
  bad("success of a client", peer::client, "F0 00", protocol_error);
  bad("success of a client, spelled out", peer::client, "F0 [ 00 [ 15 {m} ] ]", protocol_error);
  bad("a new start of a server", peer::server, "F0 [ 19 [ 15 {m} ] ]", protocol_error);
  bad("a reason of another packet", peer::client, "F0 [ 87 [ 15 {m} ] ]", protocol_error);
  bad("no method", peer::client, "F0 [ 18 [ 16 {d} ] ]", protocol_error);
  bad("two methods", peer::client, "F0 [ 18 [ 15 {m} 15 {m} ] ]", protocol_error);
  bad("no property length", peer::client, "F0 [ 18 ]", malformed_packet);
  bad("trailing bytes", peer::client, "F0 [ 18 [ 15 {m} ] 00 ]", malformed_packet);
}

} // namespace

void add_misc_rows(wire_rows& to) {
  add_pings(to);
  add_disconnect(to);
  add_auth(to);
}

} // namespace mqttzoo::mqtt::testing
