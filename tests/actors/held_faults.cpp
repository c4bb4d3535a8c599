// The books add up whatever the store does.
#define CAF_SUITE held_faults
#include "core/random.hpp"
#include "tests/actors/held_fixture.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using test::client;
using test::kept_s;
using namespace std::chrono_literals;

namespace {

/// A pod whose store fails, and clients that come and go.
void play(std::uint64_t seed) {
  core::random_source dice{seed};
  auto options = test::small_bank();
  options.bank.capacity_bytes = 30 * 1024;
  options.bank.ttl_min = 5s;
  options.bank.ttl_max = 15s;
  options.faults.seed = dice();
  options.faults.loss_per_mille = 30;
  options.faults.storage_full_per_mille = 10;
  options.faults.delay_per_mille = 30;
  options.random_seed = dice();
  test::pod_fixture f{std::move(options)};
  std::vector<std::unique_ptr<client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<client>(f, "c" + std::to_string(i)));
    clients.back()->connect(i > 1, i > 1 ? kept_s : 0);
    if (i > 1)
      for (int tries = 0; tries < 5; ++tries)
        clients.back()->subscribe("t/#", qos::exactly_once);
  }
  std::uint16_t id = 0;
  for (int i = 0; i < 120; ++i) {
    auto& c = *clients[dice.below(2)];
    switch (dice.below(6)) {
    case 0:
      if (auto& s = *clients[2 + dice.below(2)]; dice.below(2) == 0)
        s.lose_connection();
      else
        s.connect(false, kept_s);
      break;
    case 1:
      c.publish("r/" + std::to_string(dice.below(4)), std::string(dice.below(2000), 'r'),
                qos::at_least_once, ++id, true);
      break;
    case 2:
      f.advance(std::chrono::milliseconds{dice.below(4000)});
      break;
    default:
      c.publish("t/" + std::to_string(dice.below(3)), std::string(dice.below(2500), 'x'),
                dice.below(2) == 0 ? qos::at_least_once : qos::exactly_once, ++id);
    }
    for (std::size_t s = 2; s < 4; ++s)
      for (const auto& p : clients[s]->received_of<mqtt::publish_packet>())
        if (dice.below(3) > 0)
          clients[s]->acknowledge(
              p.qos == qos::exactly_once ? packet_type::pubrec : packet_type::puback, p.id);
    const auto b = test::read_books(*f.store, zk::paths{});
    CAF_REQUIRE_EQUAL(b.sum(), b.total);
    CAF_REQUIRE(!b.negative && b.free >= 0);
  }
  for (auto& c : clients)
    c->lose_connection();
  f.advance(20s);
  // What found no room until now is stored only when the rest has had its time.
  for (int i = 0; i < 20; ++i)
    f.advance(2s);
  CAF_CHECK_EQUAL(f.mails(), 0u); // everything has had its time
  const auto b = test::read_books(*f.store, zk::paths{});
  CAF_CHECK_EQUAL(b.sum(), b.total);
}

} // namespace

CAF_TEST(the books are exact whatever the store does) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAF_MESSAGE("seed " << seed);
    play(seed);
  }
}
