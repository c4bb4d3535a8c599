// The session actor: connections that replace each other, what survives them, and its end.
#define CAF_SUITE session
#include "tests/actors/session_fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::session_fixture;
using test::strings;

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
  CAF_CHECK_EQUAL(services.counters.sessions_taken_over.get(), 1u);
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

CAF_TEST(a DISCONNECT that was not read yet counts before a later connection) { // [MQTT-3.14.4-3]
  client c{*this, "c"};
  std::string farewell;
  encode(mqtt::disconnect_packet{}, c.version, 0, farewell);
  for (const bool clean_start : {false, true}) {
    c.will = make_will();
    c.connect(true, 3600);
    c.will.reset();
    c.wire->unread = farewell;
    c.connect(clean_start, 3600);
  }
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
}

CAF_TEST(a DISCONNECT counts behind requests whose answers nobody hears) { // [MQTT-3.14.4-3]
  client c{*this, "c"};
  std::string ping, farewell;
  encode(mqtt::pingreq_packet{}, ping);
  encode(mqtt::disconnect_packet{}, c.version, 0, farewell);
  const auto message = client::publish_bytes("t", "m");
  const auto leave_behind = [&](const std::string& last_words) {
    c.wire->unread = last_words + farewell;
    c.connect(false, 3600);
    CAF_CHECK_EQUAL(watcher.payloads(), strings{});
  };
  for (const auto& behind : {message, ping}) {
    c.will = make_will();
    c.connect(true, 3600);
    c.will.reset();
    leave_behind(c.subscribe_bytes("a") + behind);
  }
  c.will = make_will();
  c.connect(true, 3600);
  c.will.reset();
  c.write(c.subscribe_bytes("a") + message);
  CAF_REQUIRE(c.wire->paused);
  leave_behind(message + c.subscribe_bytes("b"));
}

CAF_TEST(what was acknowledged and not read yet does not come again) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.received();
  publisher.publish("t", "m", qos::at_least_once, 1);
  const auto got = c.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  append_ack(packet_type::puback, got[0].id, reason_code::success, c.version, c.wire->unread);
  c.connect(false, 3600);
  CAF_CHECK(c.early.empty());
}

CAF_TEST(receipts for last words are not those of the next connection) {
  client c{*this, "c"};
  for (const auto v : {mqtt::protocol_version::v5, mqtt::protocol_version::v3_1_1}) {
    c.version = v;
    for (const bool clean_start : {false, true}) {
      c.connect(true, 3600);
      c.wire->unread = client::publish_bytes("t", "m", qos::at_least_once, 1, false, v);
      c.connect(clean_start, 3600);
      CAF_CHECK(c.early.empty());
      CAF_CHECK(c.received().empty());
      c.publish("t", "m", qos::at_least_once, 2);
      CAF_CHECK_EQUAL(c.received_of<mqtt::ack_packet>().size(), 1u);
    }
  }
}

CAF_TEST(a client that is back in time counts as heard though it is read late) {
  client c{*this, "c"};
  c.will = make_will();
  c.keep_alive_s = 1;
  c.connect(true, 3600);
  c.will.reset();
  clock.advance(std::chrono::seconds{2}); // and no timer ran
  encode(mqtt::disconnect_packet{}, c.version, 0, c.wire->unread);
  c.connect(false, 3600);
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
}

CAF_TEST(what a client may not send yet is not read for its last words) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.wire->stuck_bytes = 2 * services.settings.net.outbox_bytes_max;
  c.publish("t", "m"); // the end of its turn sees the outbox
  CAF_REQUIRE(c.wire->paused);
  const auto old = c.wire;
  old->unread = "unread";
  c.connect(false, 3600);
  CAF_CHECK_EQUAL(old->unread, "unread");
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

CAF_TEST(
    what a client that went would have lost of retained messages is due again) { // [MQTT-3.3.1-9]
  publisher.publish("r/dormant", "1", qos::at_most_once, 0, true);
  let_topics_retire();
  publisher.publish("r/live", "2", qos::at_most_once, 0, true);
  client c{*this, "c"};
  c.connect(true, 3600);
  c.wire->stuck_bytes = services.settings.net.outbox_bytes_max + 1;
  c.subscribe("r/#");
  c.wire->stuck_bytes = 0;
  c.wire->events()->on_drained(); // it asks for them
  c.lose_connection();
  CAF_CHECK(c.connect(false, 3600).session_present);
  std::set<std::string> got;
  for (const auto& p : c.early)
    if (const auto* m = std::get_if<mqtt::publish_packet>(&p))
      got.emplace(m->payload);
  CAF_CHECK_EQUAL(got, (std::set<std::string>{"1", "2"}));
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

CAF_TEST(a session that fails counts no more) {
  const auto& counts = services.counters;
  const auto connected = counts.clients_connected.get();
  const auto subscriptions = counts.subscriptions.get();
  services.limits.inflight_max = 1;
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  for (std::uint16_t n = 1; n <= 2; ++n)
    publisher.publish("t", "m", qos::at_least_once, n);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 1u);
  c.wire->broken = true;
  publisher.publish("t", "m");
  CAF_CHECK_EQUAL(counts.clients_connected.get(), connected);
  CAF_CHECK_EQUAL(counts.subscriptions.get(), subscriptions);
  CAF_CHECK_EQUAL(counts.messages_queued.get(), 0u);
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
