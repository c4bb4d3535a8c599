// A dialer and a listener make links, keep them up, and say no.
#define CAF_SUITE net.link_dialer

#include "net/link_dialer.hpp"

#include "net/link_listener.hpp"
#include "tests/net/link_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

/// pod-1 listens, pod-0 dials; both live on one loop.
struct fixture {
  void listen(std::size_t links_max = 10) {
    const listen_options at{"127.0.0.1", port, 16};
    auto opened = link_listener::open(
        at, io, {&io}, make_ref<seating>(links_max), listening,
        [this](loop&, std::shared_ptr<pod_link> link) { acceptor.take(std::move(link)); });
    CAF_REQUIRE(opened.has_value());
    listener = std::move(*opened);
    port = listener->local_port();
    listener->start();
  }

  void dial() {
    const endpoint to{boost::asio::ip::address_v4::loopback(), port};
    dialer.emplace(io, dialling, "pod-1", to, core::random_source{1},
                   [this](std::shared_ptr<pod_link> link) { dialler.take(std::move(link)); });
    dialer->start();
  }

  bool both_open(int times) { return dialler.opens == times && acceptor.opens == times; }

  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    io.timers().run_due(clock.now());
  }

  /// Moves time until the dialler has dialled so often.
  void until_dials(std::uint64_t n) {
    run_until(io, [&] {
      if (io.counters().links.dials.value() >= n)
        return true;
      io.post([] {});
      advance(10ms);
      return false;
    });
  }

  core::manual_clock clock;
  loop io{clock};
  std::uint16_t port = 0;
  std::shared_ptr<link_config> listening = config_of("pod-1", 9);
  std::shared_ptr<link_config> dialling = config_of("pod-0", 7);
  link_user acceptor;
  link_user dialler;
  std::unique_ptr<link_listener> listener;
  std::optional<link_dialer> dialer;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(link_dialer_tests, fixture)

