// Who renews a retained message, and what becomes of those whose pod departed.
#define CAF_SUITE retained_leases
#include "tests/actors/news_fixture.hpp"

using namespace mqttzoo;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(lease_tests, test::news_fixture)

// --- the end of a message's time ---

CAF_TEST(the end of its time does not remove what another pod has written since) {
  retain_for(a, "t", "old", 10s);
  retain(c, "t", "new"); // and a does not hear of it
  advance(11s);
  expect_stored("t", "new");
  expect_heard(a, {"old", "removed", "new"});
  carry(a, 1, c, 0);
  expect_heard(c, {"new"});
}

CAF_TEST(a message that is retained while the one before ends counts) {
  retain_for(a, "t", "old", 10s);
  retain(c, "t", "of c");
  clock.advance(11s);
  timers.run_due(clock.now());
  retain(a, "t", "newest");
  expect_stored("t", "newest");
  CAF_REQUIRE(!a.index->heard.empty());
  CAF_REQUIRE(a.index->heard.back().second);
  CAF_CHECK_EQUAL(a.index->heard.back().second->payload(), "newest");
}

CAF_TEST(the end of its time waits for room and leaves what came meanwhile) {
  retain_for(a, "t", "old", 10s);
  clock.advance(11s);
  a.faults.set_full(true);
  timers.run_due(clock.now());
  settle();
  a.faults.set_full(false);
  retain(c, "t", "new");
  carry(c, 0, a, 1);
  advance(1s);
  expect_stored("t", "new");
  CAF_REQUIRE(!a.index->heard.empty());
  CAF_REQUIRE(a.index->heard.back().second);
  CAF_CHECK_EQUAL(a.index->heard.back().second->payload(), "new");
}

CAF_TEST(a departed pods message that has been replaced since it was found is left alone) {
  retain_for(a, "t", "old", 10s);
  const auto found = scan("t");
  kill(a);
  clock.advance(11s);
  retain(b, "t", "new");
  carry(b, 1, c, 1);
  adopt(c, found);
  advance(1s);
  expect_stored("t", "new");
  expect_heard(c, {"new"});
}

CAF_TEST_FIXTURE_SCOPE_END()
