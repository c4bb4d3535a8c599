// Changes of subscriptions that concern many live topics: what is promised holds, and nobody waits
// for whoever subscribes to everything.
#define CAF_SUITE index_changes
#include "tests/actors/fixture.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace mqttzoo;
using mqtt::qos;
using test::client;
using test::strings;

namespace {

struct changes_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client other{*this, "o"};

  changes_fixture() {
    publisher.connect();
    other.connect();
  }

  static std::string name(std::size_t i) { return "a/b/c/" + std::to_string(i); }

  void make_live(std::size_t topics) {
    for (std::size_t i = 0; i < topics; ++i)
      publisher.write(client::publish_bytes(name(i), "x"));
    settle();
  }

  /// Sixteen filters that match every name().
  static strings overlapping() {
    strings all;
    for (unsigned bits = 0; bits < 16; ++bits)
      all.push_back(std::string{bits & 1 ? "+" : "a"} + (bits & 2 ? "/+" : "/b") +
                    (bits & 4 ? "/+" : "/c") + (bits & 8 ? "/+" : "/#"));
    return all;
  }

  /// Without retained messages, which come one by one for each filter.
  static std::string subscribe_bytes(client& c, const strings& filters, std::uint32_t id = 0) {
    mqtt::subscription_options o;
    o.retained = mqtt::retain_handling::do_not_send;
    return c.subscribe_bytes(filters, o, id);
  }

  /// Whether the publisher hears that nobody gets what it publishes to any of the topics.
  bool unheard(std::size_t topics) {
    publisher.received();
    for (std::size_t i = 0; i < topics; ++i)
      publisher.publish(name(i), "x", qos::at_least_once, static_cast<std::uint16_t>(i + 1));
    const auto acks = publisher.received_of<mqtt::ack_packet>();
    return acks.size() == topics && std::all_of(acks.begin(), acks.end(), [](const auto& a) {
             return a.reason == mqtt::reason_code::no_matching_subscribers;
           });
  }

  template<class Packet>
  static bool came(const std::vector<mqtt::packet>& packets) {
    return std::any_of(packets.begin(), packets.end(),
                       [](const auto& p) { return std::holds_alternative<Packet>(p); });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(index_changes_tests, changes_fixture)

CAF_TEST(a topic hears once of a SUBSCRIBE however many of its filters match) {
  constexpr std::size_t topics = 300;
  make_live(topics);
  client greedy{*this, "g"};
  greedy.connect();
  greedy.write(subscribe_bytes(greedy, overlapping(), 7));
  std::size_t steps = 0, most_at_once = 0;
  for (; sched.has_job(); ++steps) {
    const auto before = sched.jobs.size();
    sched.run_once();
    most_at_once = std::max(most_at_once, sched.jobs.size() - std::min(before, sched.jobs.size()));
  }
  CAF_CHECK_LESS(steps, topics + 100); // and not for each filter
  CAF_CHECK_LESS_OR_EQUAL(most_at_once, 32u);
  CAF_CHECK(came<mqtt::suback_packet>(greedy.received()));
  publisher.publish(name(topics - 1), "m");
  const auto got = greedy.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);                                       // [MQTT-3.3.4-2]
  CAF_CHECK_EQUAL(got[0].properties.subscription_identifiers.size(), 16u); // [MQTT-3.3.4-4]
}

CAF_TEST(many filters are entered in pages too and each is in force) {
  strings filters;
  for (std::size_t i = 0; i < 1000; ++i)
    filters.push_back(i % 2 == 0 ? name(i) : "a/b/+/" + std::to_string(i));
  make_live(500); // one half of what they match
  other.write(subscribe_bytes(other, filters));
  settle();
  CAF_CHECK(came<mqtt::suback_packet>(other.received()));
  make_live(1000);
  CAF_CHECK_EQUAL(other.payloads().size(), 1000u);
  other.send(other.unsubscribe_bytes(filters));
  CAF_CHECK(unheard(1000));
}

CAF_TEST(nobody waits for a client that subscribes to everything) {
  make_live(1000);
  client greedy{*this, "g"};
  greedy.connect();
  greedy.write(subscribe_bytes(greedy, overlapping()));
  other.write(subscribe_bytes(other, {name(1)}));
  while (!came<mqtt::suback_packet>(other.received())) {
    CAF_REQUIRE(sched.has_job());
    sched.run_once();
  }
  CAF_CHECK(greedy.received().empty());
  settle();
  CAF_CHECK(came<mqtt::suback_packet>(greedy.received()));
}

// [MQTT-3.10.4-2] [MQTT-3.10.4-4]
CAF_TEST(an UNSUBSCRIBE that comes meanwhile cuts it short) {
  constexpr std::size_t topics = 1000;
  make_live(topics);
  other.write(subscribe_bytes(other, overlapping()));
  for (int i = 0; i < 5; ++i)
    sched.run_once();
  other.write(other.unsubscribe_bytes(overlapping()));
  const auto steps = sched.run();
  CAF_CHECK_LESS(steps, topics + topics / 2); // to unsubscribe all takes that many alone
  const auto acks = other.received();
  CAF_REQUIRE_EQUAL(acks.size(), 2u);
  CAF_CHECK(std::holds_alternative<mqtt::suback_packet>(acks[0]));
  CAF_CHECK(std::holds_alternative<mqtt::unsuback_packet>(acks[1]));
  CAF_CHECK(unheard(topics));
}

CAF_TEST(a session that ends meanwhile leaves nothing behind) {
  constexpr std::size_t topics = 200;
  make_live(topics);
  const auto running = sys.registry().running();
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random{seed};
    client brief{*this, "b", seed % 2 == 0 ? services : second};
    brief.connect();
    auto filters = overlapping();
    filters.push_back("$share/g/a/#");
    brief.write(subscribe_bytes(brief, filters));
    for (auto steps = random() % 30; steps > 0; --steps)
      step_shuffled(random);
    if (seed % 3 == 0)
      brief.write(brief.unsubscribe_bytes({filters.begin(), filters.begin() + 5}));
    for (auto steps = random() % 30; steps > 0; --steps)
      step_shuffled(random);
    brief.begin_losing();
    settle_shuffled(random);
    CAF_REQUIRE_EQUAL(sys.registry().running(), running);
    CAF_REQUIRE_EQUAL(pod.shared_subscriptions.load(), 0u);
  }
  CAF_CHECK(unheard(topics));
}

