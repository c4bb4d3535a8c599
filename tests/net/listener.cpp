// Listening, dealing sockets to loops, and running out of seats or descriptors.
#define CAF_SUITE net.listener

#include "net/listener.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <netinet/tcp.h>
#include <sys/resource.h>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  std::unique_ptr<listener> listen(std::vector<loop*> loops, std::size_t seats_max = 100,
                                   listen_options options = {"127.0.0.1", 0, 128}) {
    seats = make_ref<seating>(seats_max);
    auto made =
        listener::open(options, io, std::move(loops), seats, [this](loop& on, detached_socket s) {
          CAF_CHECK(on.in_thread());
          accepted.emplace_back(&on, std::move(s));
        });
    CAF_REQUIRE(made.has_value());
    (*made)->start();
    return std::move(*made);
  }

  core::manual_clock clock;
  loop io{clock};
  loop second{clock};
  ref<seating> seats;
  std::vector<std::pair<loop*, detached_socket>> accepted;
};

int option_of(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(listener_tests, fixture)

CAF_TEST(sockets are dealt to the loops in turn and ready to use) {
  const auto l = listen({&io, &second});
  CAF_REQUIRE_NOT_EQUAL(l->local_port(), 0);
  std::vector<peer_socket> peers;
  for (int i = 0; i < 4; ++i)
    peers.push_back(connect_to(l->local_port()));
  run_until(io, [&] {
    settle(second);
    return accepted.size() == 4;
  });
  CAF_CHECK_EQUAL(std::count_if(accepted.begin(), accepted.end(),
                                [&](const auto& each) { return each.first == &second; }),
                  2);
  for (const auto& [on, socket] : accepted) {
    CAF_CHECK(::fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK);
    CAF_CHECK_NOT_EQUAL(option_of(socket.fd.get(), IPPROTO_TCP, TCP_NODELAY), 0);
    CAF_CHECK(to_string(socket.peer).starts_with("127.0.0.1:"));
  }
  CAF_CHECK_EQUAL(seats->taken(), 4u);
}

CAF_TEST(a connection beyond the limit is closed at once and counted) {
  const auto l = listen({&io}, 2);
  const auto a = connect_to(l->local_port());
  const auto b = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 2; });
  const auto c = connect_to(l->local_port());
  run_until(io, [&] { return io.counters().connections_refused.value() == 1; });
  CAF_CHECK_EQUAL(c.receive_all().value_or("reset"), "");
  accepted.pop_back();
  const auto d = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 2; });
  CAF_CHECK_EQUAL(seats->taken(), 2u);
}

CAF_TEST(an address beyond its limits is reset and counted) {
  const auto l = listen({&io});
  seats->addresses().set_limits({2, {3, 1s}, {}});
  {
    const auto a = connect_to(l->local_port());
    const auto b = connect_to(l->local_port());
    run_until(io, [&] { return accepted.size() == 2; });
    const auto c = connect_to(l->local_port());
    run_until(io, [&] { return io.counters().refused_by_count.value() == 1; });
    CAF_CHECK(!c.receive_all());
  }
  accepted.clear();
  const auto d = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 1; });
  const auto e = connect_to(l->local_port());
  run_until(io, [&] { return io.counters().refused_by_rate.value() == 1; });
  CAF_CHECK(!e.receive_all());
  CAF_CHECK_EQUAL(io.counters().refused_by_count.value(), 1u);
  CAF_CHECK_EQUAL(io.counters().connections_refused.value(), 0u);
  CAF_CHECK_EQUAL(seats->taken(), 1u);
}

CAF_TEST(the addresses of proxies are not limited) {
  const auto l = listen({&io}, 100, {.address = "127.0.0.1", .peers_are = peers::proxies});
  seats->addresses().set_limits({1, {}, {}});
  const auto a = connect_to(l->local_port());
  const auto b = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 2; });
}

CAF_TEST(whose the addresses are may change for those who come) {
  const auto l = listen({&io}, 100, {.address = "127.0.0.1", .peers_are = peers::proxies});
  seats->addresses().set_limits({1, {}, {}});
  const auto a = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 1; });
  l->set_peers(peers::clients);
  settle(io);
  const auto b = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 2; });
  const auto c = connect_to(l->local_port());
  run_until(io, [&] { return io.counters().refused_by_count.value() == 1; });
  l->set_peers(peers::proxies);
  settle(io);
  const auto d = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 3; });
}

