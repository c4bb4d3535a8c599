// The way to a topic: order while it is looked up, over its lives, from two units.
#define CAF_SUITE courier
#include "tests/actors/fixture.hpp"

#include <map>

using namespace mqttzoo;
using test::client;
using test::strings;

namespace {

struct courier_fixture : test::pod_fixture {
  strings numbered(int from, int to) {
    strings texts;
    for (int i = from; i < to; ++i)
      texts.push_back(std::to_string(i));
    return texts;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(courier_tests, courier_fixture)

// [MQTT-4.6.0-5]
CAF_TEST(what is published while a topic is looked up keeps its order) {
  client publisher{*this, "p"}, subscriber{*this, "s"};
  publisher.connect();
  subscriber.connect();
  subscriber.subscribe("t");
  subscriber.received();
  for (const auto& text : numbered(0, 10))
    publisher.write(client::publish_bytes("t", text)); // the index has not answered yet
  publisher.publish("t", "10");                        // and now it has
  CAF_CHECK_EQUAL(subscriber.payloads(), numbered(0, 11));
}

CAF_TEST(both units reach the same topic) {
  client here{*this, "h"}, there{*this, "t", second}, subscriber{*this, "s", second};
  for (auto* c : {&here, &there, &subscriber})
    c->connect();
  CAF_CHECK(there.card->unit == second.index);
  subscriber.subscribe("t");
  subscriber.received();
  here.publish("t", "1");
  const auto running = sys.registry().running();
  there.publish("t", "2");
  CAF_CHECK_EQUAL(sys.registry().running(), running);
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1", "2"}));
}

CAF_TEST(every unit forgets a topic before it retires) {
  client here{*this, "h"}, there{*this, "t", second}, subscriber{*this, "s"};
  for (auto* c : {&here, &there, &subscriber})
    c->connect();
  subscriber.subscribe("t");
  subscriber.received();
  const auto running = sys.registry().running();
  here.publish("t", "1");
  there.publish("t", "2");
  advance(services.settings.topics.idle_timeout);
  advance(services.settings.topics.idle_timeout);
  CAF_CHECK_EQUAL(sys.registry().running(),
                  running); // a courier that remembered it would keep it alive
  there.publish("t", "3");
  here.publish("t", "4");
  CAF_CHECK_EQUAL(subscriber.payloads(), (strings{"1", "2", "3", "4"}));
}

CAF_TEST(an index that takes back a topic nobody asked for gets its answer) {
  client subscriber{*this, "s"}, publisher{*this, "p", second};
  subscriber.connect();
  publisher.connect();
  subscriber.subscribe("t");
  subscriber.received();
  publisher.publish("t", "1"); // the first unit never heard of it
  const auto running = sys.registry().running();
  advance(services.settings.topics.idle_timeout);
  advance(services.settings.topics.idle_timeout);
  CAF_CHECK_EQUAL(sys.registry().running(), running - 1);
}

// [MQTT-4.6.0-6]
CAF_TEST(no message is lost or overtaken while a topic retires and wakes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    client here{*this, "h"}, there{*this, "t", second}, subscriber{*this, "s", second};
    for (auto* c : {&here, &there, &subscriber})
      c->connect();
    subscriber.subscribe("t");
    subscriber.received();
    std::map<char, int> sent;
    for (int i = 0; i < 150; ++i) {
      auto& from = random() % 2 == 0 ? here : there;
      const char who = &from == &here ? 'h' : 't';
      if (random() % 3 == 0) // quiet in between, so that it retires
        for (auto burst = random() % 6 + 1; burst > 0; --burst)
          from.write(client::publish_bytes("t", who + std::to_string(sent[who]++)));
      for (auto steps = random() % 10; steps > 0; --steps)
        step_shuffled(random);
      if (random() % 2 == 0)
        pass(services.settings.topics.idle_timeout);
    }
    settle_shuffled(random);
    std::map<char, int> next;
    for (const auto& text : subscriber.payloads())
      if (std::stoi(text.substr(1)) != next[text[0]]++) {
        CAF_ERROR("seed " << seed << ": " << text << " came out of order");
        break;
      }
    CAF_REQUIRE_EQUAL(next, sent);
    for (auto* c : {&here, &there, &subscriber})
      c->lose_connection();
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