CAF_TEST(a client that starts afresh hears nothing of what it subscribed before) {
  constexpr std::size_t topics = 300;
  make_live(topics);
  client c{*this, "c"};
  c.connect(true, 3600);
  c.send(subscribe_bytes(c, overlapping()));
  c.begin_connecting(true, 3600);
  bool connected = false;
  while (sched.has_job() || store->run_turn() > 0) {
    if (sched.has_job())
      sched.run_once();
    const auto packets = c.received();
    connected |= came<mqtt::connack_packet>(packets);
    CAF_REQUIRE(!came<mqtt::publish_packet>(packets));
    if (connected)
      break;
  }
  for (std::size_t i = 0; i < topics; ++i)
    publisher.write(client::publish_bytes(name(i), "x"));
  settle();
  CAF_CHECK(c.received().empty());
}

// Two sessions change their subscriptions again and again while topics come and go; each keeps to
// what its client was told.
CAF_TEST(a subscription is in force between SUBACK and UNSUBACK whatever is under way) {
  constexpr std::size_t topics = 150;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random{seed};
    client here{*this, "h"}, there{*this, "t", second};
    for (auto* c : {&here, &there})
      c->connect();
    for (int round = 0; round < 3; ++round) {
      if (random() % 3 == 0)
        make_live(topics);
      const auto all = overlapping();
      const strings some{all.begin() + static_cast<std::ptrdiff_t>(random() % 8), all.end()};
      for (auto* c : {&here, &there})
        c->write(subscribe_bytes(*c, some));
      std::map<client*, bool> heard;
      std::map<client*, std::multiset<std::string>> owed, got;
      for (int i = 0; i < 60 || heard.size() < 2; ++i) {
        for (auto steps = random() % 8; steps > 0; --steps)
          step_shuffled(random);
        if (random() % 20 == 0)
          pass(services.settings.topics.idle_timeout);
        for (auto* c : {&here, &there})
          for (const auto& p : c->received()) {
            if (std::holds_alternative<mqtt::suback_packet>(p))
              heard[c] = true;
            else if (auto* m = std::get_if<mqtt::publish_packet>(&p))
              got[c].emplace(m->payload);
          }
        const auto text = std::to_string(round) + ":" + std::to_string(i);
        for (auto& [c, yes] : heard)
          owed[c].insert(text);
        publisher.write(client::publish_bytes(name(random() % topics), text));
      }
      settle_shuffled(random);
      for (auto* c : {&here, &there}) {
        for (const auto& text : c->payloads())
          got[c].insert(text);
        CAF_REQUIRE_EQUAL(std::set<std::string>(got[c].begin(), got[c].end()).size(),
                          got[c].size()); // each once
        CAF_REQUIRE(std::includes(got[c].begin(), got[c].end(), owed[c].begin(), owed[c].end()));
        c->write(c->unsubscribe_bytes(some));
      }
      settle_shuffled(random);
      for (auto* c : {&here, &there})
        CAF_REQUIRE(came<mqtt::unsuback_packet>(c->received()));
      publisher.publish(name(random() % topics), "gone");
      CAF_REQUIRE(here.received().empty() && there.received().empty());
    }
    for (auto* c : {&here, &there})
      c->lose_connection();
  }
}

// [MQTT-4.8.2-1] A group that one member's SUBSCRIBE is still telling topics of is not in force for
// another member either, and stays when the first one goes.
CAF_TEST(a member that joins a group on its way can rely on it) {
  constexpr std::size_t topics = 200;
  make_live(topics);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random{seed};
    client first{*this, "f"}, joins{*this, "j", second};
    for (auto* c : {&first, &joins})
      c->connect();
    first.write(subscribe_bytes(first, {"$share/g/a/#"}));
    step_shuffled(random);
    joins.write(subscribe_bytes(joins, {"$share/g/a/#"}));
    for (auto steps = random() % 8; steps > 0; --steps)
      step_shuffled(random);
    first.begin_losing();
    while (!came<mqtt::suback_packet>(joins.received()))
      CAF_REQUIRE(step_shuffled(random));
    for (std::size_t i = 0; i < topics; ++i)
      publisher.write(client::publish_bytes(name(i), "x"));
    settle_shuffled(random);
    CAF_REQUIRE_EQUAL(joins.payloads().size(), topics);
    joins.lose_connection();
  }
  CAF_CHECK(unheard(topics));
}

CAF_TEST_FIXTURE_SCOPE_END()
