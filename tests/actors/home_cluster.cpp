// One client, one session, wherever it connects; and who waits for that, how long.
#define CAF_SUITE home_cluster
#include "tests/actors/home_cluster_fixture.hpp"

using namespace mqttzoo;
using mqtt::reason_code;
using client = test::roaming_client;
using strings = std::vector<std::string>;
using test::home_cluster_fixture;

CAF_TEST_FIXTURE_SCOPE(home_cluster_tests, home_cluster_fixture)

CAF_TEST(whom nobody knows gets a session where it connects) {
  for (const auto& name : clients_of_all())
    for (const auto at : all) {
      client c{*this, name};
      CAF_CHECK(c.connect(at).reason == reason_code::success);
      CAF_CHECK_EQUAL(sessions(at), 1u);
      c.lose_connection();
      CAF_CHECK_EQUAL(sessions(), 0u);
    }
}

CAF_TEST(a client with a will is in once the store has it) { // [MQTT-3.1.2-7]
  client c{*this, client_of(first, all)};
  c.will = test::make_will("will", "gone");
  c.begin_connecting(first);
  run();
  CAF_CHECK(c.wire->events() != nullptr);
  CAF_CHECK(c.wire->take(mqtt::protocol_version::v5).empty());
  CAF_CHECK(c.wire->paused);
  settle();
  CAF_CHECK(c.connack().reason == reason_code::success);
  CAF_CHECK(!c.wire->paused);
  c.lose_connection();
}

CAF_TEST(a clean session ends where it is and begins where its client is) { // [MQTT-3.1.4-3]
  for (const auto& name : clients_of_all()) {
    client here{*this, name}, there{*this, name}, watcher{*this, "watcher"};
    watcher.connect(first);
    watcher.subscribe("will");
    watcher.received_of<mqtt::suback_packet>();
    here.will = test::make_will("will", "gone");
    here.connect(first);
    here.subscribe("t");
    here.received_of<mqtt::suback_packet>();
    const auto connack = there.connect(third);
    CAF_CHECK(connack.reason == reason_code::success);
    CAF_CHECK(!connack.session_present);
    CAF_CHECK(test::was_taken_over(*here.wire));
    CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
    CAF_CHECK_EQUAL(sessions(first), 1u); // the watcher's
    CAF_CHECK_EQUAL(sessions(third), 1u);
    there.lose_connection();
    watcher.lose_connection();
  }
}

CAF_TEST(a persistent session stays and its client is carried to it) {
  for (const auto& name : clients_of_all())
    for (const std::uint16_t unit : {0, 1}) {
      client here{*this, name}, there{*this, name}, publisher{*this, "p"};
      publisher.connect(first);
      here.connect(first, {false, 3600, unit});
      here.subscribe("t", mqtt::qos::at_least_once);
      here.received_of<mqtt::suback_packet>();
      CAF_CHECK(there.connect(third, persistent).session_present); // [MQTT-3.2.2-3]
      CAF_CHECK(test::was_taken_over(*here.wire));
      CAF_CHECK_EQUAL(sessions(first), 2u);
      CAF_CHECK_EQUAL(sessions(third), 0u);
      publisher.send(client::publish_bytes("t", "far"));
      CAF_CHECK_EQUAL(there.payloads(), strings{"far"});
      there.send(client::publish_bytes("t", "back"));
      CAF_CHECK_EQUAL(there.payloads(), strings{"back"});

      there.lose_connection();
      publisher.send(client::publish_bytes("t", "kept", mqtt::qos::at_least_once, 1));
      CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
      here.begin_connecting(second, persistent);
      settle();
      CAF_CHECK_EQUAL(here.payloads(), strings{"kept"});
      here.connect(first, {true, 0}); // leave nothing
      here.lose_connection();
      publisher.lose_connection();
      CAF_CHECK_EQUAL(sessions(), 0u);
    }
}

CAF_TEST(a clean start ends a persistent session at another pod) { // [MQTT-3.1.4-4]
  for (const auto& name : clients_of_all())
    for (const bool connected : {false, true}) {
      client here{*this, name}, there{*this, name};
      here.connect(first, persistent);
      here.subscribe("t");
      here.received_of<mqtt::suback_packet>();
      if (!connected)
        here.lose_connection();
      CAF_CHECK(!there.connect(third, {true, 3600}).session_present);
      CAF_CHECK(!connected || test::was_taken_over(*here.wire));
      CAF_CHECK_EQUAL(sessions(first), 0u);
      CAF_CHECK_EQUAL(sessions(third), 1u);
      there.connect(third);
      there.lose_connection();
    }
}

