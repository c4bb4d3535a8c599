// A topic of a pod that has others beside it: what it keeps, what they get, and what it does with
// theirs.
#define CAF_SUITE topic_far
#include "tests/actors/fixture.hpp"

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;

namespace {

struct far_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};
  client away{*this, "w"};

  far_fixture() {
    publisher.connect();
    subscriber.connect();
    away.connect(true, 3600);
    join_cluster();
  }

  std::vector<mqtt::ack_packet> acks() { return publisher.received_of<mqtt::ack_packet>(); }

  /// A batch as the peer of `from` hands it to the topic.
  actors::batch_ref batch_of(const std::string& from, const std::string& topic,
                             const std::vector<std::pair<std::string, qos>>& messages,
                             std::uint64_t first_number) {
    const auto name = make_ref<const mqtt::shared_topic>(topic);
    auto b = make_ref<actors::batch>(name, actors::card_ref{}, mqtt::connection_epoch::none);
    for (const auto& [payload, q] : messages) {
      mqtt::message_head head;
      head.topic = name;
      head.qos = q;
      b->add({mqtt::message::make(std::move(head), {}, payload), mqtt::packet_id::none});
    }
    b->origin.pod = other(from).member;
    b->origin.first_number = first_number;
    return b;
  }
  void hand_in(const actors::batch_ref& b) {
    services.local_courier->route(services.local_courier->look_up(b->topic->name()), b);
    settle();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(topic_far_tests, far_fixture)

CAF_TEST(a topic keeps what comes until it knows its way and then in order) {
  subscriber.subscribe("t");
  subscriber.received();
  other_wants("b", "t");
  for (const auto* m : {"1", "2", "3"})
    publisher.publish("t", m);
  publisher.publish("$SYS/t", "x", qos::at_least_once, 9);
  CAF_CHECK_EQUAL(acks().size(), 1u); // local, so it waits for nobody
  CAF_CHECK(subscriber.payloads().empty());
  CAF_CHECK_EQUAL(services.counters.publishes_kept.get(), 3u);
  CAF_CHECK_GREATER(publisher.card->transit_bytes.load(), 0u);
  enter_view(1, {"b"});
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1", "2", "3"}));
  CAF_CHECK_EQUAL(other("b").told->payloads(), (strings{"1", "2", "3"}));
  CAF_CHECK_EQUAL(publisher.card->transit_bytes.load(), 0u);
}

CAF_TEST(a topic beside $SYS goes to other pods) {
  enter_view(1, {"b"});
  other_wants("b", "$SYSTEM/a");
  publisher.publish("$SYSTEM/a", "m", qos::at_least_once, 1);
  CAF_CHECK(acks().empty()); // it waits for the other pod
  CAF_CHECK_EQUAL(other("b").told->payloads(), strings{"m"});
}

CAF_TEST(another pod gets each message once and has the promise in its hands) {
  enter_view(1, {"b", "c"});
  other_wants("b", "t");
  other_wants_filter("b", "t", {{true, "t/#"}, {true, "+"}});
  publisher.publish("t", "m", qos::at_least_once, 1);
  CAF_CHECK(other("c").told->published.empty());
  auto& got = other("b").told->published;
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_REQUIRE_EQUAL(got[0].tickets.size(), 1u);
  CAF_CHECK(!got[0].tickets[0]->store_first());
  CAF_CHECK(acks().empty());
  got.clear();
  settle();
  const auto ack = acks();
  CAF_REQUIRE_EQUAL(ack.size(), 1u);
  CAF_CHECK(ack[0].reason == reason_code::success);
}

CAF_TEST(another pod is one addressee of what is stored first) {
  enter_view(1, {"b"});
  other_wants("b", "t");
  away.subscribe("t", qos::exactly_once);
  publisher.publish("t", "m", qos::exactly_once, 1);
  auto& got = other("b").told->published;
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_REQUIRE(got[0].tickets[0]->store_first());
  CAF_CHECK_EQUAL(got[0].tickets[0]->addressees, 2u);
  CAF_CHECK_EQUAL(mails(), 0u); // its word is missing
}

CAF_TEST(while a promise has to wait only what needs one does) {
  enter_view(1, {"b"});
  other_wants("b", "t");
  subscriber.subscribe("t");
  subscriber.received();
  publisher.publish("t", "0");
  const auto v = view_with(2, {});
  caf::anon_send(pod.directory, actors::install_atom::value, v);
  settle();
  CAF_CHECK_EQUAL(membership->installed.back(), 2);
  publisher.publish("t", "1", qos::at_least_once, 1);
  publisher.publish("t", "2", qos::at_most_once, 0, true);
  publisher.publish("t", "3");
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"0", "3"}));
  CAF_CHECK_EQUAL(nodes_below(zk::paths{}.retained(), ""), 0u);
  caf::anon_send(pod.directory, actors::settle_atom::value, v);
  settle();
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1", "2"}));
  CAF_CHECK_EQUAL(acks().size(), 1u);
}

CAF_TEST(a topic that keeps messages does not end) {
  publisher.publish("t", "kept");
  for (int i = 0; i < 4; ++i)
    advance(services.settings.topics.idle_timeout);
  other_wants("b", "t");
  enter_view(1, {"b"});
  CAF_CHECK_EQUAL(other("b").told->payloads(), (strings{"kept"}));
}

