// The session actor: connections that replace each other, pressure in both directions, and its end.
#define CAF_SUITE session
#include "tests/actors/fixture.hpp"
#include "tests/actors/tight_allowance.hpp"

#include <set>

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;

namespace {

struct session_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client watcher{*this, "w"};

  session_fixture() {
    publisher.connect();
    watcher.connect();
    watcher.subscribe("will");
    watcher.received();
  }

  static mqtt::will make_will(std::uint32_t delay_s = 0) {
    mqtt::will w;
    w.topic = "will";
    w.payload = "gone";
    w.delay_interval_s = delay_s;
    return w;
  }

  /// As the session's record has it; 0 while it is connected.
  std::int64_t lost_at_unix_ms(const std::string& client) {
    std::int64_t at = -1;
    const auto path = zk::paths{}.session(client_id{client});
    for_each_node_below(zk::paths{}.sessions(), [&](const zk::scanned_node& node) {
      if (node.path == path)
        at = zk::decode_session(node.data)->disconnected_at_unix_ms;
    });
    return at;
  }

  void let_topics_retire() {
    advance(services.settings.topics.idle_timeout);
    advance(services.settings.topics.idle_timeout);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_tests, session_fixture)

CAF_TEST(a second connection takes the session over) { // [MQTT-3.1.4-3] [MQTT-3.1.4-2 v3]
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t");
  c.received();
  const auto old = c.wire;
  CAF_CHECK(c.connect(false, 3600).session_present);
  const auto heard = old->take(mqtt::protocol_version::v5);
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_REQUIRE(std::holds_alternative<mqtt::disconnect_packet>(heard[0]));
  CAF_CHECK(std::get<mqtt::disconnect_packet>(heard[0]).reason == reason_code::session_taken_over);
  CAF_CHECK(old->closed);
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(c.payloads(), strings{"m"});
  CAF_CHECK(old->take(mqtt::protocol_version::v5).empty());
}

CAF_TEST(a session moves with its connection from unit to unit) {
  client here{*this, "c"}, there{*this, "c", second};
  here.connect(true, 3600);
  here.subscribe("t", qos::at_least_once);
  here.received();
  CAF_CHECK(there.connect(false, 3600).session_present);
  CAF_CHECK(here.wire->closed);
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(there.payloads(), strings{"m"});
}

CAF_TEST(a will fires when its connection is taken over) { // [MQTT-3.1.2-8] [MQTT-3.1.2-8 v3]
  client c{*this, "c"};
  c.will = make_will();
  c.connect(true, 3600);
  c.will.reset();
  c.connect(false, 3600);
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
}

CAF_TEST(a will that waits is dropped when its client is back in time) { // [MQTT-3.1.3-9]
  client c{*this, "c"};
  c.will = make_will(10);
  c.connect(true, 3600);
  c.will.reset();
  c.lose_connection();
  advance(std::chrono::seconds{9});
  c.connect(false, 3600);
  advance(std::chrono::seconds{60});
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
}

CAF_TEST(a will that waits fires when its session ends) { // [MQTT-3.1.2-8]
  client c{*this, "c"};
  c.will = make_will(1000);
  c.connect(true, 20);
  c.lose_connection();
  advance(std::chrono::seconds{19});
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
}

CAF_TEST(a will of a clean session fires with a clean start too) {
  client c{*this, "c"};
  c.will = make_will(10);
  c.connect(true, 3600);
  c.will.reset();
  c.connect(true, 3600); // the old session ends
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
}

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

CAF_TEST(a session that ends leaves no actor and no route) {
  const auto running = sys.registry().running();
  client clean{*this, "clean"}, kept{*this, "kept", second};
  clean.connect();
  kept.connect(true, 100);
  for (auto* c : {&clean, &kept}) {
    c->subscribe("a/b");
    c->subscribe("a/#");
    c->subscribe("$share/g/a/+", qos::at_least_once);
  }
  publisher.publish("a/b", "m", qos::at_least_once, 1);
  publisher.received();
  for (auto* c : {&clean, &kept})
    c->lose_connection();
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
  advance(std::chrono::seconds{101});
  publisher.publish("a/b", "m", qos::at_least_once, 2);
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == reason_code::no_matching_subscribers);
  let_topics_retire();
  CAF_CHECK_EQUAL(sys.registry().running(), running);
  CAF_CHECK_EQUAL(stored_sessions() + pointers() + mails(), 0u);
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 2u);
  CAF_CHECK_EQUAL(second.counters.sessions.get(), 0u);
}