CAF_TEST(who comes faster than the pace waits in the queue) {
  const auto l = listen({&io}, 100, {.address = "127.0.0.1", .port = 0, .pace = {2, 1s}});
  std::vector<peer_socket> peers;
  for (int i = 0; i < 5; ++i)
    peers.push_back(connect_to(l->local_port())); // for its client it is open
  run_until(io, [&] { return io.counters().accepts_paced.value() == 1; });
  settle(io);
  CAF_CHECK_EQUAL(accepted.size(), 2u);
  const auto pass = [&](std::chrono::milliseconds time, std::size_t then_accepted) {
    clock.advance(time);
    io.timers().run_due(clock.now());
    run_until(io, [&] { return accepted.size() >= then_accepted; });
    settle(io);
    CAF_CHECK_EQUAL(accepted.size(), then_accepted);
  };
  pass(499ms, 2);
  pass(1ms, 3);
  l->set_pace({});
  settle(io);
  pass(500ms, 5);
  CAF_CHECK_EQUAL(io.counters().connections_refused.value(), 0u);
}

CAF_TEST(who is refused keeps nobody waiting) {
  const auto l = listen({&io}, 100, {.address = "127.0.0.1", .port = 0, .pace = {2, 1s}});
  seats->addresses().set_limits({1, {}, {}});
  std::vector<peer_socket> peers;
  for (int i = 0; i < 10; ++i)
    peers.push_back(connect_to(l->local_port()));
  run_until(io, [&] { return io.counters().refused_by_count.value() == 9; });
  settle(io);
  CAF_CHECK_EQUAL(accepted.size(), 1u);
  CAF_CHECK_EQUAL(io.counters().accepts_paced.value(), 0u);
}

CAF_TEST(a port that is taken gives an error that names it) {
  const auto l = listen({&io});
  const auto second_try = listener::open({"127.0.0.1", l->local_port(), 128}, io, {&io}, seats, {});
  CAF_REQUIRE(!second_try.has_value());
  CAF_CHECK(second_try.error().what == listen_error::kind::address_in_use);
  const auto place = "127.0.0.1:" + std::to_string(l->local_port());
  CAF_CHECK_NOT_EQUAL(second_try.error().message.find(place), std::string::npos);
  CAF_CHECK_NOT_EQUAL(second_try.error().message.find("address in use"), std::string::npos);
}

CAF_TEST(other reasons not to listen are told apart) {
  const auto open_at = [&](const char* address) {
    return listener::open({address, 0, 128}, io, {&io}, seats, {}).error();
  };
  seats = make_ref<seating>(1u);
  CAF_CHECK(open_at("nonsense").what == listen_error::kind::bad_address);
  CAF_CHECK_NOT_EQUAL(open_at("nonsense").message.find("'nonsense'"), std::string::npos);
  CAF_CHECK(open_at("203.0.113.1").what == listen_error::kind::not_available);
}

CAF_TEST(a port is free at once after stop although a connection of it lives on) {
  auto l = listen({&io});
  const auto port = l->local_port();
  const auto peer = connect_to(port);
  run_until(io, [&] { return accepted.size() == 1; });
  l->stop();
  settle(io);
  accepted.clear(); // our side closes first, and its port waits in TIME_WAIT
  const auto again = listen({&io}, 100, {"127.0.0.1", port, 128});
  CAF_CHECK_EQUAL(again->local_port(), port);
  const auto next = connect_to(port);
  run_until(io, [&] { return accepted.size() == 1; });
}

CAF_TEST(IPv6 and IPv4 share the unspecified address) {
  if (unique_fd probe{::socket(AF_INET6, SOCK_STREAM, 0)}; !probe)
    return; // a machine without IPv6
  const auto l = listen({&io}, 100, {"::", 0, 128});
  const auto v4 = connect_to(l->local_port());
  run_until(io, [&] { return accepted.size() == 1; });
  CAF_CHECK(to_string(accepted[0].second.peer).starts_with("127.0.0.1:"));
}

CAF_TEST(without descriptors the listener waits and then goes on) {
  const auto l = listen({&io});
  const auto a = connect_to(l->local_port());
  static_cast<void>(io.now()); // a sanitizer needs descriptors when it first sees a class used
  // Descriptors are given lowest first: a limit at the next free one leaves none.
  const int next_free = ::dup(a.fd());
  ::close(next_free);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(next_free);
  ::setrlimit(RLIMIT_NOFILE, &none);
  run_until(io, [&] { return io.counters().accept_failures.value() > 0; });
  const auto handlers = io.poll();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CAF_CHECK_EQUAL(handlers, 0u); // it does not spin
  CAF_CHECK(accepted.empty());
  clock.advance(100ms);
  io.timers().run_due(clock.now());
  run_until(io, [&] { return accepted.size() == 1; });
  CAF_CHECK_EQUAL(io.counters().accept_failures.value(), 1u);
}

CAF_TEST(a stopped listener accepts no more and drops nothing it dealt) {
  auto l = listen({&io, &second});
  const auto a = connect_to(l->local_port());
  const auto b = connect_to(l->local_port());
  run_until(io, [&] { return seats->taken() == 2; });
  l->stop();
  l = nullptr;
  settle(io);
  settle(second);
  CAF_CHECK_EQUAL(accepted.size(), 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
