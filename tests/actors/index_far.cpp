// The index and its groups in a cluster: what the directory is told, and how messages of shared
// subscriptions find members in other pods.
#define CAF_SUITE index_far
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using test::client;
using test::strings;

namespace {

struct index_far_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client one{*this, "1"};
  client two{*this, "2"};
  client away{*this, "w"};

  index_far_fixture() {
    for (auto* c : {&publisher, &one, &two})
      c->connect();
    away.connect(true, 3600);
    join_cluster();
  }

  /// How many topics `self` wants in the bucket of `topic`.
  std::size_t wanted(const std::string& topic) {
    std::size_t n = 0;
    store->get(answers, zk::paths{}.topic_bucket(topic), nullptr, [&](auto found) {
      if (!found)
        return;
      const auto record = zk::decode_bucket(found->data).value();
      if (const auto* mine = record.find(pod.life))
        n = mine->topics.size();
    });
    settle();
    return n;
  }
  std::size_t logged(const std::string& filter) {
    return nodes_below(zk::paths{}.wildcard_shard(filter), "self.");
  }

  actors::group_mail mail(const std::string& payload, qos q, ref<actors::publish_ticket> promise) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>("t");
    head.qos = q;
    return {"$share/g/t", mqtt::message::make(std::move(head), {}, payload), std::move(promise),
            other("b").member, 5};
  }
  test::peer_log& b() { return *other("b").told; }

  void others_member_joins() { other_wants_filter("b", "t", {{true, "$share/g/t"}}); }
  void others_member_leaves() { other_wants_filter("b", "t", {{false, "$share/g/t"}}); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(index_far_tests, index_far_fixture)

CAF_TEST(a filter is wanted from its first subscription to its last) {
  one.subscribe("t");
  two.subscribe("t");
  CAF_CHECK_EQUAL(wanted("t"), 1u);
  one.unsubscribe("t");
  CAF_CHECK_EQUAL(wanted("t"), 1u);
  two.unsubscribe("t");
  CAF_CHECK_EQUAL(wanted("t"), 0u);
  one.subscribe("t");
  CAF_CHECK_EQUAL(wanted("t"), 1u);
  one.lose_connection(); // a clean session ends
  CAF_CHECK_EQUAL(wanted("t"), 0u);
}

CAF_TEST(a shared filter is wanted from its first member to its last) {
  const auto writes = [&] { return pod.directory_counts.writes.get(); };
  one.subscribe("$share/g/t");
  CAF_CHECK_EQUAL(logged("t"), 1u);
  two.subscribe("$share/g/t");
  one.unsubscribe("$share/g/t");
  CAF_CHECK_EQUAL(writes(), 1u);
  two.unsubscribe("$share/g/t");
  CAF_CHECK_EQUAL(writes(), 2u);
  CAF_CHECK_EQUAL(wanted("t"), 0u);
}

CAF_TEST(SUBACK comes when other pods can know and UNSUBACK needs not wait for that) {
  one.subscribe("x");
  one.received();
  one.write(one.subscribe_bytes("t"));
  run();
  CAF_CHECK(one.received().empty());
  two.write(two.subscribe_bytes("$SYS/t"));
  one.write(one.unsubscribe_bytes({"x"}));
  run();
  CAF_CHECK_EQUAL(one.received_of<mqtt::unsuback_packet>().size(), 1u);
  settle();
  CAF_CHECK_EQUAL(one.received_of<mqtt::suback_packet>().size(), 1u);
  CAF_CHECK_EQUAL(two.received_of<mqtt::suback_packet>().size(), 1u);
}

CAF_TEST(a session that ends is not held up by what it asked for) {
  one.write(one.subscribe_bytes("t"));
  run();
  const auto running = sys.registry().running();
  one.begin_losing();
  run(); // without an answer of the store
  CAF_CHECK_LESS(sys.registry().running(), running);
}

CAF_TEST(the adopter hears when other pods can know) {
  auto change = std::make_shared<actors::subscription_change>();
  change->session = one.card;
  change->of_adopted = true;
  change->add.emplace_back();
  change->add.back().filter = "t";
  caf::anon_send(pod.index, actors::change_atom::value,
                 std::shared_ptr<const actors::subscription_change>{change});
  run();
  CAF_CHECK(adopter->changed.empty());
  settle();
  CAF_REQUIRE_EQUAL(adopter->changed.size(), 1u);
  CAF_CHECK(adopter->changed[0] == one.card);
  CAF_CHECK_EQUAL(wanted("t"), 1u);
}

CAF_TEST(what an adopted session takes back at once is not wanted behind that) {
  auto had = std::make_shared<actors::subscription_change>();
  had->session = one.card;
  had->of_adopted = true;
  had->add.resize(2);
  had->add[0].filter = "t";
  had->add[1].filter = "u";
  auto takes_back = std::make_shared<actors::subscription_change>();
  takes_back->session = one.card;
  takes_back->remove = {"t"};
  for (const auto& c : {had, takes_back})
    caf::anon_send(pod.index, actors::change_atom::value,
                   std::shared_ptr<const actors::subscription_change>{c});
  settle();
  CAF_CHECK_EQUAL(adopter->changed.size(), 1u);
  CAF_CHECK_EQUAL(wanted("t"), 0u);
  CAF_CHECK_EQUAL(wanted("u"), 1u);
}

CAF_TEST(a group with members in another pod only is there for live topics and new ones) {
  enter_view(1, {"b"});
  publisher.publish("t", "before");
  others_member_joins();
  publisher.publish("t", "live");
  CAF_REQUIRE_EQUAL(b().delivered.size(), 1u);
  CAF_CHECK_EQUAL(b().delivered[0].filter, "$share/g/t");
  CAF_CHECK_EQUAL(b().delivered[0].message->payload(), "live");
  CAF_CHECK(b().published.empty());
  for (int i = 0; i < 2; ++i)
    advance(services.settings.topics.idle_timeout);
  publisher.publish("t", "new");
  CAF_CHECK_EQUAL(b().delivered.size(), 2u);
  others_member_leaves();
  publisher.received();
  publisher.publish("t", "after", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(b().delivered.size(), 2u);
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == mqtt::reason_code::no_matching_subscribers); // no route has it
}

CAF_TEST(topics that wait for their way know of groups before they send) {
  others_member_joins();
  publisher.publish("t", "m");
  enter_view(1, {"b"});
  CAF_CHECK_EQUAL(b().delivered.size(), 1u);
}

CAF_TEST(a group outlives its members here and its members there) {
  enter_view(1, {"b"});
  one.subscribe("$share/g/t");
  others_member_joins();
  publisher.publish("t", "1");
  one.unsubscribe("$share/g/t");
  publisher.publish("t", "2");
  CAF_CHECK_EQUAL(b().delivered.size(), 1u);
  one.subscribe("$share/g/t");
  others_member_leaves();
  one.received();
  publisher.publish("t", "3");
  CAF_CHECK_EQUAL(one.payloads(), (strings{"3"}));
  one.unsubscribe("$share/g/t");
  publisher.received();
  publisher.publish("t", "4", qos::exactly_once, 1);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
}

CAF_TEST(members with a client come first then other pods then those that are away) {
  enter_view(1, {"b", "c"});
  away.subscribe("$share/g/t", qos::at_least_once);
  away.lose_connection();
  others_member_joins();
  other_wants_filter("c", "t", {{true, "$share/g/t"}});
  one.subscribe("$share/g/t", qos::at_least_once);
  one.received();
  publisher.publish("t", "1");
  CAF_CHECK_EQUAL(one.payloads(), (strings{"1"}));
  one.unsubscribe("$share/g/t");
  for (int i = 0; i < 4; ++i)
    publisher.publish("t", "x");
  CAF_CHECK_EQUAL(b().delivered.size(), 2u);
  CAF_CHECK_EQUAL(other("c").told->delivered.size(), 2u);
  others_member_leaves();
  other_wants_filter("c", "t", {{false, "$share/g/t"}});
  publisher.publish("t", "2", qos::at_least_once, 1);
  CAF_CHECK_EQUAL(pointers(), 1u);
}

CAF_TEST(mail of another pod is for a member here and goes back without one) {
  using policy = mqtt::ticket::policy;
  enter_view(1, {"b", "c"});
  other_wants_filter("c", "t", {{true, "$share/g/t"}});
  const auto hand_in = [&](actors::group_mail m) {
    caf::anon_send(pod.index, actors::deliver_atom::value, std::move(m));
    settle();
  };
  hand_in(mail("1", qos::at_most_once, nullptr)); // only another pod has members
  CAF_CHECK_EQUAL(b().returned, (std::vector<std::uint64_t>{5}));
  CAF_CHECK(other("c").told->delivered.empty());
  away.subscribe("$share/g/t", qos::at_least_once);
  away.received();
  hand_in(mail("2", qos::at_least_once,
               make_ref<actors::far_ticket>(policy::store_if_needed, other("b").member, 5)));
  const auto got = away.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK_EQUAL(b().returned.size(), 1u);
  CAF_CHECK(b().settled.empty());
  away.acknowledge(packet_type::puback, got[0].id);
  CAF_CHECK_EQUAL(b().settled.size(), 1u);
  auto unknown = mail("3", qos::at_most_once, nullptr);
  unknown.filter = "$share/nobody/t";
  hand_in(std::move(unknown));
  CAF_CHECK_EQUAL(b().returned.size(), 2u);
}

CAF_TEST(mail that comes back goes to somebody else) {
  using policy = mqtt::ticket::policy;
  enter_view(1, {"b", "c"});
  const auto come_back = [&](qos q) {
    auto t = make_ref<actors::publish_ticket>(
        q == qos::exactly_once ? policy::store_first : policy::store_if_needed, publisher.card,
        mqtt::connection_epoch::none, mqtt::packet_id::none);
    t->addressees = 1;
    caf::anon_send(pod.index, actors::returned_atom::value, mail("m", q, t));
    settle();
    return t;
  };
  others_member_joins();
  other_wants_filter("c", "t", {{true, "$share/g/t"}});
  come_back(qos::at_least_once);
  CAF_CHECK(b().delivered.empty());
  CAF_REQUIRE_EQUAL(other("c").told->delivered.size(), 1u);
  CAF_CHECK(other("c").told->delivered[0].promise != nullptr);
  other_wants_filter("c", "t", {{false, "$share/g/t"}});
  CAF_CHECK(come_back(qos::exactly_once)->gathered()); // nobody else: declined
  others_member_leaves();
  CAF_CHECK(come_back(qos::exactly_once)->gathered()); // the group is gone
  one.subscribe("$share/g/t", qos::at_least_once);
  one.received();
  come_back(qos::at_least_once);
  CAF_CHECK_EQUAL(one.payloads(), (strings{"m"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
