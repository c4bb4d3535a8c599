// A topic's route against a plain model of it.
#define CAF_SUITE route
#include "actors/route.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace mqttzoo;
using actors::card_ref;
using actors::subscriber;

namespace {

const std::string topic = "a/b";

card_ref make_card(std::uint64_t number) {
  return make_ref<actors::session_card>(session_number{number}, client_id{"c"},
                                        unit_index{static_cast<std::uint16_t>(number % 3)});
}

subscriber subscription(const card_ref& by, const std::string& filter, std::uint32_t id = 0,
                        mqtt::qos q = mqtt::qos::at_most_once) {
  mqtt::subscription s;
  s.filter = filter;
  s.identifier = id;
  s.options.qos = q;
  return make_ref<const actors::made_subscription>(by, s);
}

/// A change of one session's; those without a subscription are removed.
using steps = std::vector<std::pair<std::string, subscriber>>;

actors::route_change_ref change_of(const card_ref& by, const steps& all) {
  auto c = make_ref<actors::route_change>(by);
  for (const auto& [filter, made] : all)
    c->add({filter, made, mqtt::group_number::none, {}});
  return c;
}

/// Every session's subscription identifiers, sorted; and that each is where it belongs, once.
std::map<session_number, std::multiset<std::uint32_t>> content(const actors::route& r) {
  std::map<session_number, std::multiset<std::uint32_t>> all;
  r.for_each_unit([&](unit_index u, const ref<const actors::target_list>& list) {
    CAF_CHECK(!list->targets.empty());
    for (const auto& t : list->targets) {
      CAF_REQUIRE(t.session->unit == u);
      CAF_REQUIRE(!all.contains(t.session->number));
      const auto& ids = t.terms->subscription_identifiers;
      all[t.session->number] = {ids.begin(), ids.end()};
    }
  });
  return all;
}

} // namespace

CAF_TEST(a session is in it once with what all its subscriptions allow) { // [MQTT-3.3.4-2]
  actors::route r;
  const auto card = make_card(1);
  r.change(*change_of(card, {{"a/+", subscription(card, "a/+", 1)},
                             {"a/b", subscription(card, "a/b", 2, mqtt::qos::exactly_once)},
                             {"b/#", subscription(card, "b/#", 3)}}),
           topic, 0);
  r.for_each_unit([&](unit_index, const ref<const actors::target_list>& list) {
    CAF_REQUIRE_EQUAL(list->targets.size(), 1u);
    CAF_CHECK(list->targets[0].terms->maximum_qos == mqtt::qos::exactly_once);
  });
  CAF_CHECK(content(r).at(card->number) == (std::multiset<std::uint32_t>{1, 2}));
}

CAF_TEST(it knows a subscription that was replaced from one that was removed) {
  actors::route r;
  const auto card = make_card(1);
  const auto first = subscription(card, "a/+", 1), second = subscription(card, "a/+", 2);
  CAF_CHECK(!r.has(first));
  r.change(*change_of(card, {{"a/+", first}, {"a/b", subscription(card, "a/b")}}), topic, 3);
  CAF_CHECK(r.has(first));
  CAF_CHECK_EQUAL(r.joined(first), 3u);
  r.change(*change_of(card, {{"a/+", second}}), topic, 5);
  CAF_CHECK(r.has(first));
  CAF_CHECK_EQUAL(r.joined(first), actors::route::never);
  CAF_CHECK_EQUAL(r.joined(second), 5u);
  r.change(*change_of(card, {{"a/+", nullptr}}), topic, 6);
  CAF_CHECK(!r.has(first));
  CAF_CHECK(!r.has(second));
}

CAF_TEST(of two subscriptions with one filter in a change the later one counts) { // [MQTT-3.8.4-3]
  actors::route r;
  const auto card = make_card(1);
  r.change(*change_of(card, {{"a/b", subscription(card, "a/b", 1)},
                             {"a/b", subscription(card, "a/b", 2)}}),
           topic, 0);
  CAF_CHECK(content(r).at(card->number) == (std::multiset<std::uint32_t>{2}));
}

CAF_TEST(it is what the changes say) {
  const std::vector<std::string> filters{"#",   "a/#", "a/+",   "a/b", "+/b", "+/#",
                                         "+/+", "b/#", "a/b/#", "a/c", "a",   "$share"};
  std::mt19937_64 random{1};
  actors::route r;
  std::vector<card_ref> cards;
  for (std::uint64_t n = 1; n <= 60; ++n)
    cards.push_back(make_card(n));
  std::map<session_number, std::map<std::string, subscriber>> model;
  std::vector<std::pair<ref<const actors::target_list>, std::size_t>> kept;
  for (std::uint32_t i = 1; i <= 3000; ++i) {
    const auto& card = cards[random() % cards.size()];
    auto& have = model[card->number];
    steps all;
    const bool adds = random() % 2 == 0;
    for (auto n = 1 + random() % (i % 2 == 0 ? 3 : filters.size()); n > 0; --n) {
      const auto& filter = filters[random() % filters.size()];
      all.emplace_back(filter, adds ? subscription(card, filter, i) : nullptr);
      if (!mqtt::matches(filter, topic))
        continue;
      if (adds)
        have[filter] = all.back().second;
      else
        have.erase(filter);
    }
    const auto c = change_of(card, all);
    r.change(*c, topic, i);
    if (random() % 3 == 0)
      r.change(*c, topic, i + 1); // a topic may hear of it twice
    for (const auto& [filter, made] : have)
      if (made->terms.identifier == i)
        CAF_REQUIRE_EQUAL(r.joined(made), i);
    if (random() % 5 == 0) // messages are on their way
      r.for_each_unit([&](unit_index, const ref<const actors::target_list>& list) {
        kept.emplace_back(list, list->targets.size());
      });
  }
  std::map<session_number, std::multiset<std::uint32_t>> expected;
  for (const auto& [number, have] : model)
    for (const auto& [filter, made] : have)
      expected[number].insert(made->terms.identifier);
  CAF_CHECK(content(r) == expected);
  for (const auto& [list, size] : kept)
    CAF_REQUIRE_EQUAL(list->targets.size(), size);

  std::vector<subscriber> start;
  for (const auto& [number, have] : model)
    for (const auto& [filter, made] : have)
      start.push_back(made);
  std::shuffle(start.begin(), start.end(), random);
  actors::route born_with_it;
  born_with_it.begin(start, {});
  CAF_CHECK(content(born_with_it) == expected);
  for (const auto& card : cards) {
    steps all;
    for (const auto& filter : filters)
      all.emplace_back(filter, nullptr);
    r.change(*change_of(card, all), topic, 9999);
  }
  CAF_CHECK(r.empty());
}

CAF_TEST(it changes in place while nobody has it) {
  actors::route r;
  const actors::target_list* where = nullptr;
  const auto look = [&](unit_index, const ref<const actors::target_list>& list) {
    where = list.get();
  };
  for (std::uint64_t n = 1; n <= 50; ++n) {
    const auto card = make_card(3 * n);
    r.change(*change_of(card, {{"a/b", subscription(card, "a/b")}}), topic, 0);
    const auto* before = std::exchange(where, nullptr);
    r.for_each_unit(look);
    CAF_CHECK(n == 1 || where == before);
  }
}
