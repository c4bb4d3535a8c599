// Turns of a loop: order, other threads, timers, and rest.
#define CAF_SUITE net.loop

#include "net/loop.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <thread>

using namespace mqttzoo::net;
using namespace std::chrono_literals;

namespace {

struct fixture {
  mqttzoo::core::system_clock clock;
  loop io{clock};
};

struct flush_probe final : flushable {
  void flush() override { seen->push_back("flush"); }
  std::vector<std::string>* seen = nullptr;
};

struct due_probe final : timer_client {
  void on_due(time_point now) override { at = now; }
  time_point at = time_point::min();
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(loop_tests, fixture)

CAF_TEST(a stop before run is not forgotten) {
  bool ran = false;
  io.post([&] { ran = true; });
  io.stop();
  io.run();
  CAF_CHECK(!ran);
  io.poll();
  CAF_CHECK(ran);
}

CAF_TEST(posts from any thread run in order on the thread of the loop) {
  std::vector<int> seen;
  bool inside = false;
  CAF_CHECK(!io.in_thread());
  std::thread other{[&] {
    for (int i = 0; i < 1000; ++i)
      io.post([&, i] {
        seen.push_back(i);
        inside = io.in_thread();
      });
    io.post([&] { io.stop(); });
  }};
  io.run();
  other.join();
  CAF_CHECK_EQUAL(seen.size(), 1000u);
  CAF_CHECK(std::is_sorted(seen.begin(), seen.end()));
  CAF_CHECK(inside);
  CAF_CHECK(!io.in_thread());
}

CAF_TEST(a flush comes once and after what is ready in the turn) {
  std::vector<std::string> seen;
  flush_probe probe;
  probe.seen = &seen;
  io.post([&] {
    seen.emplace_back("first");
    io.flush_at_end(probe);
  });
  io.post([&] {
    seen.emplace_back("second");
    io.flush_at_end(probe);
  });
  test::settle(io);
  CAF_CHECK_EQUAL(seen, (std::vector<std::string>{"first", "second", "flush"}));
}

CAF_TEST(a timer fires by itself and not before its time) {
  due_probe late;
  due_probe early;
  const auto begin = io.now();
  io.timers().schedule(late, begin + 30ms);
  io.timers().schedule(early, begin + 10ms);
  test::run_until(io, [&] { return late.at != time_point::min(); });
  CAF_CHECK(early.at >= begin + 10ms);
  CAF_CHECK(late.at >= begin + 30ms);
  CAF_CHECK(early.at <= late.at);
}

CAF_TEST(a loop with idle connections sleeps) {
  auto pair = test::make_pair();
  test::recorder events;
  const auto connection = tcp_connection::adopt(io, std::move(pair.ours));
  connection->attach_events(events);
  test::settle(io);
  CAF_CHECK_EQUAL(io.run_one(50ms), 0u);
}

CAF_TEST(what is posted and never run is destroyed with the loop) {
  auto owned = std::make_shared<int>(1);
  {
    loop other{clock};
    other.post([owned] {});
    CAF_CHECK_EQUAL(owned.use_count(), 2);
  }
  CAF_CHECK_EQUAL(owned.use_count(), 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
