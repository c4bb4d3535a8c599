// Packet identifiers against a plain set of those in use.
#define CAF_SUITE packet_id_pool
#include "mqtt/packet_id_pool.hpp"

#include "random_topics.hpp"

#include <caf/test/dsl.hpp>

#include <bitset>
#include <cstdint>
#include <set>

using namespace mqttzoo::mqtt;
using namespace mqttzoo::mqtt::testing;

namespace {

std::uint16_t number(packet_id id) {
  return static_cast<std::uint16_t>(id);
}

/// What is in use, in two forms: to ask, and to choose from.
struct plain_pool {
  std::bitset<65'536> asked;
  std::set<std::uint16_t> listed;

  bool insert(std::uint16_t id) {
    asked.set(id);
    return listed.insert(id).second;
  }
  void erase(std::uint16_t id) {
    asked.reset(id);
    listed.erase(id);
  }
  /// The next free number after `last`, 1 after 65535; 0 if there is none.
  std::uint16_t next(std::uint16_t last) const {
    if (listed.size() == packet_id_pool::capacity)
      return 0;
    do
      last = last == 65'535 ? 1 : last + 1;
    while (asked.test(last));
    return last;
  }
};

} // namespace

CAF_TEST(identifiers rise and are not none) { // [MQTT-2.2.1-4] [MQTT-2.3.1-4 v3]
  packet_id_pool pool;
  for (std::uint16_t i = 1; i <= 200; ++i)
    CAF_CHECK_EQUAL(number(pool.allocate()), i);
  CAF_CHECK(pool.in_use(packet_id{200}));
  CAF_CHECK(!pool.in_use(packet_id{201}));
  CAF_CHECK(!pool.in_use(packet_id::none));
  CAF_CHECK(!pool.release(packet_id::none));
}

CAF_TEST(an identifier rests until its turn comes again) {
  packet_id_pool pool;
  for (std::uint32_t i = 1; i <= 65'535; ++i) {
    const auto id = pool.allocate();
    CAF_REQUIRE(number(id) == i);
    CAF_REQUIRE(pool.release(id));
  }
  CAF_CHECK_EQUAL(number(pool.allocate()), 1u); // never 0
}

CAF_TEST(all of them can be in use and then none is left) {
  packet_id_pool pool;
  for (std::uint32_t i = 1; i <= 65'535; ++i)
    CAF_REQUIRE(number(pool.allocate()) == i);
  CAF_CHECK_EQUAL(pool.size(), packet_id_pool::capacity);
  CAF_CHECK(pool.allocate() == packet_id::none);
  CAF_CHECK(pool.release(packet_id{777}));
  CAF_CHECK_EQUAL(number(pool.allocate()), 777u);
  CAF_CHECK(pool.allocate() == packet_id::none);
  for (std::uint32_t i = 1; i <= 65'535; ++i)
    CAF_REQUIRE(pool.release(packet_id{static_cast<std::uint16_t>(i)}));
  CAF_CHECK(pool.empty());
  CAF_CHECK_LESS_OR_EQUAL(pool.footprint_bytes(), 64u);
}

CAF_TEST(lower identifiers of the word where a round began are found) {
  packet_id_pool pool;
  for (std::uint32_t i = 1; i <= 65'535; ++i)
    pool.allocate();
  pool.release(packet_id{100});
  CAF_CHECK_EQUAL(number(pool.allocate()), 100u); // the next round begins in the middle of a word
  pool.release(packet_id{70});
  CAF_CHECK_EQUAL(number(pool.allocate()), 70u);
}

CAF_TEST(a reserved identifier is passed over) {
  packet_id_pool pool;
  CAF_CHECK(pool.reserve(packet_id{1}));
  CAF_CHECK(pool.reserve(packet_id{3}));
  CAF_CHECK(!pool.reserve(packet_id{3}));
  CAF_CHECK_EQUAL(pool.size(), 2u);
  CAF_CHECK_EQUAL(number(pool.allocate()), 2u);
  CAF_CHECK_EQUAL(number(pool.allocate()), 4u);
  CAF_CHECK(pool.release(packet_id{3}));
  CAF_CHECK(!pool.release(packet_id{3}));
}

CAF_TEST(an idle session costs next to nothing) {
  packet_id_pool pool;
  CAF_CHECK_LESS_OR_EQUAL(pool.footprint_bytes(), 64u);
  for (int round = 0; round < 1000; ++round) {
    const auto id = pool.allocate();
    CAF_REQUIRE(pool.footprint_bytes() <= 64);
    pool.release(id);
  }
  for (int i = 0; i < 20; ++i)
    pool.allocate();
  CAF_CHECK_LESS_OR_EQUAL(pool.footprint_bytes(), 128u);
}

CAF_TEST(the pool agrees with a plain set) {
  auto random = random_topics{topics_seed()}.random;
  packet_id_pool pool;
  plain_pool used;
  std::uint16_t last = 0;
  const auto any = [&] { return static_cast<std::uint16_t>(random.between(1, 65'535)); };
  // Few in use, then nearly all, then few again; several wraps in each.
  for (const std::uint64_t target : {10u, 65'500u, 300u}) {
    for (int round = 0; round < 200'000; ++round) {
      if (random.below(20) == 0) {
        const auto id = any();
        CAF_REQUIRE(pool.reserve(packet_id{id}) == used.insert(id));
      } else if (used.listed.size() < target + random.below(20)) {
        const auto expected = used.next(last);
        const auto given = number(pool.allocate());
        if (given != expected)
          CAF_FAIL("seed " << topics_seed() << ": " << given << " instead of " << expected);
        if (given != 0) {
          used.insert(given);
          last = given;
        }
      } else {
        auto at = used.listed.lower_bound(any());
        if (at == used.listed.end())
          at = used.listed.begin();
        CAF_REQUIRE(pool.release(packet_id{*at}));
        used.erase(*at);
      }
      CAF_REQUIRE(pool.size() == used.listed.size());
    }
    const auto probe = any();
    CAF_CHECK_EQUAL(pool.in_use(packet_id{probe}), used.asked.test(probe));
  }
}
