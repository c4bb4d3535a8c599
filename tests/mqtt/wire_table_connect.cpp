// CONNECT as it should be: section 3.1.
#include "wire_table.hpp"

namespace mqttzoo::mqtt::testing {
namespace {

using enum protocol_version;

connect_packet minimal(protocol_version version) {
  return with<connect_packet>([&](auto& p) {
    p.version = version;
    p.keep_alive_s = 60;
    p.client_id = "test";
  });
}

/// A will of QoS 1, retained, with user name and password.
connect_packet with_everything_of_v3(protocol_version version) {
  auto p = minimal(version);
  p.clean_start = false;
  p.will = with<will>([](auto& w) {
    w.topic = "w/t";
    w.payload = "gone";
    w.qos = qos::at_least_once;
    w.retain = true;
  });
  p.user_name = "u";
  p.password = std::string("p\0w", 3);
  return p;
}

void add_v3_rows(wire_rows& to) {
  to.good("CONNECT", v3_1_1, peer::client, "10 10 00 04 4D 51 54 54 04 02 00 3C 00 04 74 65 73 74",
          minimal(v3_1_1));
  to.good("CONNECT", v3_1, peer::client, "10 [ {MQIsdp} 03 02 003C {test} ]", minimal(v3_1));
  // the order of the fields: [MQTT-3.1.3-1 v3]
  // their presence: [MQTT-3.1.2-9 v3] [MQTT-3.1.2-19 v3] [MQTT-3.1.2-21 v3]
  to.good("CONNECT with everything", v3_1_1, peer::client,
          "10 [ {MQTT} 04 EC 003C {test} {w/t} {gone} {u} 0003 70 00 77 ]",
          with_everything_of_v3(v3_1_1));
  to.good("CONNECT with everything", v3_1, peer::client,
          "10 [ {MQIsdp} 03 EC 003C {test} {w/t} {gone} {u} 0003 70 00 77 ]",
          with_everything_of_v3(v3_1));
  auto anonymous = minimal(v3_1_1);
  anonymous.client_id.clear();
  to.good("CONNECT without a client id", v3_1_1, peer::client, "10 [ {MQTT} 04 02 003C 0000 ]",
          anonymous);
  to.also("CONNECT of 3.1 with the unused flag", v3_1, peer::client,
          "10 [ {MQIsdp} 03 03 003C {test} ]", minimal(v3_1));
  to.also("CONNECT of 3.1 that ends before its user name", v3_1, peer::client,
          "10 [ {MQIsdp} 03 C2 003C {test} ]", minimal(v3_1));
  auto named = minimal(v3_1);
  named.user_name = "u";
  to.also("CONNECT of 3.1 that ends before its password", v3_1, peer::client,
          "10 [ {MQIsdp} 03 C2 003C {test} {u} ]", named);
  auto long_id = minimal(v3_1);
  long_id.client_id = "an-identifier-of-more-than-23-bytes";
  to.good("CONNECT of 3.1 with a long client id", v3_1, peer::client,
          "10 [ {MQIsdp} 03 02 003C {an-identifier-of-more-than-23-bytes} ]", long_id);
  // U+FEFF is part of the text: [MQTT-1.5.3-3 v3] [MQTT-1.5.4-3]
  auto marked = minimal(v3_1_1);
  marked.client_id = "\xEF\xBB\xBF";
  to.good("CONNECT with a byte order mark", v3_1_1, peer::client,
          "10 [ {MQTT} 04 02 003C 0003 EFBBBF ]", marked);
  marked.version = v5;
  to.good("CONNECT with a byte order mark", v5, peer::client,
          "10 [ {MQTT} 05 02 003C 00 0003 EFBBBF ]", marked);
}

connect_packet with_everything_of_v5() {
  auto p = with_everything_of_v3(v5);
  p.session_expiry_interval_s = 3600;
  p.receive_maximum = 10;
  p.maximum_packet_size = 1000;
  p.topic_alias_maximum = 5;
  p.request_response_information = true;
  p.request_problem_information = false;
  p.authentication_method = "m";
  p.authentication_data = std::string("\0\1", 2);
  p.users = {{"a", "1"}, {"a", "2"}};
  p.will->delay_interval_s = 30;
  p.will->message_expiry_interval_s = 60;
  p.will->payload_is_utf8 = true;
  p.will->forwarded = bytes("01 01 03 {text} 08 {r} 09 {c} 26 {b}{2} 26 {a}{1}");
  return p;
}

void add_v5_rows(wire_rows& to) {
  // [MQTT-2.2.2-1] no properties are a length of 0
  to.good("CONNECT", v5, peer::client, "10 [ {MQTT} 05 02 003C 00 {test} ]", minimal(v5));
  // [MQTT-3.1.3-1] [MQTT-3.1.2-9] [MQTT-3.1.2-17] [MQTT-3.1.2-19]
  // user properties of the will keep their order: [MQTT-3.1.3-10]
  to.good("CONNECT with everything", v5, peer::client,
          "10 [ {MQTT} 05 EC 003C"
          "  [ 11 00000E10 21 000A 27 000003E8 22 0005 19 01 17 00 15 {m} 16 0002 0001"
          "    26 {a}{1} 26 {a}{2} ]"
          "  {test}"
          "  [ 18 0000001E 02 0000003C 01 01 03 {text} 08 {r} 09 {c} 26 {b}{2} 26 {a}{1} ]"
          "  {w/t} {gone} {u} 0003 70 00 77 ]",
          with_everything_of_v5());
  auto anonymous = minimal(v5);
  anonymous.client_id.clear();
  anonymous.clean_start = false;
  to.good("CONNECT without a client id", v5, peer::client, "10 [ {MQTT} 05 00 003C 00 0000 ]",
          anonymous);
  auto password_only = minimal(v5);
  password_only.password = "token";
  to.good("CONNECT with a password alone", v5, peer::client,
          "10 [ {MQTT} 05 42 003C 00 {test} {token} ]", password_only);
  to.also("CONNECT that spells out the defaults", v5, peer::client,
          "10 [ {MQTT} 05 02 003C [ 11 00000000 21 FFFF 22 0000 19 00 17 01 ] {test} ]",
          minimal(v5));
  auto empty_will = minimal(v5);
  empty_will.will = with<will>([](auto& w) { w.topic = "w"; });
  to.good("CONNECT with an empty will", v5, peer::client,
          "10 [ {MQTT} 05 06 003C 00 {test} 00 {w} 0000 ]", empty_will);
}

} // namespace

void add_connect_rows(wire_rows& to) {
  add_v3_rows(to);
  add_v5_rows(to);
}

} // namespace mqttzoo::mqtt::testing
