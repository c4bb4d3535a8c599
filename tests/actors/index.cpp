// Subscriptions, live topics and retained messages: what the index promises to sessions whatever
// happens at the same time.
#define CAF_SUITE index
#include "tests/actors/fixture.hpp"

#include <map>
#include <set>

using namespace mqttzoo;
using mqtt::qos;
using test::client;
using test::strings;

namespace {

struct index_fixture : test::pod_fixture {
  client publisher{*this, "p"};
  client subscriber{*this, "s"};

  index_fixture() {
    publisher.connect();
    subscriber.connect();
  }

  void retain(const std::string& topic, const std::string& payload) {
    publisher.publish(topic, payload, qos::at_most_once, 0, true);
  }

  void let_topics_retire() {
    advance(services.settings.topics.idle_timeout);
    advance(services.settings.topics.idle_timeout);
  }

  std::multiset<std::string> received_payloads() {
    const auto all = subscriber.payloads();
    return {all.begin(), all.end()};
  }

  /// Filters that all match the topics below `within`: each level stands there or is a `+`.
  static strings overlapping(const std::vector<std::string>& within) {
    strings all{""};
    for (const auto& level : within) {
      strings longer;
      for (const auto& f : all)
        for (const auto& next : {level, std::string{"+"}})
          longer.push_back(f + next + '/');
      all = std::move(longer);
    }
    for (auto& f : all)
      f += '#';
    return all;
  }

  bool suback_came(client& c) { return !c.received_of<mqtt::suback_packet>().empty(); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(index_tests, index_fixture)

CAF_TEST(after SUBACK every publish comes whatever is still under way) {
  client there{*this, "t", second};
  there.connect();
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 random{seed};
    there.publish("t", "before");
    publisher.publish("t", "before");
    subscriber.write(subscriber.subscribe_bytes("t"));
    while (!suback_came(subscriber))
      CAF_REQUIRE(step_shuffled(random));
    there.write(client::publish_bytes("t", "a"));
    publisher.write(client::publish_bytes("t", "b"));
    settle_shuffled(random);
    CAF_REQUIRE_EQUAL(received_payloads(), (std::multiset<std::string>{"a", "b"}));
    subscriber.unsubscribe("t");
    subscriber.received();
    if (seed % 2 == 0)
      let_topics_retire();
  }
}

CAF_TEST(a subscription that is made again is replaced) {
  subscriber.subscribe("t", qos::at_most_once);
  subscriber.subscribe("t", qos::at_least_once);
  subscriber.received();
  publisher.publish("t", "m", qos::at_least_once, 1);
  auto got = subscriber.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK(got[0].qos == qos::at_least_once);
}

CAF_TEST(a filter that was never subscribed is not there to be removed) {
  subscriber.unsubscribe("a/+");
  subscriber.unsubscribe("$share/g/a/+");
  const auto acks = subscriber.received_of<mqtt::unsuback_packet>();
  CAF_CHECK_EQUAL(acks.size(), 2u);
}

CAF_TEST(a filter may have as many levels as a session lets it have) {
  services.limits.topic_levels_max = 256;
  std::string topic = "t";
  for (int i = 1; i < 200; ++i)
    topic += "/t";
  subscriber.subscribe(topic);
  subscriber.subscribe("$share/g/" + topic);
  subscriber.received();
  publisher.publish(topic, "m");
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"m", "m"}));
  CAF_CHECK_EQUAL(pod.shared_subscriptions.load(), 1u);
  subscriber.unsubscribe(topic);
  subscriber.unsubscribe("$share/g/" + topic);
  CAF_CHECK_EQUAL(pod.shared_subscriptions.load(), 0u);
  subscriber.received();
  publisher.publish(topic, "m");
  CAF_CHECK_EQUAL(subscriber.payloads(), strings{});
}

CAF_TEST(shared subscriptions are counted by member) {
  client other{*this, "o"};
  other.connect();
  subscriber.subscribe("$share/g/t");
  subscriber.subscribe("$share/g/t");
  other.subscribe("$share/g/t");
  CAF_CHECK_EQUAL(pod.shared_subscriptions.load(), 2u);
  subscriber.unsubscribe("$share/g/t");
  other.lose_connection();
  CAF_CHECK_EQUAL(pod.shared_subscriptions.load(), 0u);
}

CAF_TEST(retained messages come in pages and each once) {
  std::multiset<std::string> all;
  for (int i = 0; i < 700; ++i) {
    const auto text = std::to_string(i);
    retain("r/" + text, text);
    all.insert(text);
    if (i == 350)
      let_topics_retire(); // one half is dormant, the other live
  }
  CAF_CHECK_EQUAL(pod.retained.messages.load(), all.size());
  subscriber.subscribe("r/+");
  CAF_CHECK_EQUAL(received_payloads(), all);
  let_topics_retire();
  subscriber.subscribe("r/+");
  CAF_CHECK_EQUAL(received_payloads(), all);
}

