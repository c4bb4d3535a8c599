// A link against a peer that the test plays byte by byte.
#define CAF_SUITE net.framed_link

#include "net/framed_link.hpp"

#include "tests/net/link_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

std::string frame(link_kind kind, std::string_view body = {}) {
  std::string out;
  append_link_frame(out, kind, body);
  return out;
}

/// pod-1, which accepts, and its peer, the test, which is pod-0.
struct fixture : link_keeper {
  ~fixture() override {
    if (link)
      link->forget_keeper();
  }

  /// A link whose greeting has begun.
  void accept(int kernel_buffer_bytes = 0) {
    config = config_of("pod-1", 9, limits);
    auto pair = make_pair(kernel_buffer_bytes);
    peer.emplace(std::move(pair.theirs));
    auto stream = open_link_stream(io, std::move(pair.ours), link_greeting::role::accepts, *config);
    link = framed_link::start(
        io, std::move(stream),
        link_greeting::accepting(config->own, terms_of(config->limits), *config->known),
        config->limits, *this);
    settle(io);
  }

  void greet() {
    std::string body;
    append_hello(body, {"zoo", "pod-0", "pod-1", 7, 0, peer_terms});
    peer->send(frame(link_kind::hello, body));
    peer->send(frame(link_kind::accept));
    run_until(io, [&] { return user.opens > 0; });
    settle(io);
    CAF_REQUIRE(peer->receive_ready().starts_with(std::string("\0\0\0\x2D\1MQZL", 9)));
  }

  void open(int kernel_buffer_bytes = 0) {
    accept(kernel_buffer_bytes);
    greet();
  }

  void on_link_open(framed_link& opened) override {
    if (attach)
      user.take(opened.shared_from_this());
    else
      ++user.opens;
  }
  void on_link_gone(framed_link&, const link_end& end) override {
    gone = end;
    link = nullptr;
  }

  /// Moves time in steps of a loop that is not held up, and runs what became due.
  void advance(std::chrono::milliseconds by) {
    for (; by > 0ms; by -= 100ms) {
      clock.advance(100ms);
      io.timers().run_due(clock.now());
      settle(io);
    }
  }

  link_end end_of_link() {
    run_until(io, [&] { return gone.has_value(); });
    return *gone;
  }

  const link_counters& counters() { return io.counters().links; }

  core::manual_clock clock;
  loop io{clock};
  link_limits limits;
  link_terms peer_terms{1'000'000, 100s};
  std::shared_ptr<link_config> config;
  bool attach = true;
  link_user user;
  std::optional<peer_socket> peer;
  std::shared_ptr<framed_link> link;
  std::optional<link_end> gone;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(framed_link_tests, fixture)

CAF_TEST(frames come in order and answers go out) {
  open();
  CAF_CHECK_EQUAL(user.link->peer().pod, "pod-0");
  CAF_CHECK_EQUAL(user.link->peer().incarnation, 7u);
  CAF_CHECK(user.link->is_open());
  peer->send(frame(note, "one") + frame(link_kind::heartbeat) + frame(link_kind{200}, "two"));
  run_until(io, [&] { return user.bodies.size() == 2; });
  CAF_CHECK_EQUAL(user.bodies[0] + user.bodies[1], "onetwo");
  CAF_CHECK(user.kinds[1] == link_kind{200});
  CAF_CHECK(user.link->send(note, "answer") == link_sent::queued);
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_ready(), frame(note, "answer"));
  CAF_CHECK_EQUAL(counters().frames_in.value(), 2u);
  CAF_CHECK_EQUAL(counters().body_bytes_in.value(), 6u);
  CAF_CHECK_EQUAL(counters().frames_out.value(), 1u);
  CAF_CHECK_EQUAL(counters().body_bytes_out.value(), 6u);
}

