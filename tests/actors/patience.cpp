// A store without room, and publishers that cannot be told: they wait, and are promised when there
// is room. Nobody gets a message twice for that.
#define CAF_SUITE patience
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;

namespace {

constexpr std::uint32_t kept_s = 3600;

struct patience_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client away{*this, "w"};
  client live{*this, "l"};

  patience_fixture() {
    for (auto* c : {&publisher, &away, &live})
      c->version = mqtt::protocol_version::v3_1_1;
    publisher.connect();
    live.connect();
    live.subscribe("t", qos::exactly_once);
    leave(away);
    publisher.publish("t", "0", qos::at_least_once, 100); // the topic has its bucket
    publisher.received();
    live.received();
  }

  /// It subscribes and goes.
  void leave(client& c) {
    c.connect(true, kept_s);
    c.subscribe("t", qos::exactly_once);
    c.lose_connection();
  }

  /// No transaction finds any, until there is some again.
  void no_room() { faults->set_full(true); }
  void room_again() { faults->set_full(false); }

  void seconds_pass(int seconds) {
    for (; seconds > 0; --seconds)
      advance(std::chrono::seconds{1});
  }

  std::size_t acks() { return publisher.received_of<mqtt::ack_packet>().size(); }
  std::uint64_t waiting() { return services.counters.publishes_waiting.get(); }