CAF_TEST(receipts of an old connection are void) {
  client away{*this, "a"};
  away.connect(true, 3600);
  away.subscribe("t", qos::at_least_once);
  away.lose_connection();
  publisher.write(client::publish_bytes("t", "1", qos::at_least_once, 7));
  run(); // the store has not answered
  publisher.connect();
  CAF_CHECK(publisher.early.empty());
  CAF_CHECK_EQUAL(mails(), 1u);
  publisher.publish("t", "2", qos::at_least_once, 7);
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK_EQUAL(static_cast<int>(acks[0].id), 7);
}

CAF_TEST(a clean start leaves nothing of the session before it) { // [MQTT-3.1.2-4] [MQTT-3.1.4-4]
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(mails(), 1u);
  CAF_CHECK(!c.connect(true, 3600).session_present);
  CAF_CHECK(c.early.empty());
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(c.payloads(), strings{});
}

CAF_TEST(a session that stops being kept goes from the store with its connection) {
  client c{*this, "c"};
  c.connect(true, 3600);
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
  c.lose_connection();
  CAF_CHECK(c.connect(false, 0).session_present);
  c.lose_connection();
  CAF_CHECK_EQUAL(stored_sessions(), 0u);
}

CAF_TEST(retained messages that are due come to the next connection) { // [MQTT-3.3.1-9]
  std::set<std::string> all;
  for (int i = 0; i < 400; ++i) {
    const auto text = std::to_string(i);
    publisher.publish("r/" + text, text, qos::at_least_once, 1, true);
    all.insert(text);
  }
  services.limits.inflight_max = 20;
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("r/#", qos::at_least_once); // a window of them comes
  c.lose_connection();
  CAF_CHECK(c.connect(false, 3600).session_present);
  std::set<std::string> got;
  std::vector<mqtt::packet_id> ids;
  const auto take = [&](const mqtt::publish_packet& p) {
    got.emplace(p.payload);
    ids.push_back(p.id);
  };
  for (const auto& p : c.early)
    if (const auto* m = std::get_if<mqtt::publish_packet>(&p))
      take(*m);
  while (!ids.empty()) {
    for (const auto id : std::exchange(ids, {}))
      c.acknowledge(packet_type::puback, id);
    for (const auto& m : c.received_of<mqtt::publish_packet>())
      take(m);
  }
  CAF_CHECK_EQUAL(got, all);
}

CAF_TEST(a clean start ends what was due of retained messages) {
  for (int i = 0; i < 400; ++i)
    publisher.publish("r/" + std::to_string(i), "m", qos::at_least_once, 1, true);
  services.limits.inflight_max = 20;
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("r/#", qos::at_least_once);
  c.lose_connection();
  CAF_CHECK(!c.connect(true, 3600).session_present);
  CAF_CHECK(c.early.empty());
  CAF_CHECK_EQUAL(c.payloads(), strings{});
}

CAF_TEST(who subscribes again and again while it does not read gets retained messages once) {
  publisher.publish("r", "m", qos::at_most_once, 0, true);
  client slow{*this, "s"};
  slow.connect();
  slow.wire->stuck_bytes = services.settings.net.outbox_bytes_max + 1;
  for (int i = 0; i < 1000; ++i)
    slow.subscribe("r");
  CAF_CHECK_EQUAL(slow.payloads(), strings{});
  slow.wire->stuck_bytes = 0;
  slow.wire->events()->on_drained();
  settle();
  CAF_CHECK_EQUAL(slow.payloads(), strings{"m"});
}

CAF_TEST(SUBACK waits for the store when the session is kept) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.write(c.subscribe_bytes("t"));
  run();
  CAF_CHECK(c.received().empty());
  settle();
  CAF_CHECK_EQUAL(c.received_of<mqtt::suback_packet>().size(), 1u);
}

CAF_TEST(clients that stop with the pod are told) { // 0x8B
  const auto wire = publisher.wire;
  caf::anon_send(pod.home, actors::shut_down_atom::value);
  settle();
  const auto heard = wire->take(mqtt::protocol_version::v5);
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_CHECK(std::get<mqtt::disconnect_packet>(heard[0]).reason ==
            reason_code::server_shutting_down);
  CAF_CHECK(wire->closed);
}

CAF_TEST(a session that stops while it is saved ends with its last state stored) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.write(c.subscribe_bytes("t"));
  run(); // is being stored as connected
  caf::anon_send(c.card->handle, actors::shut_down_atom::value);
  settle();
  CAF_CHECK_GREATER(lost_at_unix_ms("c"), 0);
}

