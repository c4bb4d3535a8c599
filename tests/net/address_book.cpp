// What one address may have: connections, and how fast; and how many addresses are remembered.
#define CAF_SUITE net.address_book

#include "net/address_book.hpp"

#include "net/seat.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <vector>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace std::chrono_literals;
using verdict = address_book::verdict;

namespace {

struct fixture {
  address_book::answer come(const std::string& address, std::size_t places = 100) {
    const auto a = book.come({boost::asio::ip::make_address(address), 1000}, places, now);
    if (a.at)
      inside.push_back(a.at);
    return a;
  }
  verdict says(const std::string& address) { return come(address).says; }
  void all_go() {
    for (auto* at : std::exchange(inside, {}))
      book.go(*at);
  }
  void limit(std::uint32_t connections_max, std::uint64_t rate = 0,
             std::vector<core::ip_network> exempt = {}) {
    book.set_limits({connections_max, {rate, 1s}, std::move(exempt)});
  }

  address_book book;
  std::vector<address_book::entry*> inside;
  address_book::time_point now{1h};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(address_book_tests, fixture)

CAF_TEST(without a limit nothing is remembered) {
  for (int i = 0; i < 1000; ++i)
    CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK_EQUAL(book.size(), 0u);
}

CAF_TEST(an address has so many connections at most) {
  limit(2);
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK(says("192.0.2.1") == verdict::has_too_many);
  CAF_CHECK(says("192.0.2.2") == verdict::welcome); // others are not hurt
  book.go(*inside.front());
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK(says("192.0.2.1") == verdict::has_too_many);
}

CAF_TEST(an address opens so many a second) {
  limit(0, 5);
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  all_go();
  CAF_CHECK(says("192.0.2.1") == verdict::too_fast); // that they are gone does not matter
  CAF_CHECK(says("192.0.2.2") == verdict::welcome);
  now += 200ms;
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK(says("192.0.2.1") == verdict::too_fast);
  for (int i = 0; i < 100; ++i)
    says("192.0.2.1");
  now += 200ms; // who is refused pays nothing for it
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
}

CAF_TEST(IPv6 counts by its network and IPv4 as it comes) {
  limit(1);
  CAF_CHECK(says("2001:db8:0:1::1") == verdict::welcome);
  CAF_CHECK(says("2001:db8:0:1:ffff::2") == verdict::has_too_many);
  CAF_CHECK(says("2001:db8:0:2::1") == verdict::welcome);
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK(says("::ffff:192.0.2.1") == verdict::has_too_many);
  CAF_CHECK(says("::ffff:192.0.2.2") == verdict::welcome);
  CAF_CHECK(says("::c000:201") == verdict::welcome); // of ::/64, which no mapped address is in
  CAF_CHECK(says("::1") == verdict::has_too_many);
}

CAF_TEST(who is exempt is not counted) {
  limit(1, 1, {*core::ip_network::parse("10.0.0.0/8"), *core::ip_network::parse("::1")});
  for (int i = 0; i < 10; ++i) {
    CAF_CHECK(says("10.1.2.3") == verdict::welcome);
    CAF_CHECK(says("::1") == verdict::welcome);
  }
  CAF_CHECK_EQUAL(book.size(), 0u);
  CAF_CHECK(says("11.0.0.1") == verdict::welcome);
  CAF_CHECK(says("11.0.0.1") == verdict::has_too_many);
}

CAF_TEST(an address is forgotten when it is as if it had never come) {
  limit(10, 10);
  says("192.0.2.1");
  says("192.0.2.2");
  book.go(*inside.front());
  CAF_CHECK_EQUAL(book.size(), 2u); // its rate has to recover
  now += 100ms;
  says("192.0.2.3");
  CAF_CHECK_EQUAL(book.size(), 2u);
  now += 1h;
  says("192.0.2.3");
  CAF_CHECK_EQUAL(book.size(), 2u); // who is there is remembered
}

CAF_TEST(when the book is full the longest gone is forgotten) {
  limit(0, 1);
  constexpr std::size_t places = 3;
  for (const auto* a : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
    CAF_CHECK(!come(a, places).forgot);
  book.go(*inside[1]);
  book.go(*inside[0]);
  CAF_CHECK(come("192.0.2.4", places).forgot);
  CAF_CHECK_EQUAL(book.size(), places);
  CAF_CHECK(come("192.0.2.1", places).says == verdict::too_fast); // remembered
  CAF_CHECK(come("192.0.2.2", places).says == verdict::welcome);  // was forgotten
}

CAF_TEST(limits may be changed under those who are there) {
  limit(5);
  for (int i = 0; i < 4; ++i)
    says("192.0.2.1");
  limit(2);
  CAF_CHECK(says("192.0.2.1") == verdict::has_too_many);
  limit(0);
  CAF_CHECK(says("192.0.2.1") == verdict::welcome);
  CAF_CHECK_EQUAL(book.size(), 1u);
  all_go();
  CAF_CHECK_EQUAL(book.size(), 0u);
}

CAF_TEST(a seat gives both places back) {
  const auto seats = make_ref<seating>(2u);
  seats->addresses().set_limits({1, {}, {}});
  const endpoint here{boost::asio::ip::make_address("192.0.2.1"), 1};
  const endpoint there{boost::asio::ip::make_address("192.0.2.2"), 1};
  auto first = seats->take(here, now);
  CAF_REQUIRE(first.is.has_value());
  CAF_CHECK(seats->take(here, now).is.error() == seat_refusal::address_has_too_many);
  CAF_CHECK_EQUAL(seats->taken(), 1u);
  auto second = seats->take(there, now);
  CAF_CHECK(seats->take(there, now).is.error() == seat_refusal::all_taken);
  seat moved = std::move(*first.is);
  seat again;
  again = std::move(moved);
  moved.release();
  CAF_CHECK(!seats->take(here, now).is.has_value());
  again = std::move(*second.is); // the first is given back
  CAF_CHECK(seats->take(here, now).is.has_value());
  CAF_CHECK_EQUAL(seats->taken(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