CAF_TEST(a topic that is to end and gets messages that it must keep lives on) {
  enter_view(1, {"b"});
  other_wants("b", "t");
  publisher.publish("t", "0");
  const auto v = view_with(2, {});
  caf::anon_send(pod.directory, actors::install_atom::value, v);
  settle();
  for (int step = 0; step < 40; ++step) {
    // Unused, and at some moment of its end a message comes.
    advance(services.settings.topics.idle_timeout);
    pass(services.settings.topics.idle_timeout);
    for (int n = 0; n < step; ++n)
      sched.try_run_once();
    publisher.publish("t", "m", qos::at_least_once, 1);
    CAF_REQUIRE(acks().empty());
    caf::anon_send(pod.directory, actors::settle_atom::value, v);
    settle();
    CAF_REQUIRE_EQUAL(acks().size(), 1u);
    caf::anon_send(pod.directory, actors::install_atom::value, v);
    settle();
  }
}

CAF_TEST(a wish that comes when messages have gone is counted) {
  enter_view(1, {"b"});
  publisher.publish("t", "early");
  CAF_CHECK_EQUAL(services.counters.routes_late.get(), 0u);
  other_wants("b", "t");
  CAF_CHECK_EQUAL(services.counters.routes_late.get(), 1u);
}

CAF_TEST(messages of another pod go to sessions here and nowhere else) {
  other_wants("c", "t");
  subscriber.subscribe("t", qos::at_least_once);
  away.subscribe("$share/g/t");
  subscriber.received();
  away.received();
  hand_in(batch_of("b", "t", {{"0", qos::at_most_once}, {"1", qos::at_least_once}}, 7));
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"0", "1"})); // though no view is settled
  CAF_CHECK(away.payloads().empty());
  CAF_CHECK(other("c").told->published.empty());
  auto& settled = other("b").told->settled; // nobody persistent: at once, but not of QoS 0
  CAF_REQUIRE_EQUAL(settled.size(), 1u);
  CAF_CHECK_EQUAL(settled[0].numbers, (std::vector<std::uint64_t>{8}));
  CAF_CHECK(settled[0].outcome == reason_code::success);
}

CAF_TEST(another pod hears that nobody here wants its messages) {
  hand_in(batch_of("b", "t", {{"1", qos::at_least_once}, {"2", qos::at_least_once}}, 7));
  auto& settled = other("b").told->settled;
  CAF_REQUIRE_EQUAL(settled.size(), 1u);
  CAF_CHECK_EQUAL(settled[0].numbers, (std::vector<std::uint64_t>{7, 8}));
  CAF_CHECK(settled[0].outcome == reason_code::no_matching_subscribers);
}

CAF_TEST(another pod hears of a message for a persistent session when that has it safely) {
  away.subscribe("t", qos::at_least_once);
  away.received();
  hand_in(batch_of("b", "t", {{"1", qos::at_least_once}}, 7));
  CAF_CHECK(other("b").told->settled.empty());
  const auto got = away.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  away.acknowledge(packet_type::puback, got[0].id);
  auto& settled = other("b").told->settled;
  CAF_REQUIRE_EQUAL(settled.size(), 1u);
  CAF_CHECK_EQUAL(settled[0].numbers, (std::vector<std::uint64_t>{7}));
}

CAF_TEST(orphaned messages are for the sessions of the departed pod) {
  const auto adopt = [](client& c, const std::string& from) {
    auto old = c.card;
    auto card = make_ref<actors::session_card>(old->number, old->client, old->unit,
                                               std::vector{pod_life{from}});
    card->handle = old->handle;
    card->local = old->local;
    return card;
  };
  auto change = std::make_shared<actors::subscription_change>();
  change->session = adopt(subscriber, "gone");
  change->of_adopted = true;
  mqtt::subscription s;
  s.filter = "t";
  s.options.qos = qos::at_least_once;
  change->add.push_back(s);
  caf::anon_send(pod.index, actors::change_atom::value,
                 std::shared_ptr<const actors::subscription_change>{change});
  settle();
  CAF_CHECK_EQUAL(adopter->changed.size(), 1u);
  away.subscribe("t", qos::at_least_once);
  away.received();
  auto b = batch_of("b", "t", {{"1", qos::at_least_once}}, 7);
  b->origin.orphans_of = {{pod_life{"gone"}, {}}};
  hand_in(b);
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1"}));
  CAF_CHECK(away.payloads().empty());
  CAF_CHECK_EQUAL(other("b").told->settled.size(), 1u); // the persistent one has no part in it
  b = batch_of("b", "t", {{"2", qos::at_least_once}}, 8);
  b->origin.orphans_of = {{pod_life{"another"}, {}}};
  hand_in(b);
  CAF_CHECK(subscriber.payloads().empty());
  CAF_CHECK(other("b").told->settled.back().outcome == reason_code::no_matching_subscribers);
}

CAF_TEST(what another pod retained is kept and not stored here) {
  publisher.publish("live", "x");
  enter_view(1, {});
  const auto before = nodes_below(zk::paths{}.retained(), "");
  for (const auto* topic : {"live", "dormant"}) {
    mqtt::message_head head;
    head.topic = make_ref<const mqtt::shared_topic>(topic);
    head.retain = true;
    const auto name = head.topic;
    caf::anon_send(pod.index, actors::heard_atom::value, mqtt::topic_ref{name},
                   mqtt::message::make(std::move(head), {}, topic));
    settle();
    subscriber.subscribe(topic);
    CAF_CHECK_EQUAL(subscriber.payloads(), (strings{topic}));
    caf::anon_send(pod.index, actors::heard_atom::value, mqtt::topic_ref{name},
                   mqtt::message_ref{});
    settle();
    subscriber.subscribe(topic);
    CAF_CHECK(subscriber.payloads().empty());
  }
  CAF_CHECK_EQUAL(nodes_below(zk::paths{}.retained(), ""), before);
}

CAF_TEST_FIXTURE_SCOPE_END()