CAF_TEST(of carried connections the last one is left) {
  client here{*this, "c"};
  here.connect(first, persistent);
  client once{*this, "c"}, again{*this, "c"}, elsewhere{*this, "c"};
  once.connect(third, persistent);
  CAF_CHECK(again.connect(third, persistent).session_present);
  CAF_CHECK(test::was_taken_over(*once.wire));
  CAF_CHECK(elsewhere.connect(second, persistent).session_present);
  CAF_CHECK(test::was_taken_over(*again.wire));
  CAF_CHECK(here.connect(first, persistent).session_present);
  CAF_CHECK(test::was_taken_over(*elsewhere.wire));
  CAF_CHECK_EQUAL(sessions(), 1u);
}

CAF_TEST(of connections everywhere at once one is left) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    std::mt19937_64 random{seed};
    std::vector<std::unique_ptr<client>> of_one;
    const bool views_change = random() % 2 == 0;
    for (int i = 0; i < 6; ++i) {
      of_one.push_back(std::make_unique<client>(*this, "c"));
      const auto pod = random() % 3; // on one unit of each: a socket that travels is no wire here
      of_one.back()->begin_connecting(pod, {random() % 2 == 0, random() % 2 == 0 ? 3600u : 0u,
                                            static_cast<std::uint16_t>(pod % 2)});
      some_steps(random, 40);
      if (views_change && i == 3)
        begin_installing(static_cast<std::int64_t>(seed) + 10, all);
    }
    settle_shuffled(random);
    begin_settling(static_cast<std::int64_t>(seed) + 10, all);
    settle_shuffled(random);
    for (int i = 0; i < 4; ++i)
      advance(std::chrono::milliseconds{250}); // who was sent to and fro asks again
    std::size_t left = 0;
    for (auto& p : pods)
      p->adoptable = nullptr;
    for (const auto& c : of_one) {
      const bool lives = c->wire->events() && !c->wire->closed;
      left += lives ? 1 : 0;
      // Closed, or nobody's any more, which closes a real one.
      CAF_REQUIRE(lives || c->wire->closed || c->wire.use_count() == 1);
    }
    CAF_REQUIRE_EQUAL(left, 1u);
    CAF_REQUIRE_EQUAL(sessions(), 1u);
    for (const auto& p : pods)
      CAF_REQUIRE(p->complaints.empty());
    client last{*this, "c"};
    last.connect(first);
    last.lose_connection();
    CAF_REQUIRE_EQUAL(sessions(), 0u);
  }
}

CAF_TEST(the client of a departed pod waits until all have adopted) {
  for (const auto at : {first, third}) {
    client c{*this, client_of(third, {first, third})};
    const std::int64_t view = at == first ? 2 : 4;
    client before{*this, client_of(third, {first, third})};
    before.connect(second, persistent);
    kill(second);
    begin_installing(view, {first, third});
    settle();
    c.begin_connecting(at, persistent);
    settle();
    CAF_CHECK(c.wire->take(mqtt::protocol_version::v5).empty());
    begin_settling(view, {first, third});
    settle();
    CAF_CHECK(!c.connack().session_present);
    c.connect(at);
    c.lose_connection();
    pods[second]->dead = false;
    before.connect(second);
    before.lose_connection();
    install_and_settle(view + 1, all);
  }
}

CAF_TEST(a client that waits gets the session that is adopted) {
  const auto name = client_of(first, {first, third});
  kill(second);
  begin_installing(2, {first, third});
  settle();
  client c{*this, name}, other{*this, name};
  c.begin_connecting(first, persistent);
  settle();
  auto state = std::make_shared<actors::restored_session>();
  state->expiry_interval_s = 3600;
  auto card = actors::spawn_session(pods[first]->units[1], sys, client_id{name}, state);
  auto cards = std::make_shared<const std::vector<actors::card_ref>>(1, card);
  caf::anon_send(pods[first]->pod.home, actors::adopt_atom::value, cards);
  settle();
  CAF_CHECK(c.connack().session_present);
  CAF_CHECK(other.connect(third, persistent).session_present); // known without being settled
  begin_settling(2, {first, third});
  settle();
  CAF_CHECK(!other.wire->closed);
  CAF_CHECK_EQUAL(sessions(first), 1u);
  CAF_CHECK_EQUAL(sessions(third), 0u);
}

CAF_TEST(who waits too long is refused and told why) {
  begin_installing(2, all);
  settle();
  client c{*this, client_of(second, all)}, old{*this, client_of(third, all) + "3"};
  c.begin_connecting(first);
  settle();
  advance(std::chrono::seconds{1});
  old.begin_connecting(first, {true, 0, 1, mqtt::protocol_version::v3_1_1});
  settle();
  const auto& counted = pods[0]->units[0].counters;
  CAF_CHECK_EQUAL(counted.claims_waiting.get(), 2u);
  advance(pods[0]->units[0].settings.cluster.claim_timeout - std::chrono::seconds{1});
  CAF_CHECK_EQUAL(counted.claims_waiting.get(), 1u);
  CAF_CHECK_EQUAL(counted.claims_timed_out.get(), 1u);
  const auto connack = c.connack();
  CAF_CHECK(connack.reason == reason_code::server_unavailable);
  CAF_CHECK(!connack.reason_string.empty());
  CAF_CHECK(c.wire->closed);
  CAF_CHECK(!old.wire->closed);
  advance(std::chrono::seconds{1});
  CAF_CHECK(old.connack().reason == reason_code::server_unavailable); // return code 3
  CAF_CHECK(old.wire->closed);
  CAF_CHECK_EQUAL(pods[0]->units[1].counters.connects_refused.get(), 1u);
  CAF_CHECK_EQUAL(counted.claims_waiting.get(), 0u);
  CAF_CHECK_EQUAL(counted.claims_timed_out.get(), 2u);
  begin_settling(2, all); // what is granted now nobody wants
  settle();
  CAF_CHECK_EQUAL(sessions(), 0u);
  CAF_CHECK(c.connect(third).reason == reason_code::success);
}

