// Promises to a publisher: acknowledgements, refusals, bounds, lost connections.
#define CAF_SUITE sdk.outbox
#include "sdk/outbox.hpp"

#include "scripted.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::sdk::test;
using mqtt::packet_type;

namespace {

const std::error_code ok;

} // namespace

CAF_TEST(QoS 0 is promised when it is written and not before) {
  scripted s;
  s.connect();
  answer a;
  s.publish(a, "t", "x", qos::at_most_once);
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "x");
  CAF_CHECK(!a);
  s.written();
  CAF_CHECK(a == ok);
}

CAF_TEST(QoS 1 and 2 are promised by PUBACK and PUBCOMP) {
  scripted s;
  s.connect();
  answer a, b;
  s.publish(a, "t", "1", qos::at_least_once);
  s.publish(b, "t", "2", qos::exactly_once);
  const auto one = s.take<mqtt::publish_packet>().id;
  const auto two = s.take<mqtt::publish_packet>().id;
  CAF_CHECK(one != two);
  s.say_ack(packet_type::puback, two); // the wrong answer to QoS 2 promises nothing
  CAF_CHECK(!a && !b);
  s.say_ack(packet_type::puback, one);
  CAF_CHECK(a == ok);
  s.say_ack(packet_type::pubrec, two);
  CAF_CHECK(!b);
  CAF_CHECK(s.take<mqtt::ack_packet>().type == packet_type::pubrel);
  s.say_ack(packet_type::pubcomp, two);
  CAF_CHECK(b == ok);
}

CAF_TEST(what was published while away leaves in order) {
  scripted s;
  answer a[5];
  for (int i = 0; i < 5; ++i)
    s.publish(a[i], "t", std::to_string(i), static_cast<qos>(i % 3));
  CAF_CHECK(s.silent());
  s.connect();
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(s.take<mqtt::publish_packet>().payload == std::to_string(i));
}

CAF_TEST(after a lost connection everything unacknowledged is repeated in order) {
  scripted s{lasting()};
  s.connect();
  answer a, b, c;
  s.publish(a, "t", "a", qos::exactly_once);
  s.publish(b, "t", "b", qos::at_least_once);
  const auto first = s.take<mqtt::publish_packet>().id;
  const auto second = s.take<mqtt::publish_packet>().id;
  s.say_ack(packet_type::pubrec, first);
  s.m.end();
  s.publish(c, "t", "c", qos::at_least_once);
  s.connect([](auto& p) { p.session_present = true; });
  const auto pubrel = s.take<mqtt::ack_packet>();
  CAF_CHECK(pubrel.type == packet_type::pubrel && pubrel.id == first);
  const auto again = s.take<mqtt::publish_packet>();
  CAF_CHECK(again.dup && again.id == second && again.payload == "b");
  CAF_CHECK(!s.take<mqtt::publish_packet>().dup);
  CAF_CHECK(!a && !b);
}

CAF_TEST(a server may answer what was sent on the connection before) {
  scripted s{lasting()};
  s.connect([](auto& p) { p.receive_maximum = std::uint16_t{1}; });
  answer a, b;
  s.publish(a, "t", "a", qos::exactly_once);
  const auto first = s.take<mqtt::publish_packet>().id;
  s.say_ack(packet_type::pubrec, first);
  s.take<mqtt::ack_packet>();
  s.say_ack(packet_type::pubcomp, first);
  s.m.end();
  s.connect([](auto& p) { p.session_present = true; });
  s.publish(a, "t", "a", qos::exactly_once);
  s.publish(b, "t", "b", qos::exactly_once);
  const auto one = s.take<mqtt::publish_packet>().id, two = s.take<mqtt::publish_packet>().id;
  s.m.end();
  s.connect([](auto& p) {
    p.session_present = true;
    p.receive_maximum = std::uint16_t{1};
  });
  CAF_CHECK(s.take<mqtt::publish_packet>().id == one);
  s.say_ack(packet_type::pubrec, two); // whose PUBLISH waits for the window
  const auto pubrel = s.take<mqtt::ack_packet>();
  CAF_CHECK(pubrel.id == two && pubrel.reason == mqtt::reason_code::success);
  s.say_ack(packet_type::pubcomp, two);
  CAF_CHECK(b == ok);
  s.say_ack(packet_type::pubrec, one);
  s.take<mqtt::ack_packet>();
  s.say_ack(packet_type::pubcomp, one);
  CAF_CHECK(s.silent());
}

