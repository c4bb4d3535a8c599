// SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: sections 3.8 to 3.11.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;
using enum reason_code;

subscription_options only(qos level) {
  subscription_options result;
  result.qos = level;
  return result;
}

void add_subscribe(wire_rows& to) {
  const auto two = with<subscribe_packet>([](auto& p) {
    p.id = packet_id{1};
    p.entries = {{"a/b", only(qos::at_least_once)}, {"c/#", only(qos::exactly_once)}};
  });
  for (const auto version : {v3_1, v3_1_1})
    to.good("SUBSCRIBE", version, peer::client, "82 0E 00 01 00 03 61 2F 62 01 00 03 63 2F 23 02",
            two);
  to.also("SUBSCRIBE of 3.1 that is sent again", v3_1, peer::client,
          "8A [ 0001 {a/b} 01 {c/#} 02 ]", two);
  to.good("SUBSCRIBE", v5, peer::client, "82 [ 0001 00 {a/b} 01 {c/#} 02 ]", two);
  const auto full = with<subscribe_packet>([](auto& p) {
    p.id = packet_id{0xFFFF};
    p.subscription_identifier = 128;
    p.entries = {
        {"a", {qos::exactly_once, true, true, retain_handling::do_not_send}},
        {"$share/g/b", {qos::at_least_once, false, true, retain_handling::send_if_new}},
    };
    p.users = {{"k", "v"}};
  });
  to.good("SUBSCRIBE with everything", v5, peer::client,
          "82 [ FFFF [ 0B 8001 26 {k}{v} ] {a} 2E {$share/g/b} 19 ]", full);
}

void add_subscribe_errors(wire_rows& to) {
  const auto bad = [&](std::string name, std::string_view v3, std::string_view v5_wire,
                       reason_code error) {
    to.bad("SUBSCRIBE " + name, v3_1, peer::client, v3, error);
    to.bad("SUBSCRIBE " + name, v3_1_1, peer::client, v3, error);
    to.bad("SUBSCRIBE " + name, v5, peer::client, v5_wire, error);
  };
  // [MQTT-3.8.3-2] [MQTT-3.8.3-3 v3]
  bad("to nothing", "82 [ 0001 ]", "82 [ 0001 00 ]", protocol_error);
  bad("with packet id 0", "82 [ 0000 {a} 00 ]", "82 [ 0000 00 {a} 00 ]",
      protocol_error); // [MQTT-2.3.1-1 v3]
  // [MQTT-3.8.3-1] [MQTT-3.8.3-1 v3]
  bad("to a filter that is not UTF-8", "82 [ 0001 0001 FF 00 ]", "82 [ 0001 00 0001 FF 00 ]",
      malformed_packet);
  // [MQTT-4.7.3-1] [MQTT-4.7.3-1 v3]
  bad("to an empty filter", "82 [ 0001 0000 00 ]", "82 [ 0001 00 0000 00 ]", protocol_error);
  bad("without options", "82 [ 0001 {a} ]", "82 [ 0001 00 {a} ]", malformed_packet);
  // [MQTT-3-8.3-4 v3]
  to.bad("SUBSCRIBE with QoS 3", v3_1_1, peer::client, "82 [ 0001 {a} 03 ]", malformed_packet);
  to.bad("SUBSCRIBE with no local in 3.1.1", v3_1_1, peer::client, "82 [ 0001 {a} 04 ]",
         malformed_packet);

  const auto options = [&](std::string name, std::string_view wire, reason_code error) {
    to.bad("SUBSCRIBE with " + name, v5, peer::client, wire, error);
  };
  options("QoS 3", "82 [ 0001 00 {a} 03 ]", protocol_error);
  options("retain handling 3", "82 [ 0001 00 {a} 30 ]", protocol_error);
  // [MQTT-3.8.3-5]
  options("the reserved option 0x40", "82 [ 0001 00 {a} 40 ]", malformed_packet);
  options("the reserved option 0x80", "82 [ 0001 00 {a} 80 ]", malformed_packet);
  // [MQTT-3.8.3-4]
  options("no local on a shared subscription", "82 [ 0001 00 {$share/g/a} 04 ]", protocol_error);
  options("subscription identifier 0", "82 [ 0001 [ 0B 00 ] {a} 00 ]", protocol_error);
  options("two subscription identifiers", "82 [ 0001 [ 0B 01 0B 02 ] {a} 00 ]", protocol_error);
  options("a reason string", "82 [ 0001 [ 1F {x} ] {a} 00 ]", malformed_packet);
}