CAF_TEST(a session that has expired is not resumed before its timer comes) { // [MQTT-4.1.0-2]
  client c{*this, "c"};
  c.connect(true, 20);
  c.subscribe("t");
  c.lose_connection();
  clock.advance(std::chrono::seconds{20});
  CAF_CHECK(!c.connect(false, 20).session_present);
  publisher.publish("t", "m");
  c.received();
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
}

CAF_TEST(nothing needs to be safe for a session that has ended) {
  client c{*this, "c"};
  c.connect(true, 20);
  const auto card = c.card;
  c.lose_connection();
  CAF_CHECK(card->persistent);
  advance(std::chrono::seconds{20});
  CAF_CHECK(!card->persistent);
}

CAF_TEST_FIXTURE_SCOPE_END()

// --- sessions that leave ---

namespace {

struct leaving_fixture : session_fixture {
  leaving_fixture() { pod.usher = sys.spawn(test::fake_usher, usher); }
  ~leaving_fixture() {
    caf::anon_send(pod.usher, actors::shut_down_atom::value);
    settle();
  }
  /// The last session that the home knows.
  actors::card_ref card() {
    caf::anon_send(pod.home, actors::list_atom::value);
    settle();
    for (const auto& c : usher->found.back())
      if (c->client.str() == "c")
        return c;
    CAF_FAIL("no session");
    return nullptr;
  }
  void dismiss(const actors::card_ref& c) {
    caf::anon_send(c->handle, actors::dismiss_atom::value,
                   actors::dismissal{c, reason_code::use_another_server, "b:1883",
                                     actors::dismissal::remains::rests});
    settle();
  }
  void seal(const actors::card_ref& c) {
    caf::anon_send(pod.at(c->unit).courier_handle, actors::seal_atom::value, c);
    settle();
  }
  std::size_t said(actors::rest how) const {
    return static_cast<std::size_t>(std::count_if(usher->rested.begin(), usher->rested.end(),
                                                  [&](const auto& r) { return r.second == how; }));
  }

  std::shared_ptr<test::usher_log> usher = std::make_shared<test::usher_log>();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(leaving_tests, leaving_fixture)

CAF_TEST(a session is parked when the store has what its client did not acknowledge) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::exactly_once);
  c.received();
  publisher.publish("t", "1", qos::at_least_once, 1);
  publisher.publish("t", "2", qos::exactly_once, 2);
  const auto of = card();
  dismiss(of);
  CAF_CHECK(c.wire->closed);
  CAF_CHECK_EQUAL(said(actors::rest::parked), 1u);
  CAF_CHECK_EQUAL(pointers(), 2u);
  CAF_CHECK(of->persistent);

  publisher.publish("t", "3", qos::at_least_once, 3); // it still takes what comes
  CAF_CHECK_EQUAL(pointers(), 3u);
  seal(of);
  CAF_CHECK_EQUAL(said(actors::rest::sealed), 1u);
  CAF_CHECK(!of->persistent);
  publisher.publish("t", "4", qos::exactly_once, 4); // and now nothing more, nor holds it this up
  CAF_CHECK_EQUAL(pointers(), 3u);
  CAF_CHECK(!publisher.received().empty());

  caf::anon_send(of->handle, actors::go_back_atom::value);
  settle();
  CAF_CHECK(of->persistent);
  c.begin_connecting(false, 3600);
  settle();
  CAF_CHECK_EQUAL(c.payloads(), (strings{"1", "2", "3"}));
}

CAF_TEST(a session that another pod has leaves the routes and not the store) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.received();
  const auto of = card();
  const auto before = services.counters.sessions.get();
  dismiss(of);
  seal(of);
  const auto stored = stored_sessions();
  caf::anon_send(of->handle, actors::moved_atom::value);
  settle();
  CAF_CHECK_EQUAL(services.counters.sessions.get(), before - 1);
  CAF_CHECK_EQUAL(stored_sessions(), stored);
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK(!publisher.received().empty());
}

CAF_TEST(a client that comes while its session leaves is sent away) {
  client c{*this, "c"};
  c.connect(true, 3600);
  const auto of = card();
  dismiss(of);
  auto a = std::make_shared<actors::attachment>();
  auto wire = std::make_shared<test::fake_connection>();
  a->connection = wire;
  a->epoch = mqtt::connection_epoch{1000};
  caf::anon_send(of->handle, actors::attach_atom::value, a);
  settle();
  CAF_CHECK(wire->closed);
}

CAF_TEST_FIXTURE_SCOPE_END()
