// Readiness of sockets, and watchers that vanish while a batch is being called.
#define CAF_SUITE net.poller

#include "net/poller.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <array>

using namespace mqttzoo::net;

namespace {

struct probe final : watcher {
  void on_ready(std::uint32_t events) override {
    ++calls;
    seen |= events;
    if (then)
      then();
  }
  int calls = 0;
  std::uint32_t seen = 0;
  std::function<void()> then;
};

struct fixture {
  io_counters counters;
  poller sockets{counters};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(poller_tests, fixture)

CAF_TEST(an edge is told once and a level as long as it lasts) {
  auto edge = test::make_pair();
  auto level = test::make_pair();
  probe on_edge;
  probe on_level;
  CAF_REQUIRE(!sockets.watch(edge.ours.fd.get(), trigger::edge, on_edge));
  CAF_REQUIRE(!sockets.watch(level.ours.fd.get(), trigger::level_in, on_level));
  sockets.turn(); // a new socket is writable
  on_edge.calls = 0;
  edge.theirs.send("x");
  level.theirs.send("x");
  for (int i = 0; i < 3; ++i)
    sockets.turn();
  CAF_CHECK_EQUAL(on_edge.calls, 1);
  CAF_CHECK_EQUAL(on_level.calls, 3);
  edge.theirs.end_stream();
  sockets.turn();
  CAF_CHECK((on_edge.seen & EPOLLRDHUP) != 0);
  sockets.forget(on_edge);
  sockets.unwatch(level.ours.fd.get(), on_level);
  sockets.turn();
  CAF_CHECK_EQUAL(on_level.calls, 4);
}

CAF_TEST(one that is forgotten within a batch is not called) {
  auto first = test::make_pair();
  auto second = test::make_pair();
  probe a;
  probe b;
  a.then = [&] { sockets.unwatch(second.ours.fd.get(), b); };
  b.then = [&] { sockets.unwatch(first.ours.fd.get(), a); };
  CAF_REQUIRE(!sockets.watch(first.ours.fd.get(), trigger::level_in, a));
  CAF_REQUIRE(!sockets.watch(second.ours.fd.get(), trigger::level_in, b));
  first.theirs.send("x");
  second.theirs.send("x");
  sockets.turn();
  CAF_CHECK_EQUAL(a.calls + b.calls, 1);
}

CAF_TEST(one that asks is called in the next turn only) {
  probe again;
  again.then = [&] {
    if (again.calls == 1)
      sockets.look_again(again);
  };
  sockets.look_again(again);
  CAF_CHECK(sockets.turn()); // there is more to do
  CAF_CHECK_EQUAL(again.calls, 1);
  CAF_CHECK(!sockets.turn());
  CAF_CHECK_EQUAL(again.calls, 2);
  sockets.turn();
  CAF_CHECK_EQUAL(again.calls, 2);
}

CAF_TEST(a watch that fails says why) {
  probe p;
  CAF_CHECK(sockets.watch(-1, trigger::edge, p) == std::errc::bad_file_descriptor);
}

CAF_TEST_FIXTURE_SCOPE_END()