void add_suback(wire_rows& to) {
  const auto answer = [](std::vector<reason_code> reasons) {
    return with<suback_packet>([&](auto& p) {
      p.id = packet_id{1};
      p.reasons = std::move(reasons);
    });
  };
  const auto mixed = answer({granted_qos_0, granted_qos_1, granted_qos_2, unspecified_error});
  // [MQTT-3.9.3-1 v3] [MQTT-3.9.3-2 v3]
  for (const auto version : {v3_1, v3_1_1})
    to.good("SUBACK", version, peer::server, "90 06 00 01 00 01 02 80", mixed);
  to.good("SUBACK", v5, peer::server, "90 07 00 01 00 00 01 02 80", mixed); // [MQTT-3.9.3-1]
  auto full = answer({not_authorized, topic_filter_invalid});
  full.reason_string = "no";
  full.users = {{"k", "v"}};
  to.good("SUBACK with everything", v5, peer::server, "90 [ 0001 [ 1F {no} 26 {k}{v} ] 87 8F ]",
          full);
  to.bad("SUBACK with a failure of 5.0 in 3.1.1", v3_1_1, peer::server, "90 [ 0001 87 ]",
         malformed_packet);
  // [MQTT-3.9.3-2]
  to.bad("SUBACK with a reason of another packet", v5, peer::server, "90 [ 0001 00 11 ]",
         protocol_error);
  to.bad("SUBACK without a reason", v5, peer::server, "90 [ 0001 00 ]", protocol_error);
  to.bad("SUBACK with packet id 0", v5, peer::server, "90 [ 0000 00 00 ]", protocol_error);
}

void add_unsubscribe(wire_rows& to) {
  auto two = with<unsubscribe_packet>([](auto& p) {
    p.id = packet_id{2};
    p.filters = {"a/b", "+"};
  });
  for (const auto version : {v3_1, v3_1_1})
    to.good("UNSUBSCRIBE", version, peer::client, "A2 0A 00 02 00 03 61 2F 62 00 01 2B", two);
  to.also("UNSUBSCRIBE of 3.1 that is sent again", v3_1, peer::client, "AA [ 0002 {a/b} {+} ]",
          two);
  to.good("UNSUBSCRIBE", v5, peer::client, "A2 [ 0002 00 {a/b} {+} ]", two);
  two.users = {{"k", "v"}};
  to.good("UNSUBSCRIBE with everything", v5, peer::client, "A2 [ 0002 [ 26 {k}{v} ] {a/b} {+} ]",
          two);
  const auto bad = [&](std::string name, std::string_view v3, std::string_view v5_wire,
                       reason_code error) {
    to.bad("UNSUBSCRIBE " + name, v3_1_1, peer::client, v3, error);
    to.bad("UNSUBSCRIBE " + name, v5, peer::client, v5_wire, error);
  };
  // [MQTT-3.10.3-2] [MQTT-3.10.3-2 v3]
  bad("from nothing", "A2 [ 0001 ]", "A2 [ 0001 00 ]", protocol_error);
  bad("with packet id 0", "A2 [ 0000 {a} ]", "A2 [ 0000 00 {a} ]", protocol_error);
  // [MQTT-3.10.3-1] [MQTT-3.10.3-1 v3]
  bad("from a filter that is not UTF-8", "A2 [ 0001 0001 FF ]", "A2 [ 0001 00 0001 FF ]",
      malformed_packet);
  bad("from an empty filter", "A2 [ 0001 0000 ]", "A2 [ 0001 00 0000 ]", protocol_error);
  bad("with a cut filter", "A2 [ 0001 0005 'a' ]", "A2 [ 0001 00 0005 'a' ]", malformed_packet);
}

void add_unsuback(wire_rows& to) {
  auto answer = with<unsuback_packet>([](auto& p) { p.id = packet_id{2}; });
  for (const auto version : {v3_1, v3_1_1})
    to.good("UNSUBACK", version, peer::server, "B0 02 00 02", answer);
  to.bad("UNSUBACK with reasons in 3.1.1", v3_1_1, peer::server, "B0 [ 0002 00 ]",
         malformed_packet);
  answer.reasons = {success, no_subscription_existed};
  to.good("UNSUBACK", v5, peer::server, "B0 05 00 02 00 00 11", answer); // [MQTT-3.11.3-1]
  answer.reason_string = "so";
  answer.users = {{"k", "v"}};
  to.good("UNSUBACK with everything", v5, peer::server, "B0 [ 0002 [ 1F {so} 26 {k}{v} ] 00 11 ]",
          answer);
  // [MQTT-3.11.3-2]
  to.bad("UNSUBACK with a reason of another packet", v5, peer::server, "B0 [ 0002 00 01 ]",
         protocol_error);
  to.bad("UNSUBACK without a reason", v5, peer::server, "B0 [ 0002 00 ]", protocol_error);
}

} // namespace

void add_subscribe_rows(wire_rows& to) {
  add_subscribe(to);
  add_subscribe_errors(to);
  add_suback(to);
  add_unsubscribe(to);
  add_unsuback(to);
}

} // namespace mqttzoo::mqtt::testing