CAF_TEST(a pod that does not answer is not waited for) {
  const auto name = client_of(third, all);
  client here{*this, name}, there{*this, name};
  here.connect(second, persistent);
  pods[second]->dead = true; // and nobody has noticed
  there.begin_connecting(first, persistent);
  settle();
  CAF_CHECK(!there.wire->closed);
  advance(pods[0]->units[0].settings.cluster.claim_timeout);
  CAF_CHECK(there.connack().reason == reason_code::server_unavailable);
  CAF_CHECK(there.wire->closed);
  const auto& counted = pods[first]->units[0].counters;
  CAF_CHECK_EQUAL(counted.claims_timed_out.get(), 1u);
  CAF_CHECK_EQUAL(counted.connections_carried_ever.get(), 0u);
}

CAF_TEST(other pods are asked for as long as the client waits) {
  const auto name = client_of(third, all);
  client here{*this, name}, there{*this, name};
  here.connect(second, persistent);
  pods[third]->dead = true; // so the client is asked for twice
  const auto until = clock.now() + pods[0]->units[0].settings.cluster.claim_timeout;
  pods[first]->sent.clear();
  there.begin_connecting(first, persistent);
  settle();
  const auto claims = pods[first]->take_sent(actors::frame_kind::claim);
  CAF_REQUIRE_EQUAL(claims.size(), 1u);
  CAF_CHECK(claims[0].until == until);
  clock.advance(std::chrono::milliseconds{100});
  pods[third]->dead = false;
  install_and_settle(2, all);
  const auto attaches = pods[first]->take_sent(actors::frame_kind::attach);
  CAF_REQUIRE_EQUAL(attaches.size(), 1u);
  CAF_CHECK(attaches[0].until == until);
  CAF_CHECK(there.connack().session_present);
}

CAF_TEST(pods that disagree are asked ever more seldom) {
  const auto name = client_of(second, all);
  caf::anon_send(pods[second]->pod.registrar, actors::heard_atom::value,
                 actors::member_ref{pods[second]->members[third]},
                 actors::encode(actors::frame_kind::adopted, {1, 0, {client_id{name}}, {}}));
  client c{*this, name};
  c.begin_connecting(first, persistent); // the third pod is said to have it, and has it not
  settle();
  pods[first]->sent.clear();
  for (int i = 0; i < 50; ++i) {
    CAF_REQUIRE(!c.wire->closed);
    advance(std::chrono::milliseconds{100});
  }
  const auto asked = pods[first]->take_sent(actors::frame_kind::attach).size();
  CAF_CHECK(asked > 5 && asked < 30);
  CAF_CHECK(c.connack().reason == reason_code::server_unavailable);
  CAF_CHECK(c.wire->closed);
}

CAF_TEST(the holder departs while it is asked) {
  const auto name = client_of(third, {first, third});
  client here{*this, name}, there{*this, name};
  here.connect(second, persistent);
  pods[second]->dead = true;
  there.begin_connecting(first, persistent);
  settle();
  kill(second);
  install_and_settle(2, {first, third});
  CAF_CHECK(there.connack().reason == reason_code::success);
  CAF_CHECK_EQUAL(sessions(first), 1u);
}

CAF_TEST(a pod without room gives a grant back) {
  pods[first]->units[0].settings.sessions.max = 1;
  client room{*this, "room"}, c{*this, client_of(second, all)};
  room.connect(first);
  CAF_CHECK(c.connect(first).reason == reason_code::quota_exceeded);
  CAF_CHECK(c.wire->closed);
  CAF_CHECK(c.connect(third).reason == reason_code::success);
  CAF_CHECK_EQUAL(sessions(third), 1u);
}

CAF_TEST(a pod that stops lets nobody wait) {
  begin_installing(2, all);
  settle();
  client c{*this, "c"}, late{*this, "late"};
  c.begin_connecting(first);
  settle();
  caf::anon_send(pods[first]->pod.home, actors::shut_down_atom::value);
  run();
  CAF_CHECK(c.connack().reason == reason_code::server_unavailable);
  CAF_CHECK(c.wire->closed);
}

CAF_TEST_FIXTURE_SCOPE_END()