CAF_TEST(a body in pieces is one frame and its large payloads are not copied) {
  open(8 * 1024);
  const auto first = message_of(pattern(100'000, 1));
  const auto second = message_of(pattern(10, 2));
  const link_piece pieces[] = {{"head", first}, {"neck", second}, {"tail", nullptr}};
  CAF_CHECK(user.link->send(note, pieces) == link_sent::queued);
  CAF_CHECK(!first->unique());
  const auto body = "head" + pattern(100'000, 1) + "neck" + pattern(10, 2) + "tail";
  CAF_CHECK(read_while_running(io, *peer, body.size() + 5) == frame(note, body));
}

CAF_TEST(a frame longer than the peer takes is not sent) {
  peer_terms.frame_bytes_max = 10;
  open();
  CAF_CHECK_EQUAL(user.link->frame_bytes_max(), 10u);
  CAF_CHECK(user.link->send(note, std::string(10, 'x')) == link_sent::queued);
  CAF_CHECK(user.link->send(note, std::string(11, 'x')) == link_sent::too_long);
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_ready(), frame(note, std::string(10, 'x')));
}

CAF_TEST(a queue full of bytes takes nothing until it has drained) {
  limits.queue_bytes_max = 300'000;
  open(8 * 1024);
  std::string sent;
  while (!user.link->full()) {
    CAF_REQUIRE(user.link->send(note, pattern(50'000)) == link_sent::queued);
    sent += frame(note, pattern(50'000));
    settle(io);
  }
  CAF_CHECK_LESS(user.link->queued_bytes(), 300'000u + 50'005u);
  CAF_CHECK(user.link->send(note, "more") == link_sent::full);
  CAF_CHECK_EQUAL(counters().queue_full.value(), 1u);
  auto received = read_while_running(io, *peer, 100'000);
  CAF_CHECK(user.link->full()); // below its bound, not yet at the low-water mark
  received += read_while_running(io, *peer, sent.size() - received.size());
  CAF_CHECK(received == sent);
  CAF_CHECK_EQUAL(user.drained, 1);
  CAF_CHECK(!user.link->full());
  CAF_CHECK_EQUAL(user.link->queued_frames(), 0u);
  CAF_CHECK(user.link->send(note, "more") == link_sent::queued);
}

CAF_TEST(a queue full of frames takes nothing until it has drained) {
  limits.queue_frames_max = 100;
  open();
  for (std::size_t i = 0; i < 100; ++i) {
    CAF_CHECK_EQUAL(user.link->queued_frames(), i);
    CAF_CHECK(!user.link->full());
    CAF_REQUIRE(user.link->send(note, "") == link_sent::queued);
  }
  CAF_CHECK(user.link->full());
  CAF_CHECK(user.link->send(note, "") == link_sent::full);
  settle(io);
  CAF_CHECK_EQUAL(user.drained, 1);
  CAF_CHECK_EQUAL(user.link->queued_frames(), 0u);
  CAF_CHECK(user.link->send(note, "") == link_sent::queued);
}

CAF_TEST(frames wait while nobody takes them and are bounded) {
  attach = false;
  open();
  const auto one = frame(note, pattern(1000));
  std::size_t sent = 0;
  for (;;) { // until the kernel holds no more: the link reads nothing
    const auto n = ::send(peer->fd(), one.data(), one.size(), MSG_DONTWAIT);
    if (n < 0)
      break;
    sent += static_cast<std::size_t>(n);
    settle(io);
  }
  CAF_CHECK_EQUAL(io.counters().bytes_in.value() < 200'000, true);
  advance(30s); // silence that is ours
  CAF_CHECK(!gone);
  user.take(link);
  run_until(io, [&] { return user.bodies.size() == sent / one.size(); });
}

CAF_TEST(a user that pauses between two frames gets the second after it resumes) {
  open();
  user.when_frame = [&] { user.link->pause_reading(); };
  peer->send(frame(note, "a") + frame(note, "b"));
  run_until(io, [&] { return !user.bodies.empty(); });
  settle(io);
  CAF_CHECK_EQUAL(user.bodies.size(), 1u);
  user.link->resume_reading();
  settle(io);
  CAF_CHECK_EQUAL(user.bodies.size(), 2u);
}

CAF_TEST(a user that closes within a frame gets no other) {
  open();
  user.when_frame = [&] { user.link->close(); };
  peer->send(frame(note, "a") + frame(note, "b"));
  run_until(io, [&] { return !user.bodies.empty(); });
  peer->end_stream();
  CAF_CHECK(end_of_link().cause == link_cause::by_us);
  CAF_CHECK_EQUAL(user.bodies.size(), 1u);
  CAF_REQUIRE(user.ended.has_value());
}

CAF_TEST(close writes what is queued and abort does not ) {
  open(8 * 1024);
  CAF_CHECK(user.link->send(note, pattern(200'000)) == link_sent::queued);
  const auto mine = user.link;
  mine->close();
  CAF_CHECK(!mine->is_open());
  CAF_CHECK(mine->send(note, "late") == link_sent::not_open);
  CAF_CHECK(read_while_running(io, *peer, 200'005) == frame(note, pattern(200'000)));
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
  peer->close();
  CAF_CHECK(end_of_link().cause == link_cause::by_us);
  CAF_CHECK_EQUAL(counters().closed.value(), 1u);
}

CAF_TEST(abort is told later and once) {
  open();
  const auto mine = user.link;
  mine->abort();
  CAF_CHECK(!user.ended);
  settle(io);
  CAF_REQUIRE(user.ended.has_value());
  CAF_CHECK(user.ended->cause == link_cause::by_us);
  CAF_CHECK(gone.has_value());
}

CAF_TEST(the end of the peer is told) {
  open();
  peer->reset();
  CAF_CHECK(end_of_link().cause == link_cause::by_peer);
  CAF_REQUIRE(user.ended.has_value());
  CAF_CHECK(user.ended->cause == link_cause::by_peer);
}

CAF_TEST(a dropped link closes and its keeper hears of it) {
  open();
  link = nullptr;
  user.link = nullptr;
  CAF_CHECK(gone.has_value());
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
  CAF_CHECK_EQUAL(counters().closed.value(), 1u);
}

CAF_TEST(a silent peer is closed and one that says anything is not ) {
  open();
  advance(4900ms);
  CAF_CHECK(!gone);
  peer->send(frame(link_kind::heartbeat).substr(0, 2)); // not even a frame
  run_until(io, [&] { return io.poll() == 0; });
  advance(4900ms);
  CAF_CHECK(!gone);
  advance(1100ms);
  CAF_REQUIRE(gone.has_value());
  CAF_CHECK(gone->cause == link_cause::silent);
  CAF_CHECK_EQUAL(counters().silent.value(), 1u);
}

CAF_TEST(a loop that was held up blames nobody) {
  open();
  clock.advance(60s);
  peer->send(frame(note, "said while nobody read"));
  io.timers().run_due(clock.now());
  CAF_CHECK(!gone);
  run_until(io, [&] { return user.bodies.size() == 1; });
}

CAF_TEST(heartbeats go out at the pace the peer needs) {
  peer_terms.silence_max = 1500ms;
  open();
  advance(2000ms);
  CAF_CHECK_EQUAL(counters().heartbeats_out.value(), 4u);
  CAF_CHECK_EQUAL(peer->receive_ready(), frame(link_kind::heartbeat) + frame(link_kind::heartbeat) +
                                             frame(link_kind::heartbeat) +
                                             frame(link_kind::heartbeat));
}

CAF_TEST(a peer that asks for no silence at all is not served faster than sense) {
  peer_terms.silence_max = 0ms;
  open();
  advance(100ms);
  CAF_CHECK_LESS_OR_EQUAL(counters().heartbeats_out.value(), 10u);
}

CAF_TEST(a peer that takes nothing is closed) {
  limits.stall_timeout = 2s;
  open(8 * 1024);
  while (!user.link->full()) {
    static_cast<void>(user.link->send(note, pattern(500'000)));
    settle(io);
  }
  for (int i = 0; i < 30 && !gone; ++i) {
    peer->send(frame(link_kind::heartbeat));
    advance(100ms);
  }
  CAF_CHECK(end_of_link().cause == link_cause::write_stalled);
  CAF_CHECK_EQUAL(counters().stalled.value(), 1u);
}

CAF_TEST(a peer that does not greet in time is closed) {
  accept();
  peer->send(frame(link_kind::hello, "x").substr(0, 5));
  settle(io);
  advance(2900ms);
  CAF_CHECK(!gone);
  advance(200ms);
  CAF_REQUIRE(gone.has_value());
  CAF_CHECK(gone->cause == link_cause::greeting_timeout);
  CAF_CHECK_EQUAL(counters().failed.value(), 1u);
}

CAF_TEST(a stranger is closed before it can make us keep anything) {
  accept();
  std::string wire;
  append_link_frame_header(wire, link_kind::hello, greeting_frame_bytes_max + 1);
  peer->send(wire);
  CAF_CHECK(end_of_link().cause == link_cause::bad_frame);
  CAF_CHECK_EQUAL(counters().bad_frames.value(), 1u);
  CAF_CHECK_EQUAL(user.opens, 0);
}

CAF_TEST(a wrong hello gets its reason before the end) {
  accept();
  std::string body;
  append_hello(body, {"farm", "pod-0", "pod-1", 7, 0, peer_terms});
  peer->send(frame(link_kind::hello, body));
  run_until(io,
            [&] { return counters().bad_frames.value() + io.counters().bytes_out.value() > 0; });
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), frame(link_kind::refuse, "\3"));
  peer->close();
  const auto end = end_of_link();
  CAF_CHECK(end.cause == link_cause::refused_by_us);
  CAF_CHECK(end.refusal == link_refusal::wrong_cluster);
  CAF_CHECK_EQUAL(counters().refused.value(), 1u);
}

CAF_TEST(what does not belong into an open link ends it) {
  for (const auto& wire : {frame(link_kind::hello), frame(link_kind::accept), frame(link_kind{0}),
                           frame(link_kind{15}), std::string(5, '\xFF')}) {
    gone.reset();
    user.ended.reset();
    user.opens = 0;
    open();
    peer->send(wire);
    CAF_CHECK(end_of_link().cause == link_cause::bad_frame);
    CAF_REQUIRE(user.ended.has_value());
    CAF_CHECK(user.bodies.empty());
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
