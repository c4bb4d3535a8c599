// The watchdog names who waits too long, once an episode, and forgets who goes on.
#define CAF_SUITE admin.watchdog
#include "admin/watchdog.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace std::chrono_literals;
using admin::watchdog;

namespace {

struct watchdog_fixture {
  core::manual_clock clock;
  boost::asio::io_context io;
  actors::inspector in{{}};
  std::shared_ptr<watchdog> dog = std::make_shared<watchdog>(io, in, clock, 1000ms);

  static actors::actor_summary actor(std::uint64_t id) {
    actors::actor_summary a;
    a.id = actors::actor_number{id};
    a.kind = "session";
    return a;
  }
  static actors::actor_summary waiting(std::uint64_t id, std::chrono::milliseconds t) {
    auto a = actor(id);
    a.waits_on = actors::wait_kind::client;
    a.waits_for = t;
    return a;
  }
  static actors::actor_summary unread(std::uint64_t id, std::uint64_t messages) {
    auto a = actor(id);
    a.mailbox = 1;
    a.messages = messages;
    return a;
  }
  void take(std::vector<actors::actor_summary> found) {
    actors::actor_page p;
    p.actors = std::move(found);
    dog->take(p);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(watchdog_tests, watchdog_fixture)

CAF_TEST(who waits for long is named once until it goes on) {
  take({waiting(1, 999ms)});
  CAF_CHECK_EQUAL(dog->stuck_count(), 0u);
  take({waiting(1, 1000ms)});
  CAF_REQUIRE_EQUAL(dog->stuck_count(), 1u);
  CAF_CHECK(dog->stuck()[0].for_at_least == 1000ms);
  CAF_CHECK(!dog->stuck()[0].has_mail);
  take({waiting(1, 1250ms)});
  CAF_CHECK_EQUAL(dog->episodes(), 1u);
  take({});
  CAF_CHECK_EQUAL(dog->stuck_count(), 0u);
  take({waiting(1, 1000ms)});
  CAF_CHECK_EQUAL(dog->episodes(), 2u);
}

CAF_TEST(mail counts only while none of it is read) {
  take({unread(1, 5)});
  clock.advance(900ms);
  take({unread(1, 6)}); // it reads
  clock.advance(900ms);
  take({unread(1, 6)});
  CAF_CHECK_EQUAL(dog->stuck_count(), 0u);
  clock.advance(100ms);
  take({unread(1, 6)});
  CAF_REQUIRE_EQUAL(dog->stuck_count(), 1u);
  CAF_CHECK(dog->stuck()[0].has_mail);
  take({unread(1, 7)});
  CAF_CHECK_EQUAL(dog->stuck_count(), 0u);
}

CAF_TEST(the list is bounded and the count is not ) {
  std::vector<actors::actor_summary> all;
  for (std::uint64_t i = 1; i <= 2 * watchdog::told_max; ++i)
    all.push_back(waiting(i, 2000ms));
  take(all);
  CAF_CHECK_EQUAL(dog->stuck().size(), watchdog::told_max);
  CAF_CHECK_EQUAL(dog->stuck_count(), 2 * watchdog::told_max);
}

CAF_TEST_FIXTURE_SCOPE_END()
