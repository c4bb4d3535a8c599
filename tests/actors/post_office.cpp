// A store that refuses: who is told, and that neither the books nor the store keep anything by
// mistake.
#define CAF_SUITE post_office
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;

namespace {

constexpr std::uint32_t kept_s = 3600;

struct post_office_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  post_office_fixture() {
    publisher.connect();
    subscriber.connect(true, kept_s);
    subscriber.subscribe("t", qos::exactly_once);
    subscriber.received();
  }

  void expect_ack(client& of, packet_type type, reason_code reason) {
    const auto acks = of.received_of<mqtt::ack_packet>();
    CAF_REQUIRE_EQUAL(acks.size(), 1u);
    CAF_CHECK(acks[0].type == type);
    CAF_CHECK_EQUAL(static_cast<int>(acks[0].reason), static_cast<int>(reason));
  }

  std::size_t retained_bytes() {
    std::size_t bytes = 0;
    for_each_node_below(zk::paths{}.retained(),
                        [&](const zk::scanned_node& node) { bytes += node.data.size(); });
    return bytes;
  }

  /// The bucket of topic `t` is there and everybody is away.
  void begin_with_store_in_use() {
    subscriber.lose_connection();
    publisher.publish("t", "first", qos::at_least_once, 1);
    advance(services.settings.safety.grace_max); // whoever is here does not acknowledge it
    expect_ack(publisher, packet_type::puback, reason_code::success);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(post_office_tests, post_office_fixture)

CAF_TEST(a publisher hears when its message cannot be stored) {
  begin_with_store_in_use();
  faults->next_meets(zk::fault::storage_full);
  publisher.publish("t", "refused", qos::at_least_once, 2);
  expect_ack(publisher, packet_type::puback, reason_code::quota_exceeded);
  publisher.publish("t", "third", qos::at_least_once, 3);
  expect_ack(publisher, packet_type::puback, reason_code::success);
  CAF_CHECK_EQUAL(mails(), 2u);
  CAF_CHECK_EQUAL(pointers(), 2u);
  subscriber.connect(false, kept_s);
  CAF_CHECK_EQUAL(subscriber.early.size(), 2u);
}

CAF_TEST(a lost answer is looked up before anybody hears anything) {
  begin_with_store_in_use();
  faults->next_meets(zk::fault::loss_applied);
  publisher.publish("t", "applied", qos::at_least_once, 2);
  expect_ack(publisher, packet_type::puback, reason_code::success);
  CAF_CHECK_EQUAL(pointers(), 2u);
  faults->next_meets(zk::fault::loss_not_applied);
  publisher.publish("t", "sent again", qos::at_least_once, 3);
  expect_ack(publisher, packet_type::puback, reason_code::success);
  CAF_CHECK_EQUAL(pointers(), 3u);
  CAF_CHECK_EQUAL(mails(), 3u);
}

CAF_TEST(a QoS 2 message that cannot be stored reaches nobody) {
  client other{*this, "o"};
  other.connect(true, kept_s);
  other.subscribe("t", qos::exactly_once);
  other.received();
  begin_with_store_in_use();
  other.received();
  faults->next_meets(zk::fault::storage_full);
  publisher.publish("t", "refused", qos::exactly_once, 2);
  expect_ack(publisher, packet_type::pubrec, reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(other.payloads(), strings{});
  CAF_CHECK_EQUAL(received_ids(), 0u);
  publisher.publish("t", "second", qos::exactly_once, 2); // the id is free again
  expect_ack(publisher, packet_type::pubrec, reason_code::success);
  CAF_CHECK_EQUAL(other.payloads(), strings{"second"});
}

CAF_TEST(a message for many is stored for those that could be) {
  client other{*this, "o"};
  other.connect(true, kept_s);
  other.subscribe("t", qos::at_least_once);
  begin_with_store_in_use();
  other.lose_connection();
  publisher.publish("t", "m", qos::at_least_once, 2);
  expect_ack(publisher, packet_type::puback, reason_code::success);
  CAF_CHECK_EQUAL(mails(), 2u);
  for (auto* c : {&subscriber, &other}) {
    c->connect(false, kept_s);
    for (const auto& p : c->early)
      if (const auto* m = std::get_if<mqtt::publish_packet>(&p)) {
        c->acknowledge(m->qos == qos::exactly_once ? packet_type::pubrec : packet_type::puback,
                       m->id);
        if (m->qos == qos::exactly_once)
          c->acknowledge(packet_type::pubcomp, m->id);
      }
  }
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_EQUAL(mails(), 0u);
}

// The copy is stored for one session, which has no more use for it when the pointer of the other is
// refused.
CAF_TEST(a stored message goes although its last pointer was refused) {
  begin_with_store_in_use();
  const auto stored_before = mails();
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>("t");
  const auto m = mqtt::message::make(std::move(head), {}, "m");
  const auto give = [&](const actors::card_ref& to) {
    actors::deposit d{to, {m, make_ref<const mqtt::delivery_terms>(), nullptr}, {}};
    d.pointer.number = mqtt::stored_number{1};
    caf::anon_send(pod.post_office, actors::deposit_mail_atom::value, d);
    run();
  };
  const auto first =
      make_ref<actors::session_card>(session_number{1001}, client_id{"1"}, unit_index{0});
  const auto other =
      make_ref<actors::session_card>(session_number{1002}, client_id{"2"}, unit_index{0});
  for (const auto& card : {first, other})
    store->create(answers, zk::paths{}.session(card->client), {}, zk::create_mode::persistent,
                  [](auto) {});
  give(first);
  faults->next_meets(zk::fault::storage_full);
  give(other);
  caf::anon_send(pod.post_office, actors::forget_atom::value, first, mqtt::stored_number{1});
  settle();
  CAF_CHECK_EQUAL(mails(), stored_before);
}

CAF_TEST(a SUBSCRIBE that cannot be stored is refused) {
  faults->next_meets(zk::fault::storage_full);
  subscriber.subscribe("other", qos::at_least_once);
  auto acks = subscriber.received_of<mqtt::suback_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(mqtt::is_failure(acks[0].reasons.at(0)));
  publisher.publish("other", "m");
  CAF_CHECK_EQUAL(subscriber.payloads(), strings{});
  subscriber.subscribe("other", qos::at_least_once);
  acks = subscriber.received_of<mqtt::suback_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(!mqtt::is_failure(acks[0].reasons.at(0)));
}

CAF_TEST(a retained message that cannot be stored is refused) {
  publisher.publish("r", "1", qos::at_least_once, 1, true);
  publisher.received();
  faults->next_meets(zk::fault::storage_full);
  publisher.publish("r", "2", qos::at_least_once, 2, true);
  expect_ack(publisher, packet_type::puback, reason_code::quota_exceeded);
}

CAF_TEST(what the store had no room for is retained in the end) {
  publisher.publish("r", "1", qos::at_most_once, 0, true);
  faults->next_meets(zk::fault::storage_full);
  publisher.publish("r", "2 is longer", qos::at_most_once, 0, true);
  const auto before = retained_bytes();
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(retained_bytes(), before + std::string_view{"2 is longer"}.size() - 1);
}

CAF_TEST(a session that begins anew while its removal waits for room stays) {
  begin_with_store_in_use();
  faults->next_meets(zk::fault::storage_full);
  subscriber.connect(true, kept_s); // ends the old session, whose removal fails
  subscriber.subscribe("u", qos::at_least_once);
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
  advance(std::chrono::seconds{2});
  CAF_CHECK_EQUAL(stored_sessions(), 1u);
}

CAF_TEST(retained messages are written and replaced and removed) {
  const auto stored = [&] { return nodes_below(zk::paths{}.retained(), ""); };
  publisher.publish("r", "1", qos::at_least_once, 1, true);
  publisher.publish("r", "2", qos::at_least_once, 2, true);
  CAF_CHECK_EQUAL(stored(), 1u);
  publisher.publish("r", "", qos::at_least_once, 3, true);
  CAF_CHECK_EQUAL(stored(), 0u);
  publisher.publish("r", "", qos::at_least_once, 4, true); // again: nothing is there, which is fine
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 4u);
  for (const auto& a : acks)
    CAF_CHECK(!mqtt::is_failure(a.reason));
}

CAF_TEST(what could not be removed is removed later) {
  begin_with_store_in_use();
  subscriber.connect(false, kept_s);
  const auto id = std::get<mqtt::publish_packet>(subscriber.early.at(0)).id;
  faults->next_meets(zk::fault::storage_full);
  subscriber.acknowledge(packet_type::puback, id);
  CAF_CHECK_EQUAL(pointers(), 1u);
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(pointers(), 0u);
  CAF_CHECK_EQUAL(mails(), 0u);
}

CAF_TEST(a session that ends while the store is full is gone in the end) {
  begin_with_store_in_use();
  faults->next_meets(zk::fault::storage_full);
  advance(std::chrono::seconds{kept_s + 1});
  advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(stored_sessions() + pointers() + mails(), 0u);
}

CAF_TEST(the received ids of a session go with it) {
  client keeper{*this, "k"};
  keeper.connect(true, kept_s);
  keeper.publish("nobody", "1", qos::exactly_once, 1);
  keeper.publish("nobody", "2", qos::exactly_once, 2);
  CAF_CHECK_EQUAL(received_ids(), 2u);
  keeper.connect(true, kept_s);
  CAF_CHECK_EQUAL(received_ids(), 0u);
  keeper.publish("nobody", "3", qos::exactly_once, 1);
  expect_ack(keeper, packet_type::pubrec, reason_code::success);
}

CAF_TEST(a publish of a session that a clean start ended leaves no packet id to the next one) {
  client keeper{*this, "k"};
  keeper.connect(true, kept_s);
  join_cluster();
  keeper.publish("nobody", "1", qos::exactly_once, 1); // the topic does not know its way yet
  keeper.connect(true, kept_s);
  enter_view(1, {});
  CAF_CHECK_EQUAL(received_ids(), 0u);
  keeper.publish("nobody", "2", qos::exactly_once, 1);
  expect_ack(keeper, packet_type::pubrec, reason_code::success);
  CAF_CHECK_EQUAL(received_ids(), 1u);
}

CAF_TEST(a will of QoS 2 has no packet id that could be taken) {
  subscriber.lose_connection();
  client keeper{*this, "k"};
  keeper.will.emplace();
  keeper.will->topic = "t";
  keeper.will->payload = "gone";
  keeper.will->qos = qos::exactly_once;
  for (const bool clean_start : {true, false}) {
    keeper.connect(clean_start, kept_s);
    keeper.lose_connection();
  }
  CAF_CHECK_EQUAL(pointers(), 2u);
}

CAF_TEST(PUBCOMP waits until the store forgot the packet id) {
  client keeper{*this, "k"};
  keeper.connect(true, kept_s);
  keeper.publish("nobody", "1", qos::exactly_once, 1);
  keeper.received();
  faults->next_meets(zk::fault::storage_full);
  keeper.acknowledge(packet_type::pubrel, mqtt::packet_id{1});
  CAF_CHECK(keeper.received().empty());
  advance(std::chrono::seconds{10});
  expect_ack(keeper, packet_type::pubcomp, reason_code::success);
  CAF_CHECK_EQUAL(received_ids(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