CAF_TEST(who unsubscribes gets no more retained messages) { // [MQTT-3.10.4-2] [MQTT-3.10.4-2 v3]
  constexpr std::size_t all = 1000;
  for (std::size_t i = 0; i < all; ++i)
    retain("r/" + std::to_string(i), "m");
  for (const bool live : {true, false}) {
    if (!live)
      let_topics_retire();
    subscriber.write(subscriber.subscribe_bytes("r/#"));
    std::size_t came = 0;
    while (came == 0 && sched.has_job()) {
      sched.run_once();
      came += subscriber.payloads().size();
    }
    subscriber.unsubscribe("r/#");
    came += subscriber.payloads().size();
    CAF_CHECK_GREATER(came, 0u);
    CAF_CHECK_LESS(came, all / 2);
  }
}

CAF_TEST(who unsubscribes before SUBACK gets no retained messages) {
  retain("r/1", "m");
  client kept{*this, "k"};
  kept.connect(true, 3600);
  kept.write(kept.subscribe_bytes("r/#"));
  kept.write(kept.unsubscribe_bytes({"r/#"}));
  settle();
  CAF_CHECK_EQUAL(kept.payloads(), strings{});
}

CAF_TEST(a subscription that is replaced meanwhile loses no retained message) { // [MQTT-3.8.4-4]
  std::multiset<std::string> all;
  for (int i = 0; i < 500; ++i) {
    const auto text = std::to_string(i);
    retain("r/" + text, text);
    all.insert(text);
    if (i == 250)
      let_topics_retire();
  }
  mqtt::subscription_options none;
  none.retained = mqtt::retain_handling::do_not_send;
  subscriber.write(subscriber.subscribe_bytes("r/#"));
  std::multiset<std::string> got;
  while (got.empty() && sched.has_job()) {
    sched.run_once();
    got.merge(received_payloads());
  }
  subscriber.send(subscriber.subscribe_bytes({"r/#"}, none));
  got.merge(received_payloads());
  CAF_CHECK_EQUAL(got, all);
}

CAF_TEST(a page is also bounded in bytes) {
  for (int i = 0; i < 10; ++i)
    retain("r/" + std::to_string(i), std::string(100'000, static_cast<char>('0' + i)));
  let_topics_retire();
  subscriber.write(subscriber.subscribe_bytes("r/#"));
  std::size_t came = 0, most = 0;
  while (sched.has_job()) {
    sched.run_once();
    const auto n = subscriber.payloads().size();
    came += n;
    most = std::max(most, n);
  }
  CAF_CHECK_EQUAL(came, 10u);
  CAF_CHECK_EQUAL(most, 3u); // the third one passes 256 KiB
}

CAF_TEST(removed and replaced messages are not counted) {
  retain("a", "1");
  retain("a", "22");
  retain("b", "3");
  CAF_CHECK_EQUAL(pod.retained.messages.load(), 2u);
  retain("a", "");
  retain("b", "");
  CAF_CHECK_EQUAL(pod.retained.messages.load(), 0u);
  CAF_CHECK_EQUAL(pod.retained.bytes.load(), 0u);
}

CAF_TEST(retained messages are bounded) {
  services.settings.retained.messages_max = 2;
  retain("a", "1");
  retain("b", "2");
  publisher.publish("c", "3", qos::at_least_once, 7, true);
  const auto acks = publisher.received_of<mqtt::ack_packet>();
  CAF_REQUIRE_EQUAL(acks.size(), 1u);
  CAF_CHECK(acks[0].reason == mqtt::reason_code::quota_exceeded);
  retain("a", "4"); // replacing takes no room
  subscriber.subscribe("#");
  CAF_CHECK_EQUAL(received_payloads(), (std::multiset<std::string>{"2", "4"}));
}

CAF_TEST(the first retained message of a live topic comes whoever is faster) {
  client there{*this, "t", second};
  there.connect();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    client late{*this, "l", seed % 2 == 0 ? services : second};
    late.connect();
    there.publish("t", "makes it live");
    there.write(client::publish_bytes("t", "kept", qos::at_most_once, 0, true));
    for (auto steps = random() % 3; steps > 0; --steps)
      step_shuffled(random);
    late.write(late.subscribe_bytes("t"));
    settle_shuffled(random);
    CAF_REQUIRE_EQUAL(late.payloads(), strings{"kept"});
    late.lose_connection();
    there.publish("t", "", qos::at_most_once, 0, true);
  }
}

// Every value of a topic reaches the subscriber at most once, and the last one does, whether it
// came as a retained message or live, and whatever the topic's life was meanwhile.
CAF_TEST(no retained message is lost or doubled during a walk) {
  constexpr int topics = 150; // more than a page
  client there{*this, "t", second};
  there.connect();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random{seed};
    client watcher{*this, "w" + std::to_string(seed), seed % 2 == 0 ? services : second};
    watcher.connect();
    std::map<std::string, std::string> last;
    int serial = 0;
    // One publisher a topic, so that there is a last message.
    const auto publish_some = [&](int n) {
      for (; n > 0; --n) {
        const auto number = random() % topics;
        const auto topic = "r/" + std::to_string(number);
        last[topic] = std::to_string(seed) + ":" + std::to_string(serial++);
        (number % 2 == 0 ? publisher : there)
            .write(client::publish_bytes(topic, last[topic], {}, 0, true));
      }
    };
    publish_some(2 * topics);
    settle_shuffled(random);
    if (seed % 3 != 0)
      let_topics_retire();
    publish_some(20);
    watcher.write(watcher.subscribe_bytes("r/#"));
    for (int i = 0; i < 40; ++i) {
      // So many that the walk is over before a topic has been idle several times.
      for (auto steps = random() % 240; steps > 0; --steps)
        step_shuffled(random);
      publish_some(static_cast<int>(random() % 3));
      if (random() % 6 == 0)
        pass(services.settings.topics.idle_timeout);
    }
    settle_shuffled(random);
    std::map<std::string, std::set<std::string>> came;
    for (const auto& p : watcher.received_of<mqtt::publish_packet>())
      if (!came[std::string{p.topic}].emplace(p.payload).second)
        CAF_FAIL("seed " << seed << ": " << p.payload << " of " << p.topic << " came twice");
    for (const auto& [topic, payload] : last)
      if (!came[topic].contains(payload))
        CAF_FAIL("seed " << seed << ": " << payload << " of " << topic << " did not come");
    watcher.lose_connection();
  }
}

