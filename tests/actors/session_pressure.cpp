// The session actor: who is not read, and what waits for a client that does not read.
#define CAF_SUITE session_pressure
#include "tests/actors/session_fixture.hpp"
#include "tests/actors/tight_allowance.hpp"

#include <set>

using namespace mqttzoo;
using mqtt::qos;
using test::client;
using test::session_fixture;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(session_pressure_tests, session_fixture)

CAF_TEST(a publisher with too much in transit is not read) {
  services.settings.net.transit_bytes_max = 1000;
  const std::string big(2000, 'x');
  publisher.write(client::publish_bytes("t", big));
  CAF_CHECK(publisher.wire->paused);
  settle();
  CAF_CHECK(!publisher.wire->paused);
  CAF_CHECK_EQUAL(publisher.card->transit_bytes.load(), 0u);
}

CAF_TEST(a client that sends faster than it may is not read until more is due) {
  services.limits.client.messages = {10, std::chrono::seconds{1}};
  watcher.subscribe("t");
  watcher.received();
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += client::publish_bytes("t", std::to_string(i));
  const auto offer = [&] {
    many.erase(0, publisher.wire->events()->on_input(many));
    settle();
  };
  offer();
  CAF_CHECK_EQUAL(watcher.payloads().size(), 10u);
  CAF_CHECK(publisher.wire->paused);
  CAF_CHECK_EQUAL(services.counters.reads_throttled.get(), 1u);
  CAF_CHECK_EQUAL(services.counters.reads_paused.get(), 0u);
  advance(std::chrono::milliseconds{99});
  CAF_CHECK(publisher.wire->paused);
  advance(std::chrono::milliseconds{1});
  CAF_CHECK(!publisher.wire->paused);
  offer();
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"10"});
  for (int i = 0; i < 40 && !many.empty(); ++i) {
    advance(std::chrono::milliseconds{100});
    offer();
  }
  CAF_CHECK_EQUAL(watcher.payloads().size(), 29u);
  CAF_CHECK(!publisher.wire->paused);
  CAF_CHECK_EQUAL(services.counters.reads_throttled.get(), 30u);
}

CAF_TEST(a client that is held back is not taken for a silent one) {
  services.limits.client.bytes = {100, std::chrono::seconds{1}};
  client slow{*this, "s"};
  slow.keep_alive_s = 10;
  slow.connect();
  const auto large = client::publish_bytes("t", std::string(6000, 'x'));
  CAF_CHECK_EQUAL(slow.wire->events()->on_input(large), large.size());
  CAF_CHECK_EQUAL(slow.wire->events()->on_input(large), 0u);
  advance(std::chrono::seconds{30}); // twice what its keep alive allows
  CAF_CHECK(slow.wire->paused);
  CAF_CHECK(!slow.wire->closed);
  advance(std::chrono::seconds{30});
  CAF_CHECK(!slow.wire->paused);
  CAF_CHECK(!slow.wire->closed);
  advance(std::chrono::seconds{15}); // from now on it counts again
  CAF_CHECK(slow.wire->closed);
}

CAF_TEST(nor is one that waits for CONNACK until the store has its will) { // [MQTT-3.1.2-22]
  client c{*this, "c"};
  c.connect(true, 3600);
  c.lose_connection();
  join_cluster();
  enter_view(1, {});
  c.will = make_will();
  c.keep_alive_s = 5;
  c.begin_connecting(false, 3600);
  run();
  CAF_REQUIRE(c.wire->paused);
  pass(std::chrono::seconds{8}); // the store has not answered
  CAF_CHECK(!c.wire->closed);
  settle();
  CAF_CHECK(c.finish_connecting().reason == mqtt::reason_code::success);
  CAF_CHECK(!c.wire->paused);
  CAF_CHECK(c.early.empty());
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
  CAF_CHECK_EQUAL(services.counters.reads_paused.get(), 0u);
  advance(std::chrono::seconds{7});
  CAF_CHECK(!c.wire->closed);
  advance(std::chrono::seconds{1}); // from now on it counts
  CAF_CHECK(c.wire->closed);
}

CAF_TEST(a rate that is set or lifted holds from the next input on) {
  for (int i = 0; i < 20; ++i)
    publisher.send(client::publish_bytes("t", "x"));
  CAF_CHECK(!publisher.wire->paused);
  services.limits.client.messages = {1, std::chrono::seconds{1}};
  publisher.send(client::publish_bytes("t", "x"));
  CAF_CHECK(!publisher.wire->paused);
  publisher.send(client::publish_bytes("t", "x"));
  CAF_CHECK(publisher.wire->paused);
  services.limits.client = {};
  advance(std::chrono::seconds{1});
  CAF_CHECK(!publisher.wire->paused);
  for (int i = 0; i < 20; ++i)
    publisher.send(client::publish_bytes("t", "x"));
  CAF_CHECK(!publisher.wire->paused);
}

