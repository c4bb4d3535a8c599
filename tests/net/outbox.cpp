// The outbox against a plain string of bytes.
#define CAF_SUITE net.outbox

#include "net/outbox.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <array>
#include <random>

using namespace mqttzoo::net;
using mqttzoo::net::test::message_of;
using mqttzoo::net::test::pattern;

namespace {

std::string gathered(const outbox& box, std::size_t parts_max, std::size_t* used = nullptr) {
  std::vector<boost::asio::const_buffer> parts(parts_max);
  const auto n = box.gather(parts);
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) {
    if (parts[i].size() == 0)
      CAF_FAIL("an empty part");
    bytes.append(static_cast<const char*>(parts[i].data()), parts[i].size());
  }
  if (used)
    *used = n;
  return bytes;
}

} // namespace

CAF_TEST(whatever is appended and taken the bytes come out in order) {
  std::mt19937 random{11};
  for (int round = 0; round < 100; ++round) {
    buffer_pool pool;
    outbox box;
    std::string model;
    const auto payload_max = round % 2 == 0 ? 3000u : 40'000u;
    for (int step = 0; step < 100; ++step) {
      switch (random() % 3) {
      case 0: {
        const auto bytes = pattern(random() % payload_max, random());
        box.tail(pool) += bytes;
        model += bytes;
        break;
      }
      case 1: {
        const auto bytes = pattern(random() % payload_max, random());
        box.append(message_of(bytes), pool);
        model += bytes;
        break;
      }
      default: {
        const auto parts_max = 1 + random() % 5;
        const auto ready = gathered(box, parts_max);
        if (model.compare(0, ready.size(), ready) != 0 || ready.empty() != model.empty())
          CAF_FAIL("other bytes than were appended, in round " << round);
        const auto n = ready.empty() ? 0 : random() % (ready.size() + 1);
        box.consume(n, pool);
        model.erase(0, n);
      }
      }
      if (box.size_bytes() != model.size() || box.empty() != model.empty())
        CAF_FAIL("a wrong size in round " << round);
    }
    CAF_CHECK(gathered(box, 1024) == model);
    box.clear(pool);
    CAF_CHECK(box.empty());
  }
}

CAF_TEST(a long payload is sent from the message itself and a short one is copied) {
  buffer_pool pool;
  outbox box;
  const auto m = message_of(pattern(outbox::copied_payload_bytes_max + 1));
  box.tail(pool) += "head";
  box.append(m, pool);
  std::array<boost::asio::const_buffer, 4> parts;
  CAF_REQUIRE_EQUAL(box.gather(parts), 2u);
  CAF_CHECK(parts[1].data() == m->payload().data());
  CAF_CHECK(!m->unique());
  box.consume(box.size_bytes(), pool);
  CAF_CHECK(m->unique());
  const auto small = message_of(pattern(outbox::copied_payload_bytes_max));
  box.append(small, pool);
  CAF_CHECK(small->unique());
}

CAF_TEST(gathering stops where the caller has no more room) {
  buffer_pool pool;
  outbox box;
  for (int i = 0; i < 100; ++i)
    box.append(message_of(pattern(2000, static_cast<unsigned>(i))), pool);
  std::size_t used = 0;
  CAF_CHECK_EQUAL(gathered(box, 64, &used).size(), 64u * 2000u);
  CAF_CHECK_EQUAL(used, 64u);
}

CAF_TEST(the tail is the same string for the life of the outbox) {
  buffer_pool pool;
  outbox box;
  auto& tail = box.tail(pool);
  tail += "a";
  box.append(message_of(pattern(5000)), pool);
  CAF_CHECK(tail.empty());
  tail += "b";
  CAF_CHECK(&box.tail(pool) == &tail);
  CAF_CHECK_EQUAL(gathered(box, 64), "a" + pattern(5000) + "b");
}

CAF_TEST(buffers go back to the pool and an empty outbox owns nothing) {
  buffer_pool pool;
  outbox box;
  box.tail(pool) += pattern(100);
  CAF_CHECK_EQUAL(pool.bytes(), 0u);
  box.consume(100, pool);
  CAF_CHECK_GREATER_OR_EQUAL(pool.bytes(), buffer_pool::buffer_bytes_min);
  const auto kept = pool.bytes();
  box.tail(pool) += pattern(100);
  CAF_CHECK_EQUAL(pool.bytes(), 0u); // the same buffer again
  box.consume(100, pool);
  CAF_CHECK_EQUAL(pool.bytes(), kept);
}

CAF_TEST(an append to a long queue does not move what stands in it) {
  buffer_pool pool;
  outbox box;
  for (int i = 0; i < 1000; ++i)
    box.tail(pool) += pattern(1000);
  std::vector<boost::asio::const_buffer> parts(100);
  const auto n = box.gather(parts);
  CAF_CHECK_GREATER(n, 10u);
  for (std::size_t i = 0; i < n; ++i)
    CAF_CHECK_LESS(parts[i].size(), buffer_pool::buffer_bytes_max);
}
