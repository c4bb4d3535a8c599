// A channel says everything once and in order, whatever becomes of its links.
#define CAF_SUITE net.link_channel

#include "net/link_channel.hpp"

#include "core/random.hpp"
#include "tests/net/memory_link.hpp"

#include <caf/test/dsl.hpp>

#include <numeric>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

constexpr link_kind note{30};

/// One side: notes what it hears.
struct side final : channel_events {
  side(timer_queue& timers, const core::clock& clock) : channel(timers, clock, *this) {}

  void on_frame(link_kind kind, std::string_view body) override {
    CAF_CHECK(kind == note);
    heard.emplace_back(body);
    if (closes_at == heard.size())
      channel.abort();
  }
  void on_confirmed() override { ++confirmed; }
  void on_link_lost(const link_end& why) override { lost.push_back(why.cause); }

  std::vector<std::string> heard;
  std::vector<link_cause> lost;
  int confirmed = 0;
  std::size_t closes_at = 0;
  link_channel channel;
};

struct fixture {
  void link() {
    auto [a, b] = make_memory_links(wire);
    left.channel.open(a);
    right.channel.open(b);
  }
  void run() { wire.run(); }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    timers.run_due(clock.now());
    run();
  }
  /// Sends "0", "1", ...
  void say(int count) {
    for (int i = 0; i < count; ++i)
      left.channel.send(note, std::to_string(said++));
  }
  void check_heard(int count) {
    CAF_REQUIRE_EQUAL(right.heard.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      CAF_CHECK_EQUAL(right.heard[static_cast<std::size_t>(i)], std::to_string(i));
  }

  core::manual_clock clock;
  timer_queue timers;
  memory_wire wire;
  side left{timers, clock};
  side right{timers, clock};
  int said = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(link_channel_tests, fixture)

CAF_TEST(what is said before there is a link comes with the first) {
  say(3);
  link();
  run();
  check_heard(3);
}

CAF_TEST(what was confirmed is not kept) {
  link();
  say(10);
  run();
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 10u);
  advance(25ms);
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 0u);
  CAF_CHECK_EQUAL(left.channel.backlog_bytes(), 0u);
  CAF_CHECK(left.confirmed > 0);
}

CAF_TEST(many frames are confirmed without waiting for the time) {
  link();
  say(200);
  run();
  CAF_CHECK(left.channel.backlog_frames() < 100);
}

CAF_TEST(a lost link repeats nothing that came and loses nothing that did not ) {
  link();
  say(5);
  wire.deliver(4); // both counts, and two of the frames
  CAF_CHECK(right.heard.size() < 5);
  wire.cut();
  CAF_CHECK(left.lost == std::vector{link_cause::io_error});
  say(5);
  link();
  run();
  check_heard(10);
}

CAF_TEST(links that come and go at random change nothing) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    fixture f;
    core::random_source random{seed};
    for (int step = 0; step < 200; ++step) {
      switch (random.below(5)) {
      case 0:
        f.wire.cut();
        break;
      case 1:
        f.link();
        break;
      case 2:
        f.advance(10ms);
        break;
      default:
        f.say(static_cast<int>(random.below(4)));
        f.wire.deliver(random.below(6));
      }
    }
    f.link();
    f.run();
    CAF_MESSAGE("seed " << seed);
    f.check_heard(f.said);
  }
}

CAF_TEST(a full link is gone on with when it has room) {
  link();
  run();
  wire.frames_max = 2;
  say(10);
  run();
  check_heard(10);
}

CAF_TEST(a frame that is too long is left out and counted by both) {
  wire.frame_bytes_max = 100;
  link();
  left.channel.send(note, "0");
  left.channel.send(note, std::string(101, 'x'));
  left.channel.send(note, "1");
  run();
  check_heard(2);
  wire.cut();
  left.channel.send(note, "2");
  link();
  run();
  check_heard(3);
}

CAF_TEST(what came too late to be sent is left out and counted by both) {
  const auto soon = clock.now() + 1s, later = clock.now() + 2s;
  left.channel.send(note, "0");
  left.channel.send(note, std::string(1000, 'x'), nullptr, soon);
  left.channel.send(note, "1", nullptr, later);
  left.channel.send(note, "2");
  clock.advance(1s);
  const auto before = left.channel.backlog_bytes();
  left.channel.drop_late();
  CAF_CHECK_EQUAL(left.channel.backlog_bytes(), before - 1000);
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 4u);
  link();
  run();
  check_heard(3);
  wire.cut();
  left.channel.send(note, "3");
  link();
  run();
  check_heard(4);
}

CAF_TEST(what has a time is sent again within it and not behind it) {
  link();
  run();
  const auto until = clock.now() + 1s;
  for (const auto* text : {"0", "1", "2"})
    left.channel.send(note, text, nullptr, until);
  wire.deliver(1); // and nobody knows
  wire.cut();
  link();
  wire.deliver(3); // both counts, and one of the frames
  wire.cut();
  check_heard(2);
  clock.advance(1s);
  link();
  run();
  advance(25ms);
  check_heard(2);
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 0u);
  CAF_CHECK_EQUAL(left.channel.backlog_bytes(), 0u);
}

CAF_TEST(what was confirmed is no matter of time) {
  link();
  run();
  left.channel.send(note, "0", nullptr, clock.now() + 1s);
  run();
  advance(25ms);
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 0u);
  left.channel.send(note, "1");
  clock.advance(1s);
  left.channel.drop_late();
  run();
  advance(25ms);
  check_heard(2);
}

CAF_TEST(the user may end the link in the middle of a frame) {
  right.closes_at = 2;
  say(4);
  link();
  run();
  CAF_CHECK_EQUAL(right.heard.size(), 2u);
  link();
  run();
  check_heard(4);
}

CAF_TEST(who pauses hears nothing through any link until it resumes) {
  link();
  run();
  right.channel.pause_reading();
  say(2);
  run();
  check_heard(0);
  link();
  run();
  check_heard(0);
  right.channel.resume_reading();
  run();
  check_heard(2);
  say(1);
  run();
  check_heard(3);
}

CAF_TEST(a count that cannot be ends the link) {
  link();
  run();
  say(1);
  wire.inject_left(link_channel::received, std::string("\0\0\0\0\0\0\0\7", 8));
  run();
  CAF_CHECK(left.lost == std::vector{link_cause::bad_frame});
  wire.cut();
  link();
  wire.inject_left(link_channel::received, "short");
  run();
  CAF_CHECK_EQUAL(left.lost.size(), 2u);
}

CAF_TEST(a discarded channel starts with what is said then) {
  say(3);
  left.channel.discard();
  CAF_CHECK_EQUAL(left.channel.backlog_frames(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