CAF_TEST(what waits for the store is in transit) {
  services.settings.net.transit_bytes_max = 1000;
  client away{*this, "a"};
  away.connect(true, 3600);
  away.subscribe("t", qos::exactly_once);
  away.lose_connection();
  publisher.write(client::publish_bytes("t", std::string(2000, 'x'), qos::exactly_once, 1));
  CAF_CHECK(publisher.wire->paused);
  settle();
  CAF_CHECK(!publisher.wire->paused);
}

CAF_TEST(a client that does not read is not read) {
  client slow{*this, "s"};
  slow.connect();
  slow.subscribe("t", qos::at_least_once);
  slow.received();
  slow.wire->stuck_bytes = services.settings.net.outbox_bytes_max + 1;
  publisher.publish("t", "dropped");
  publisher.publish("t", "kept", qos::at_least_once, 1);
  CAF_CHECK(slow.wire->paused);
  CAF_CHECK_EQUAL(slow.payloads(), strings{});
  CAF_CHECK_EQUAL(services.counters.publishes_dropped.get(), 1u);
  slow.wire->stuck_bytes = 0;
  slow.wire->events()->on_drained();
  settle();
  CAF_CHECK(!slow.wire->paused);
  CAF_CHECK_EQUAL(slow.payloads(), strings{"kept"});
}

CAF_TEST(what a slow socket leaves behind is paid for or dropped) {
  auto allowance = std::make_unique<test::tight_allowance>();
  auto& paid = *allowance;
  services.memory = std::move(allowance);
  const auto bound = services.settings.net.outbox_bytes_max;
  paid.grants = bound;
  client slow{*this, "s"};
  slow.connect();
  slow.subscribe("t");
  slow.received();
  slow.wire->stuck_bytes = bound / 2; // as a burst leaves behind
  publisher.publish("t", "1");
  CAF_CHECK_EQUAL(paid.reserved, 0u);
  slow.wire->stuck_bytes = bound / 2 + 1;
  publisher.publish("t", "2");
  publisher.publish("t", "3");
  CAF_CHECK_EQUAL(paid.reserved, bound / 16); // once
  slow.wire->stuck_bytes = bound / 2 + bound / 16 + 1;
  publisher.publish("t", "more");
  CAF_CHECK_EQUAL(paid.reserved, bound / 8);
  CAF_CHECK_EQUAL(slow.payloads(), (strings{"1", "2", "3", "more"}));
  slow.wire->stuck_bytes = 0;
  slow.wire->events()->on_drained();
  CAF_CHECK_EQUAL(paid.reserved, 0u);
  paid.grants = 0;
  slow.wire->stuck_bytes = bound / 2 + 1;
  publisher.publish("t", "4");
  CAF_CHECK_EQUAL(slow.payloads(), strings{});
  CAF_CHECK_EQUAL(services.counters.publishes_dropped.get(), 1u);
  slow.wire->stuck_bytes = bound / 2;
  publisher.publish("t", "5");
  CAF_CHECK_EQUAL(slow.payloads(), strings{"5"});
}

CAF_TEST(memory that was paid for is given back with the connection and with the session) {
  auto allowance = std::make_unique<test::tight_allowance>();
  auto& paid = *allowance;
  services.memory = std::move(allowance);
  paid.grants = std::size_t{1} << 30;
  services.limits.inflight_max = 1;
  client slow{*this, "s"};
  slow.connect();
  slow.subscribe("t", qos::at_least_once);
  for (std::uint16_t n = 1; n <= 3; ++n)
    publisher.publish("t", "m", qos::at_least_once, n);
  slow.wire->stuck_bytes = services.settings.net.outbox_bytes_max;
  publisher.publish("t", "m");
  CAF_CHECK_GREATER(paid.reserved, services.settings.net.outbox_bytes_max / 2);
  slow.lose_connection();
  CAF_CHECK_EQUAL(paid.reserved, 0u);
  slow.connect();
  slow.subscribe("t", qos::at_least_once);
  for (std::uint16_t n = 1; n <= 3; ++n)
    publisher.publish("t", "m", qos::at_least_once, n);
  CAF_CHECK_GREATER(paid.reserved, 0u);
  slow.wire->broken = true; // the actor fails
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(paid.reserved, 0u);
}

CAF_TEST(reading goes on only when nothing stands against it) {
  services.settings.net.transit_bytes_max = 1000;
  publisher.wire->stuck_bytes = services.settings.net.outbox_bytes_max + 1;
  publisher.write(client::publish_bytes("t", std::string(2000, 'x')));
  settle(); // nothing is in transit any more, but the outbox is full
  CAF_CHECK(publisher.wire->paused);
  publisher.wire->stuck_bytes = 0;
  publisher.wire->events()->on_drained();
  CAF_CHECK(!publisher.wire->paused);
}

CAF_TEST_FIXTURE_SCOPE_END()