CAF_TEST(a session that the server lost begins anew) {
  scripted s{lasting()};
  s.connect();
  answer a, b;
  s.publish(a, "t", "a", qos::exactly_once);
  s.publish(b, "t", "b", qos::at_least_once);
  const auto first = s.take<mqtt::publish_packet>().id;
  s.take<mqtt::publish_packet>();
  s.say_ack(packet_type::pubrec, first);
  s.m.end();
  s.connect();
  CAF_CHECK(a == ok); // PUBREC said whose it is
  const auto again = s.take<mqtt::publish_packet>();
  CAF_CHECK(!again.dup && again.payload == "b");
  CAF_CHECK(s.silent());
}

CAF_TEST(QoS 0 that was being written fails and what only waited is sent) {
  scripted s;
  s.connect();
  answer a, b;
  s.publish(a, "t", "a", qos::at_most_once);
  s.take<mqtt::publish_packet>(); // taken to be written
  s.publish(b, "t", "b", qos::at_most_once);
  s.m.end();
  CAF_CHECK(a == make_error_code(errc::connection_lost));
  CAF_CHECK(!b);
  s.connect();
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "b");
}

CAF_TEST(the window of the server is kept) {
  scripted s;
  s.connect([](auto& p) { p.receive_maximum = std::uint16_t{2}; });
  answer a[3];
  for (auto& each : a)
    s.publish(each, "t", "x", qos::at_least_once);
  const auto first = s.take<mqtt::publish_packet>().id;
  s.take<mqtt::publish_packet>();
  CAF_CHECK(s.silent());
  s.say_ack(packet_type::puback, first);
  s.take<mqtt::publish_packet>();
  CAF_CHECK(s.silent());
}

CAF_TEST(retry after is honoured and holds others back) {
  scripted s;
  s.connect();
  answer a, b;
  s.publish(a, "t", "a", qos::at_least_once);
  s.say_ack(packet_type::puback, s.take<mqtt::publish_packet>().id,
            mqtt::reason_code::quota_exceeded, {{"retry-after", "3"}});
  s.publish(b, "t", "b", qos::at_least_once);
  CAF_CHECK(!a && s.silent());
  CAF_CHECK(s.m.outbox().wakeup() == s.now + 3s);
  s.now += 2999ms;
  s.m.tick(s.now);
  CAF_CHECK(s.silent());
  s.now += 1ms;
  s.m.tick(s.now);
  const auto again = s.take<mqtt::publish_packet>();
  CAF_CHECK(again.payload == "a" && !again.dup);
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "b");
  s.say_ack(packet_type::puback, again.id);
  CAF_CHECK(a == ok);
}

CAF_TEST(retry after beyond the deadline fails at once) {
  scripted s;
  s.connect();
  answer a, b;
  s.publish(a, "t", "a", qos::exactly_once, {.timeout = 2s});
  s.say_ack(packet_type::pubrec, s.take<mqtt::publish_packet>().id,
            mqtt::reason_code::quota_exceeded, {{"retry-after", "3"}});
  CAF_CHECK(a == make_error_code(reason::quota_exceeded));
  s.publish(b, "t", "b", qos::at_least_once);
  s.say_ack(packet_type::puback, s.take<mqtt::publish_packet>().id,
            mqtt::reason_code::quota_exceeded); // does not say when
  CAF_CHECK(b == make_error_code(reason::quota_exceeded));
}

CAF_TEST(a deadline ends where no more than stored was asked for) {
  scripted s;
  s.connect();
  answer a;
  s.publish(a, "t", "a", qos::at_least_once, {.until = publish_until::stored, .timeout = 2s});
  CAF_CHECK(a == ok);
  s.say_ack(packet_type::puback, s.take<mqtt::publish_packet>().id,
            mqtt::reason_code::quota_exceeded, {{"retry-after", "30"}});
  s.now += 30s;
  s.m.tick(s.now);
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "a");
}

CAF_TEST(a deadline withdraws what has not left) {
  scripted s;
  answer a;
  s.publish(a, "t", "a", qos::at_least_once, {.timeout = 1s});
  CAF_CHECK(s.m.wakeup() == s.now + 1s);
  s.now += 1s;
  s.m.tick(s.now);
  CAF_CHECK(a == std::make_error_code(std::errc::timed_out));
  s.connect();
  CAF_CHECK(s.silent());
}