CAF_TEST(two pods link and both send) {
  listen();
  dial();
  run_until(io, [&] { return both_open(1); });
  CAF_CHECK_EQUAL(dialler.link->peer().pod, "pod-1");
  CAF_CHECK_EQUAL(acceptor.link->peer().pod, "pod-0");
  CAF_CHECK(dialler.link->send(note, pattern(500'000, 1)) == link_sent::queued);
  CAF_CHECK(acceptor.link->send(note, pattern(500'000, 2)) == link_sent::queued);
  run_until(io, [&] { return dialler.bodies.size() == 1 && acceptor.bodies.size() == 1; });
  CAF_CHECK(acceptor.bodies[0] == pattern(500'000, 1));
  CAF_CHECK(dialler.bodies[0] == pattern(500'000, 2));
}

CAF_TEST(a port that another process has is an error) {
  listen();
  const auto again = link_listener::open({"127.0.0.1", port, 16}, io, {&io}, make_ref<seating>(10),
                                         listening, [](loop&, const std::shared_ptr<pod_link>&) {});
  CAF_REQUIRE(!again.has_value());
  CAF_CHECK(again.error().what == listen_error::kind::address_in_use);
}

CAF_TEST(a pod that is not there is dialled until it is) {
  listen(); // for a port that is free again
  listener = nullptr;
  dial();
  until_dials(3);
  CAF_CHECK_GREATER(dialer->failures(), 1u);
  listen();
  run_until(io, [&] {
    io.post([] {});
    advance(10ms);
    return both_open(1);
  });
}

CAF_TEST(pauses grow to their bound and half of each is random) {
  listen();
  listener = nullptr;
  dial();
  std::vector<std::chrono::milliseconds> pauses;
  while (pauses.size() < 12) {
    const auto failures = dialer->failures();
    run_until(io, [&] { return dialer->failures() > failures; });
    const auto due = io.timers().next();
    pauses.push_back(std::chrono::ceil<std::chrono::milliseconds>(due - clock.now()));
    clock.advance(due - clock.now());
    io.timers().run_due(clock.now());
  }
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const auto whole = std::min(100ms * (1 << i), 2000ms);
    CAF_CHECK_GREATER_OR_EQUAL(pauses[i].count(), whole.count() / 2);
    CAF_CHECK_LESS_OR_EQUAL(pauses[i].count(), whole.count());
  }
  CAF_CHECK(pauses[10] != pauses[11]);
}

CAF_TEST(a link that is lost is made again) {
  listen();
  dial();
  run_until(io, [&] { return both_open(1); });
  acceptor.link->abort();
  run_until(io, [&] { return dialler.ended.has_value(); });
  CAF_CHECK(dialler.ended->cause == link_cause::by_peer);
  until_dials(2);
  run_until(io, [&] { return both_open(2); });
}

CAF_TEST(a link that its user drops is made again) {
  listen();
  dial();
  run_until(io, [&] { return both_open(1); });
  dialler.link = nullptr;
  until_dials(2);
  run_until(io, [&] { return both_open(2); });
}

CAF_TEST(a link that always closes at once is made more and more seldom) {
  listen();
  dial();
  for (int i = 1; i <= 4; ++i) {
    run_until(io, [&] {
      io.post([] {});
      advance(10ms);
      return both_open(i);
    });
    acceptor.link->abort();
    run_until(io, [&] { return dialler.link == nullptr; });
    CAF_CHECK_EQUAL(dialer->failures(), static_cast<unsigned>(i));
  }
  run_until(io, [&] {
    io.post([] {});
    advance(10ms);
    return both_open(5);
  });
  for (int i = 0; i < 30; ++i) {
    advance(100ms);
    settle(io);
  }
  acceptor.link->abort();
  run_until(io, [&] { return dialler.link == nullptr; });
  CAF_CHECK_EQUAL(dialer->failures(), 1u); // it had lived long enough to count
}

CAF_TEST(a stopped dialer dials no more and leaves an open link to its user) {
  listen();
  dial();
  run_until(io, [&] { return both_open(1); });
  dialer->stop();
  dialer.reset();
  CAF_CHECK(dialler.link->send(note, "still here") == link_sent::queued);
  run_until(io, [&] { return acceptor.bodies.size() == 1; });
  acceptor.link->abort();
  run_until(io, [&] { return dialler.ended.has_value(); });
  CAF_CHECK_EQUAL(io.counters().links.dials.value(), 1u);
}

CAF_TEST(a dialer may go while it connects and while it greets) {
  listen();
  dial();
  dialer.reset();
  settle(io);
  CAF_CHECK_EQUAL(dialler.opens, 0);
  listener = nullptr;
  unique_fd mute{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}; // accepts and says nothing
  auto at = loopback_address(0);
  socklen_t size = sizeof at;
  ::bind(mute.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
  ::listen(mute.get(), 1);
  ::getsockname(mute.get(), reinterpret_cast<sockaddr*>(&at), &size);
  port = ntohs(at.sin_port);
  dial();
  run_until(io, [&] { return io.counters().bytes_out.value() > 0; });
  dialer.reset();
  settle(io);
  CAF_CHECK_EQUAL(io.counters().connections_closed.value(),
                  io.counters().connections_opened.value());
}

CAF_TEST(a pod of another cluster is refused and dialled on) {
  dialling->own.cluster = "farm";
  listen();
  dial();
  run_until(io,
            [&] { return dialer->failures() == 1 && io.counters().links.refused.value() == 1; });
  until_dials(2);
  CAF_CHECK(both_open(0));
}

CAF_TEST(links beyond the limit are closed at once) {
  listen(1);
  dial();
  run_until(io, [&] { return both_open(1); });
  const auto stranger = connect_to(port);
  run_until(io, [&] { return io.counters().connections_refused.value() == 1; });
  CAF_CHECK_EQUAL(stranger.receive_all().value_or("reset"), "");
}

CAF_TEST(a listener that stops ends who has not greeted and keeps who has) {
  listen();
  dial();
  run_until(io, [&] { return both_open(1); });
  const auto stranger = connect_to(port);
  run_until(io, [&] { return io.counters().connections_opened.value() == 3; });
  listener->stop();
  settle(io);
  CAF_CHECK_EQUAL(stranger.receive_all().value_or("reset"), "");
  CAF_CHECK(acceptor.link->send(note, "still here") == link_sent::queued);
  run_until(io, [&] { return dialler.bodies.size() == 1; });
}

CAF_TEST(a socket accepted before the stop and dealt after it is closed) {
  listen();
  const auto stranger = connect_to(port);
  run_until(io, [&] { return io.poll() == 0; });
  listener = nullptr;
  settle(io);
  CAF_CHECK_EQUAL(stranger.receive_all().value_or("reset"), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
