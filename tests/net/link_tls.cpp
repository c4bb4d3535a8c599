// Links over TLS: who is let in, and who is not.
#define CAF_SUITE net.link_tls

#include "net/link_dialer.hpp"
#include "net/link_listener.hpp"
#include "tests/net/certificates.hpp"
#include "tests/net/link_fixture.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

/// pod-1 listens, pod-0 dials.
struct fixture {
  void run() {
    auto opened = link_listener::open(
        {"127.0.0.1", 0, 16}, io, {&io}, make_ref<seating>(10u), listening,
        [this](loop&, std::shared_ptr<pod_link> link) { acceptor.take(std::move(link)); });
    CAF_REQUIRE(opened.has_value());
    listener = std::move(*opened);
    listener->start();
    dialer.emplace(io, dialling, "pod-1",
                   endpoint{boost::asio::ip::address_v4::loopback(), listener->local_port()},
                   core::random_source{1},
                   [this](std::shared_ptr<pod_link> link) { dialler.take(std::move(link)); });
    dialer->start();
  }

  const link_counters& counters() { return io.counters().links; }

  void check_untrusted() {
    run();
    run_until(io, [&] { return dialer->failures() > 0 && counters().failed.value() >= 2; });
    CAF_CHECK_GREATER_OR_EQUAL(counters().untrusted.value(), 1u);
    CAF_CHECK_EQUAL(dialler.opens + acceptor.opens, 0);
  }

  authority ca;
  core::manual_clock clock;
  loop io{clock};
  std::shared_ptr<link_config> listening = config_of("pod-1", 9);
  std::shared_ptr<link_config> dialling = config_of("pod-0", 7);
  link_user acceptor;
  link_user dialler;
  std::unique_ptr<link_listener> listener;
  std::optional<link_dialer> dialer;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(link_tls_tests, fixture)

CAF_TEST(pods with the right certificates link and send) {
  dialling->tls = ca.context_of_pod("pod-0");
  listening->tls = ca.context_of_pod("pod-1");
  run();
  run_until(io, [&] { return dialler.opens == 1 && acceptor.opens == 1; });
  const link_piece pieces[] = {{"head", message_of(pattern(1'500'000, 1))}, {"tail", nullptr}};
  CAF_CHECK(dialler.link->send(note, pieces) == link_sent::queued);
  CAF_CHECK(acceptor.link->send(note, "small") == link_sent::queued);
  run_until(io, [&] { return dialler.bodies.size() == 1 && acceptor.bodies.size() == 1; });
  CAF_CHECK(acceptor.bodies[0] == "head" + pattern(1'500'000, 1) + "tail");
  CAF_CHECK_EQUAL(dialler.bodies[0], "small");
  dialler.link->close();
  run_until(io, [&] { return acceptor.ended.has_value(); });
  CAF_CHECK(acceptor.ended->cause == link_cause::by_peer);
}

CAF_TEST(a full queue drains over TLS too) {
  auto limits = listening->limits;
  limits.queue_bytes_max = 500'000;
  dialling = config_of("pod-0", 7, limits);
  dialling->tls = ca.context_of_pod("pod-0");
  listening->tls = ca.context_of_pod("pod-1");
  run();
  run_until(io, [&] { return dialler.opens == 1 && acceptor.opens == 1; });
  for (int round = 1; round <= 3; ++round) {
    std::size_t sent = 0;
    acceptor.bodies.clear();
    while (dialler.link->send(note, pattern(1000)) == link_sent::queued)
      ++sent;
    CAF_CHECK_EQUAL(sent, (500'000u + 1004u) / 1005u);
    run_until(io, [&] { return dialler.drained == round && acceptor.bodies.size() == sent; });
    CAF_CHECK(!dialler.link->full());
  }
}

CAF_TEST(a dialler with the certificate of another pod is refused) {
  dialling->tls = ca.context_of_pod("pod-5");
  listening->tls = ca.context_of_pod("pod-1");
  check_untrusted();
}

CAF_TEST(an acceptor with the certificate of another pod is refused) {
  dialling->tls = ca.context_of_pod("pod-0");
  listening->tls = ca.context_of_pod("pod-5");
  check_untrusted();
}

CAF_TEST(an expired certificate is refused) {
  dialling->tls =
      ca.context_of({.common_name = "x", .dns_name = "pod-0", .from = -7200, .until = -60});
  listening->tls = ca.context_of_pod("pod-1");
  check_untrusted();
}

CAF_TEST(a plain dialler is closed by a TLS acceptor) {
  listening->tls = ca.context_of_pod("pod-1");
  check_untrusted();
}

CAF_TEST(a TLS dialler makes nothing of a plain acceptor) {
  dialling->tls = ca.context_of_pod("pod-0");
  run();
  run_until(io, [&] { return dialer->failures() > 0; });
  CAF_CHECK_EQUAL(dialler.opens + acceptor.opens, 0);
}

CAF_TEST(a peer without a certificate is refused) {
  const std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>> bare{SSL_CTX_new(TLS_method())};
  const std::unique_ptr<SSL, freed_by<SSL_free>> ssl{SSL_new(bare.get())};
  listening->tls = ca.context_of_pod("pod-1");
  run();
  dialer.reset();
  const auto peer = connect_to(listener->local_port());
  SSL_set_fd(ssl.get(), peer.fd());
  ::fcntl(peer.fd(), F_SETFL, O_NONBLOCK);
  run_until(io, [&] {
    SSL_connect(ssl.get());
    io.post([] {});
    return counters().untrusted.value() == 1;
  });
  CAF_CHECK_EQUAL(acceptor.opens, 0);
}

CAF_TEST(a stranger that says nothing is closed in time) {
  listening->tls = ca.context_of_pod("pod-1");
  run();
  dialer.reset();
  settle(io);
  const auto failed = counters().failed.value();
  const auto mute = connect_to(listener->local_port());
  const auto opened = io.counters().connections_opened.value();
  run_until(io, [&] { return io.counters().connections_opened.value() > opened; });
  clock.advance(3s);
  io.timers().run_due(clock.now());
  run_until(io, [&] { return counters().failed.value() > failed; });
  CAF_CHECK_EQUAL(mute.receive_all().value_or("reset"), "");
}

CAF_TEST(plain streams stay on this machine unless they may leave it) {
  const auto open_to = [&](const char* address) {
    auto pair = make_pair();
    pair.ours.peer = endpoint{boost::asio::ip::make_address(address), 1};
    return open_link_stream(io, std::move(pair.ours), link_greeting::role::accepts, *listening)
               .connection != nullptr;
  };
  CAF_CHECK(open_to("127.0.0.1"));
  CAF_CHECK(!open_to("10.0.0.1"));
  CAF_CHECK(!open_to("0.0.0.0"));
  listening->plain_anywhere = true;
  CAF_CHECK(open_to("10.0.0.1"));
}

CAF_TEST_FIXTURE_SCOPE_END()