// On one unit nothing overtakes: who keeps the last value of a topic keeps the right one.
CAF_TEST(a retained message does not come after a later live one) {
  retain("t", "1");
  client late{*this, "l"};
  late.connect();
  late.write(late.subscribe_bytes("t"));
  for (int i = 2; i < 40; ++i) {
    if (sched.has_job())
      sched.run_once();
    publisher.write(client::publish_bytes("t", std::to_string(i), {}, 0, true));
  }
  settle();
  int before = 0;
  for (const auto& text : late.payloads()) {
    CAF_CHECK_GREATER(std::stoi(text), before);
    before = std::stoi(text);
  }
  CAF_CHECK_EQUAL(before, 39);
}

CAF_TEST(live topics that nobody subscribes to are bounded) {
  services.settings.topics.idle_max = 20;
  const auto running = sys.registry().running();
  std::size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    publisher.publish("unheard/" + std::to_string(i), "x");
    most = std::max(most, sys.registry().running() - running);
  }
  CAF_CHECK_LESS_OR_EQUAL(most, 2u * services.settings.topics.idle_max);
  let_topics_retire();
  CAF_CHECK_EQUAL(sys.registry().running(), running);
  advance(services.settings.topics.idle_timeout);
  CAF_CHECK(timers.next() == net::time_point::max()); // an idle pod has no timer
}

CAF_TEST(those that somebody subscribes to are bounded for themselves) {
  services.settings.topics.idle_max = 20;
  subscriber.subscribe("heard/#");
  subscriber.received();
  const auto running = sys.registry().running();
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    publisher.publish("heard/" + std::to_string(i), "x");
    publisher.publish("unheard/" + std::to_string(i), "x");
    most = std::max(most, sys.registry().running() - running);
  }
  CAF_CHECK_LESS_OR_EQUAL(most, 4u * services.settings.topics.idle_max);
  CAF_CHECK_EQUAL(subscriber.payloads().size(), 300u);
}

CAF_TEST(of topics that very many filters match fewer are kept) {
  services.settings.topics.idle_max = 20;
  for (const auto& f : overlapping({"a", "b", "c", "d", "e", "f", "g", "h"}))
    subscriber.subscribe(f);
  subscriber.received();
  const auto running = sys.registry().running();
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    publisher.publish("a/b/c/d/e/f/g/h/" + std::to_string(i), "x");
    most = std::max(most, sys.registry().running() - running);
  }
  CAF_CHECK_LESS_OR_EQUAL(most, services.settings.topics.idle_max / 2u); // each counts as five
  CAF_CHECK_EQUAL(subscriber.payloads().size(), 100u);
}

CAF_TEST(topics that lived before very many filters matched them are fewer afterwards) {
  services.settings.topics.idle_max = 20;
  subscriber.subscribe("a/#");
  const auto running = sys.registry().running();
  for (int i = 0; i < 15; ++i)
    publisher.publish("a/b/c/d/e/f/g/h/" + std::to_string(i), "x");
  CAF_CHECK_EQUAL(sys.registry().running(), running + 15);
  for (const auto& f : overlapping({"a", "b", "c", "d", "e", "f", "g", "h"}))
    subscriber.subscribe(f);
  CAF_CHECK_LESS_OR_EQUAL(sys.registry().running(),
                          running + services.settings.topics.idle_max / 2u);
  subscriber.received();
  publisher.publish("a/b/c/d/e/f/g/h/0", "y");
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"y"}));
}

CAF_TEST_FIXTURE_SCOPE_END()