CAF_TEST(a full outbox waits or fails as asked) {
  client_options o;
  o.outbox.messages_max = 1;
  o.outbox.waiting_max = 1;
  scripted s{o};
  answer a, b, c, d;
  s.publish(a, "t", "a", qos::at_least_once);
  s.publish(b, "t", "b", qos::at_least_once, {.when_full = when_full::fail});
  CAF_CHECK(b == make_error_code(errc::outbox_full));
  s.publish(c, "t", "c", qos::at_least_once);
  CAF_CHECK(!c);
  s.publish(d, "t", "d", qos::at_least_once); // one caller may wait
  CAF_CHECK(d == make_error_code(errc::outbox_full));
  s.connect();
  s.say_ack(packet_type::puback, s.take<mqtt::publish_packet>().id);
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "c");
}

CAF_TEST(bytes are bounded too and one message always fits) {
  client_options o;
  o.outbox.bytes_max = 1000;
  scripted s{o};
  answer a, b;
  s.publish(a, "t", std::string(5000, 'x'), qos::at_least_once);
  s.publish(b, "t", "b", qos::at_least_once, {.when_full = when_full::fail});
  CAF_CHECK(!a);
  CAF_CHECK(b == make_error_code(errc::outbox_full));
}

CAF_TEST(what the server does not take fails with its reason) {
  scripted s;
  s.connect([](auto& p) {
    p.maximum_qos = mqtt::qos::at_least_once;
    p.retain_available = false;
    p.maximum_packet_size = 100U;
  });
  answer a, b, c;
  s.publish(a, "t", "a", qos::exactly_once);
  CAF_CHECK(a == make_error_code(reason::qos_not_supported));
  s.publish(b, "t", std::string(200, 'x'), qos::at_least_once);
  CAF_CHECK(b == make_error_code(errc::packet_too_large));
  message kept{"t", "x", qos::at_most_once};
  kept.retain = true;
  s.m.outbox().publish(message{kept}, {}, sdk::publish_number{99}, s.now,
                       [&](std::error_code e) { c = e; });
  s.m.pump(s.now);
  CAF_CHECK(c == make_error_code(reason::retain_not_supported));
  CAF_CHECK(s.silent());
}

CAF_TEST(expiry counts down in the outbox) {
  scripted s;
  answer a, b;
  message m{"t", "x", qos::at_least_once};
  m.properties.expiry_s = 10;
  s.m.outbox().publish(message{m}, {}, sdk::publish_number{1}, s.now,
                       [&](std::error_code e) { a = e; });
  m.properties.expiry_s = 3;
  s.m.outbox().publish(message{m}, {}, sdk::publish_number{2}, s.now,
                       [&](std::error_code e) { b = e; });
  s.now += 4s;
  s.connect();
  CAF_CHECK(s.take<mqtt::publish_packet>().properties.message_expiry_interval_s == 6U);
  CAF_CHECK(b == make_error_code(errc::expired));
}

CAF_TEST(topics get aliases as far as the server has them) {
  scripted s;
  s.connect([](auto& p) { p.topic_alias_maximum = std::uint16_t{1}; });
  answer a[4];
  s.publish(a[0], "a long topic", "", qos::at_most_once);
  s.publish(a[1], "a long topic", "", qos::at_most_once);
  s.publish(a[2], "another topic", "", qos::at_most_once);
  const auto first = s.take<mqtt::publish_packet>();
  CAF_CHECK(first.topic == "a long topic" && first.properties.topic_alias == 1);
  const auto second = s.take<mqtt::publish_packet>();
  CAF_CHECK(second.topic.empty() && second.properties.topic_alias == 1);
  const auto third = s.take<mqtt::publish_packet>();
  CAF_CHECK(third.topic == "another topic" && third.properties.topic_alias == 0);
}

CAF_TEST(a cancelled message that has left keeps its identifier until the server answers) {
  scripted s;
  s.connect();
  answer a, b;
  s.publish(a, "t", "a", qos::at_least_once);
  const auto id = s.take<mqtt::publish_packet>().id;
  s.m.outbox().cancel(sdk::publish_number{s.numbers}, make_error_code(errc::closed));
  CAF_CHECK(a == make_error_code(errc::closed));
  CAF_CHECK(s.m.outbox().busy());
  s.say_ack(packet_type::puback, id);
  CAF_CHECK(!s.m.outbox().busy());
}
