// Seats are counted wherever they go.
#define CAF_SUITE net.seat

#include "net/seat.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;

CAF_TEST(a seat is free again with its last holder) {
  const auto seats = make_ref<seating>(2u);
  auto first = seats->take();
  auto second = seats->take();
  CAF_REQUIRE(first && second);
  CAF_CHECK(!seats->take());
  seat holder = std::move(*first);
  first.reset();
  CAF_CHECK_EQUAL(seats->taken(), 2u);
  holder = std::move(*second);
  CAF_CHECK_EQUAL(seats->taken(), 1u);
  holder.release();
  holder.release();
  CAF_CHECK_EQUAL(seats->taken(), 0u);
}

CAF_TEST(a lower limit holds for those who come) {
  const auto seats = make_ref<seating>(5u);
  const auto first = seats->take();
  const auto second = seats->take();
  seats->set_max(1);
  CAF_CHECK(!seats->take());
  CAF_CHECK_EQUAL(seats->taken(), 2u);
  seats->set_max(3);
  CAF_CHECK(seats->take().has_value());
  CAF_CHECK_EQUAL(seats->taken(), 2u); // the last one went at once
}

CAF_TEST(who takes a seat of a part takes one of the whole) {
  const auto whole = make_ref<seating>(3u);
  const auto part = make_ref<seating>(2u, whole);
  auto first = part->take();
  auto second = part->take();
  CAF_REQUIRE(first && second);
  CAF_CHECK(part->full() && !whole->full());
  CAF_CHECK(!part->take());
  CAF_CHECK_EQUAL(whole->taken(), 2u);
  const auto elsewhere = whole->take();
  first.reset();
  CAF_CHECK_EQUAL(part->taken(), 1u);
  CAF_CHECK_EQUAL(whole->taken(), 2u);
  const auto another = whole->take();
  CAF_CHECK(!part->take()); // the whole has none
  CAF_CHECK(!part->full() && whole->full());
  CAF_CHECK_EQUAL(part->taken(), 1u);
  CAF_CHECK_EQUAL(whole->taken(), 3u);
}

CAF_TEST(who has a seat by another address than it seemed counts there alone) {
  const auto seats = make_ref<seating>(10u);
  seats->addresses().set_limits({1, {}, {}});
  const auto at = [](const char* address) {
    return endpoint{boost::asio::ip::make_address(address), 1};
  };
  const auto proxy = at("10.1.0.1");
  const auto client = at("10.0.0.7");
  auto first = seats->take(proxy, {});
  CAF_REQUIRE(first.is);
  auto named = seating::name(std::move(*first.is), client, {});
  CAF_REQUIRE(named.is);
  CAF_CHECK(!seats->take(client, {}).is);
  const auto next = seats->take(proxy, {});
  CAF_CHECK(next.is);
  named.is->release();
  CAF_CHECK(seats->take(client, {}).is);
  CAF_CHECK_EQUAL(seats->taken(), 1u);
}

CAF_TEST(a seat keeps its count alive) {
  seat left_over;
  {
    const auto seats = make_ref<seating>(1u);
    left_over = std::move(*seats->take());
  }
  left_over.release();
}