  /// What it finds when it comes back, all of it acknowledged.
  strings fetch(client& c) {
    c.connect(false, kept_s);
    strings found;
    for (const auto& p : c.early)
      if (const auto* m = std::get_if<mqtt::publish_packet>(&p)) {
        found.emplace_back(m->payload);
        const bool once = m->qos == qos::exactly_once;
        c.acknowledge(once ? packet_type::pubrec : packet_type::puback, m->id);
        if (once)
          c.acknowledge(packet_type::pubcomp, m->id);
      }
    c.lose_connection();
    return found;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(patience_tests, patience_fixture)

CAF_TEST(a 3 x publisher waits until there is room and nobody gets its message twice) {
  for (const auto q : {qos::at_least_once, qos::exactly_once}) {
    no_room();
    publisher.publish("t", "m", q, 1);
    CAF_CHECK_EQUAL(acks(), 0u);
    CAF_CHECK_EQUAL(waiting(), 1u);
    CAF_CHECK_EQUAL(live.payloads(), strings{"m"});
    seconds_pass(3);
    CAF_CHECK_EQUAL(acks(), 0u);
    room_again();
    advance(std::chrono::seconds{1});
    CAF_CHECK_EQUAL(acks(), 1u);
    CAF_CHECK_EQUAL(waiting(), 0u);
    CAF_CHECK_EQUAL(live.payloads(), strings{});
  }
  CAF_CHECK_EQUAL(fetch(away), (strings{"0", "m", "m"}));
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
  CAF_CHECK_EQUAL(services.counters.publishes_delayed.get(), 2u);
  CAF_CHECK_EQUAL(services.counters.publishes_refused.get(), 0u);
}

CAF_TEST(a 5 0 publisher is told at once why and when to try again) {
  client modern{*this, "m"};
  modern.connect();
  no_room();
  modern.publish("t", "m", qos::at_least_once, 1);
  const auto a = modern.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(a.size(), 1u);
  CAF_CHECK(a[0].reason == reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(a[0].reason_string, mqtt::describe(mqtt::limit::store));
  CAF_REQUIRE_EQUAL(a[0].users.size(), 1u);
  CAF_CHECK_EQUAL(a[0].users[0].first, "retry-after");
  CAF_CHECK_EQUAL(a[0].users[0].second, "1");
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(live.payloads(), strings{"m"}); // live delivery needs no room
}

CAF_TEST(several who are away get one copy in the end) {
  client other{*this, "w2"};
  client third{*this, "w3"};
  leave(other);
  leave(third);
  const auto before = mails();
  no_room(); // for the copy, on which the two others count
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(acks(), 0u);
  CAF_CHECK_EQUAL(live.payloads(), strings{"m"});
  room_again();
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(acks(), 1u);
  CAF_CHECK_EQUAL(mails(), before + 1);
  CAF_CHECK_EQUAL(fetch(other), strings{"m"});
  CAF_CHECK_EQUAL(fetch(third), strings{"m"});
  CAF_CHECK_EQUAL(fetch(away), (strings{"0", "m"}));
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
}

CAF_TEST(what waits is stored in its order and faster and faster) {
  std::string all;
  strings payloads{"0"};
  for (std::uint16_t n = 1; n <= 40; ++n) {
    payloads.push_back(std::to_string(n));
    all += client::publish_bytes("t", payloads.back(), qos::at_least_once, n, false,
                                 publisher.version);
  }
  no_room();
  publisher.send(all);
  CAF_CHECK_EQUAL(waiting(), 40u);
  CAF_CHECK_EQUAL(acks(), 0u);
  room_again();
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(acks(), 40u);
  CAF_CHECK_EQUAL(fetch(away), payloads);
}

CAF_TEST(a publisher is left when its patience is over and what it published is dropped) {
  no_room();
  publisher.publish("t", "m", qos::at_least_once, 1);
  publisher.write(client::publish_bytes("t", "n", qos::at_least_once, 2, false, publisher.version));
  CAF_CHECK(publisher.wire->paused);
  const auto patience =
      std::chrono::duration_cast<std::chrono::seconds>(services.settings.bank.patience);
  seconds_pass(static_cast<int>(patience.count()) - 1);
  CAF_CHECK(!publisher.wire->closed);
  seconds_pass(2);
  CAF_CHECK(publisher.wire->closed);
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(services.counters.publishers_given_up.get(), 1u);
  room_again();
  CAF_CHECK_EQUAL(fetch(away), strings{"0"});
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
}

CAF_TEST(what comes again after a reconnect is not published twice) { // [MQTT-4.3.3-10]
  client keeper{*this, "k"};
  keeper.version = mqtt::protocol_version::v3_1_1;
  keeper.connect(true, kept_s);
  no_room();
  keeper.publish("t", "m", qos::exactly_once, 1);
  CAF_CHECK_EQUAL(live.payloads(), strings{"m"});
  seconds_pass(32);
  CAF_CHECK(keeper.wire->closed);
  CAF_CHECK_EQUAL(waiting(), 1u); // as long as somebody may repeat it
  keeper.connect(false, kept_s);
  keeper.publish("t", "m", qos::exactly_once, 1);
  seconds_pass(1);
  CAF_CHECK_EQUAL(keeper.received_of<mqtt::ack_packet>().size(), 0u);
  room_again();
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(keeper.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(received_ids(), 1u);
  CAF_CHECK_EQUAL(live.payloads(), strings{});
  CAF_CHECK_EQUAL(fetch(away), (strings{"0", "m"}));
}

CAF_TEST(with the session of its publisher a waiting message goes) {
  client keeper{*this, "k"};
  keeper.version = mqtt::protocol_version::v3_1_1;
  keeper.connect(true, kept_s);
  no_room();
  keeper.publish("t", "m", qos::exactly_once, 1);
  CAF_CHECK_EQUAL(waiting(), 1u);
  room_again();
  keeper.connect(true, kept_s);
  CAF_CHECK_EQUAL(waiting(), 0u);
  keeper.publish("t", "m2", qos::exactly_once, 1);
  CAF_CHECK_EQUAL(keeper.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(fetch(away), (strings{"0", "m2"}));
}

CAF_TEST(beyond the bound of what may wait it is not tried again) {
  services.settings.bank.waiting_bytes_max = 100;
  no_room();
  publisher.publish("t", std::string(200, 'x'), qos::at_least_once, 1);
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(acks(), 0u);
  CAF_CHECK_EQUAL(services.counters.publishes_refused.get(), 1u);
  room_again();
  advance(services.settings.bank.patience - std::chrono::seconds{1});
  CAF_CHECK(!publisher.wire->closed);
  advance(std::chrono::seconds{1});
  CAF_CHECK(publisher.wire->closed);
  CAF_CHECK_EQUAL(fetch(away), strings{"0"});
}

CAF_TEST(a subscriber that comes back needs no room) {
  no_room();
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(acks(), 0u);
  room_again(); // for its own node
  CAF_CHECK_EQUAL(fetch(away), (strings{"0", "m"}));
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(acks(), 1u);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
}

CAF_TEST(a subscriber that ends lets the publisher go on) {
  no_room();
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(acks(), 0u);
  room_again();
  away.connect(true, kept_s);
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(acks(), 1u);
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
}

CAF_TEST(what waits for a member of a group that ends waits for another one) {
  client one{*this, "g1"}, other{*this, "g2"};
  for (auto* c : {&one, &other}) {
    c->connect(true, c == &one ? 5 : kept_s);
    c->subscribe("$share/g/s", qos::at_least_once);
    c->lose_connection();
  }
  no_room();
  publisher.publish("s", "m", qos::at_least_once, 1); // for the first, whose turn it is
  CAF_CHECK_EQUAL(waiting(), 1u);
  seconds_pass(6); // it ends
  CAF_CHECK_EQUAL(waiting(), 2u);
  CAF_CHECK_EQUAL(acks(), 0u);
  room_again();
  seconds_pass(2);
  CAF_CHECK_EQUAL(waiting(), 0u);
  CAF_CHECK_EQUAL(acks(), 1u);
  CAF_CHECK_EQUAL(fetch(other), strings{"m"});
  CAF_CHECK_EQUAL(fetch(away), strings{"0"});
  CAF_CHECK_EQUAL(mails() + pointers(), 0u);
}

CAF_TEST(a retained message of a 3 x publisher waits too) {
  publisher.publish("r", "1", qos::at_least_once, 1, true);
  CAF_CHECK_EQUAL(acks(), 1u);
  no_room();
  publisher.publish("r", "2", qos::at_least_once, 2, true);
  CAF_CHECK_EQUAL(acks(), 0u);
  seconds_pass(3);
  CAF_CHECK_EQUAL(acks(), 0u);
  room_again();
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(acks(), 1u);
  CAF_CHECK(!publisher.wire->closed);
}

CAF_TEST(a retained message that never finds room ends the patience) {
  publisher.publish("r", "1", qos::at_least_once, 1, true);
  no_room();
  publisher.publish("r", "2", qos::at_least_once, 2, true);
  seconds_pass(32);
  CAF_CHECK(publisher.wire->closed);
}

CAF_TEST(another pod is told that its publisher is to wait) {
  join_cluster();
  enter_view(1, {"b"});
  const auto name = make_ref<const mqtt::shared_topic>("t");
  const auto hand_in = [&](std::uint64_t number, bool waits) {
    mqtt::message_head head;
    head.topic = name;
    head.qos = qos::at_least_once;
    head.publisher_waits = waits;
    auto b = make_ref<actors::batch>(name, actors::card_ref{}, mqtt::connection_epoch::none);
    b->add({mqtt::message::make(std::move(head), {}, "m"), mqtt::packet_id::none});
    b->origin.pod = other("b").member;
    b->origin.first_number = number;
    no_room();
    services.local_courier->route(services.local_courier->look_up("t"), b);
    settle();
  };
  auto& heard = other("b").told->settled;
  hand_in(1, false);
  CAF_REQUIRE_EQUAL(heard.size(), 1u);
  CAF_CHECK(!heard[0].delayed);
  CAF_CHECK(heard[0].outcome.hit == mqtt::limit::store);
  hand_in(2, true);
  CAF_REQUIRE_EQUAL(heard.size(), 2u);
  CAF_CHECK(heard[1].delayed);
  CAF_CHECK(heard[1].numbers == std::vector<std::uint64_t>{2});
  room_again();
  advance(std::chrono::seconds{1});
  CAF_REQUIRE_EQUAL(heard.size(), 3u);
  CAF_CHECK(!heard[2].delayed);
  CAF_CHECK(heard[2].outcome == reason_code::success);
}

CAF_TEST_FIXTURE_SCOPE_END()
