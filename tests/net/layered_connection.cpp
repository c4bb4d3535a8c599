// Two TLS connections against each other: every byte once and in order, and no byte to a stranger.
#define CAF_SUITE net.layered_connection

#include "net/layered_connection.hpp"

#include "net/open_stream.hpp"
#include "net/tls_engine.hpp"
#include "net/websocket_engine.hpp"
#include "tests/net/certificates.hpp"
#include "tests/net/loopback.hpp"
#include "tests/net/websocket_frames.hpp"

#include <caf/test/dsl.hpp>

#include <random>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

/// Both ends of one TCP connection as sockets of loops.
std::pair<detached_socket, detached_socket> two_ends(int kernel_buffer_bytes = 0) {
  auto pair = make_pair(kernel_buffer_bytes);
  detached_socket theirs;
  theirs.fd.reset(::dup(pair.theirs.fd()));
  ::fcntl(theirs.fd.get(), F_SETFL, O_NONBLOCK);
  theirs.peer = pair.ours.peer;
  return {std::move(pair.ours), std::move(theirs)};
}

/// A client that says what a test tells it to, and ends TLS without ending TCP.
struct client_by_hand {
  void shake_hands(loop& l) {
    std::string_view rest;
    while (engine.shake_hands(rest, out) != stream_engine::progress::established) {
      send();
      received = read_while_running(l, socket, 1);
      rest = received;
    }
    received = rest;
  }
  void send() { socket.send(std::exchange(out, {})); }
  void end_with(std::string_view last_words) {
    engine.write(last_words, out);
    engine.end(out);
    send();
  }
  /// Once the connection is at its end.
  bool was_answered() {
    std::string plain;
    received += socket.receive_all().value_or("");
    return engine.read(received, plain, out) == stream_engine::reading::ended;
  }

  peer_socket socket;
  tls_engine engine;
  std::string out;
  std::string received;
};

struct fixture {
  client_by_hand connect_by_hand() {
    auto pair = make_pair();
    server = over(std::move(pair.ours), ca.context_of_pod("pod-1"), tls_engine::role::server);
    return {std::move(pair.theirs), {ca.context_of_pod("pod-0"), tls_engine::role::client}, {}, {}};
  }

  std::shared_ptr<layered_connection>
  over(detached_socket socket, std::shared_ptr<const tls_context> context, tls_engine::role role) {
    return layered_connection::start(io, tcp_connection::adopt(io, std::move(socket), limits),
                                     std::make_unique<tls_engine>(std::move(context), role),
                                     limits);
  }

  void connect(std::shared_ptr<const tls_context> of_client,
               std::shared_ptr<const tls_context> of_server, int kernel_buffer_bytes = 0) {
    auto [ours, theirs] = two_ends(kernel_buffer_bytes);
    client = over(std::move(ours), std::move(of_client), tls_engine::role::client);
    server = over(std::move(theirs), std::move(of_server), tls_engine::role::server);
    client->attach_events(at_client);
    server->attach_events(at_server);
  }

  /// Runs until both know that it came to nothing.
  void run_until_failed() {
    run_until(io, [&] { return at_client.closed && at_server.closed; });
    CAF_CHECK(at_client.input.empty());
    CAF_CHECK(at_server.input.empty());
  }

  void say(layered_connection& from, std::string_view bytes) {
    from.out() += bytes;
    from.flush_later();
  }

  authority ca;
  core::manual_clock clock;
  loop io{clock};
  std::shared_ptr<connection_limits> limits = std::make_shared<connection_limits>();
  recorder at_client;
  recorder at_server;
  std::shared_ptr<layered_connection> client;
  std::shared_ptr<layered_connection> server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(layered_connection_tests, fixture)

CAF_TEST(what is said before and after the handshake arrives and both names are proven) {
  connect(ca.context_of_pod("pod-0"), ca.context_of_pod("pod-1"));
  say(*client, "before");
  CAF_CHECK(!client->proves("pod-1"));
  run_until(io, [&] { return at_server.input == "before"; });
  say(*server, "after");
  run_until(io, [&] { return at_client.input == "after"; });
  CAF_CHECK(client->proves("pod-1"));
  CAF_CHECK(server->proves("pod-0"));
  for (const auto* wrong : {"pod-0", "pod-", "pod-11", "POD-1", "od-1", "", ".pod-1", "a pod"})
    CAF_CHECK(!client->proves(wrong));
}

CAF_TEST(who gives a connection up gets what stands in its socket) {
  connect(ca.context_of_pod("pod-0"), ca.context_of_pod("pod-1"));
  say(*client, "before");
  run_until(io, [&] { return at_server.input == "before"; });
  server->detach_events();
  say(*client, "unread");
  settle(io);
  CAF_CHECK_EQUAL(server->last_input(), "unread");
  server->attach_events(at_server);
  settle(io);
  CAF_CHECK_EQUAL(at_server.input, "before");
}

CAF_TEST(a common name counts if there is no DNS name and a wildcard does not ) {
  connect(ca.context_of({.common_name = "pod-0", .dns_name = {}}), ca.context_of_pod("*.zoo"));
  say(*client, "x");
  run_until(io, [&] { return !at_server.input.empty(); });
  CAF_CHECK(server->proves("pod-0"));
  CAF_CHECK(!client->proves("pod-1.zoo"));
  CAF_CHECK(client->proves("*.zoo")); // which is no link name
}

CAF_TEST(an expired certificate is refused and both sides say why) {
  connect(ca.context_of({.common_name = "x", .dns_name = "pod-0", .from = -7200, .until = -3600}),
          ca.context_of_pod("pod-1"));
  say(*client, "secret");
  run_until_failed();
  CAF_CHECK(at_server.closed == close_cause::io_error);
  CAF_CHECK_EQUAL(server->failure(), "certificate has expired");
  CAF_CHECK_NOT_EQUAL(client->failure().find("certificate expired"), std::string::npos);
}

CAF_TEST(a certificate that is not valid yet is refused) {
  connect(ca.context_of_pod("pod-0"),
          ca.context_of({.common_name = "x", .dns_name = "pod-1", .from = 3600, .until = 7200}));
  run_until_failed();
  CAF_CHECK_EQUAL(client->failure(), "certificate is not yet valid");
}

CAF_TEST(a certificate of another authority is refused) {
  authority stranger;
  auto files = stranger.issue({"x", "pod-0"});
  files.authorities = ca.path("ca.pem"); // it would accept us
  connect(*tls_context::load(files), ca.context_of_pod("pod-1"));
  run_until_failed();
  CAF_CHECK_EQUAL(server->failure(), "certificate signature failure"); // both have the same name
}

CAF_TEST(a peer that speaks no TLS is closed and learns nothing) {
  auto pair = make_pair();
  server = over(std::move(pair.ours), ca.context_of_pod("pod-1"), tls_engine::role::server);
  server->attach_events(at_server);
  say(*server, "secret");
  pair.theirs.send(std::string(100, 'x'));
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK(at_server.closed == close_cause::io_error);
  CAF_CHECK(!server->failure().empty());
  settle(io);
  CAF_CHECK_EQUAL(pair.theirs.receive_all().value_or("reset").find("secret"), std::string::npos);
}

CAF_TEST(a record that was damaged on its way ends the connection) {
  auto [ours, relay_a] = two_ends();
  auto relay_b = make_pair();
  client = over(std::move(ours), ca.context_of_pod("pod-0"), tls_engine::role::client);
  server = over(std::move(relay_b.ours), ca.context_of_pod("pod-1"), tls_engine::role::server);
  client->attach_events(at_client);
  server->attach_events(at_server);
  const peer_socket a{std::move(relay_a.fd)};
  const auto relay = [&](bool damage) {
    auto forth = a.receive_ready();
    if (damage && !forth.empty())
      forth.back() ^= 1;
    relay_b.theirs.send(forth);
    a.send(relay_b.theirs.receive_ready());
    settle(io);
  };
  say(*client, "hello");
  while (at_server.input != "hello")
    relay(false);
  say(*client, "again");
  settle(io);
  relay(true);
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK_EQUAL(at_server.input, "hello");
  CAF_CHECK_EQUAL(server->failure(), "decryption failed or bad record mac");
}

CAF_TEST(both directions deliver each byte once and in order whatever the peer and the user do) {
  const auto of_client = ca.context_of_pod("pod-0");
  const auto of_server = ca.context_of_pod("pod-1");
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAF_MESSAGE("seed " << seed);
    std::mt19937 random{seed};
    limits->outbox_bytes_max = 1 + random() % 100'000;
    at_client = {};
    at_server = {};
    connect(of_client, of_server, seed % 2 == 0 ? 8 * 1024 : 0);
    std::string to_server;
    std::string to_client;
    const auto partly = [&](std::string_view bytes) -> std::size_t {
      return random() % 3 == 0 ? random() % (bytes.size() + 1) : bytes.size();
    };
    at_client.consume = partly;
    at_server.consume = partly;
    for (int step = 0; step < 400; ++step) {
      const bool up = random() % 2 == 0;
      auto& from = up ? *client : *server;
      const auto bytes = pattern(random() % 6000, random());
      switch (random() % 6) {
      case 0:
        from.send_payload(message_of(bytes));
        break;
      case 1:
        from.out() += bytes;
        break;
      case 2:
        from.pause_reading();
        continue;
      case 3:
        from.resume_reading();
        continue;
      default:
        io.poll();
        continue;
      }
      from.flush_later();
      (up ? to_server : to_client) += bytes;
    }
    client->resume_reading();
    server->resume_reading();
    at_client.consume = nullptr;
    at_server.consume = nullptr;
    say(*client, "."); // so that what was left is offered again
    say(*server, ".");
    run_until(io, [&] {
      return at_server.input.size() > to_server.size() && at_client.input.size() > to_client.size();
    });
    CAF_CHECK(at_server.input == to_server + ".");
    CAF_CHECK(at_client.input == to_client + ".");
    CAF_CHECK_EQUAL(client->outbox_bytes() + server->outbox_bytes(), 0u);
    client = nullptr;
    server = nullptr;
  }
}

CAF_TEST(a payload stays shared until the socket has room) {
  limits->outbox_bytes_max = 64 * 1024;
  connect(ca.context_of_pod("pod-0"), ca.context_of_pod("pod-1"), 8 * 1024);
  say(*client, "x");
  run_until(io, [&] { return !at_server.input.empty(); });
  server->pause_reading();
  const auto m = message_of(pattern(1'000'000));
  client->send_payload(m);
  client->flush_later();
  settle(io);
  CAF_CHECK(!m->unique());
  CAF_CHECK_GREATER(client->outbox_bytes(), 700'000u);
  CAF_CHECK_LESS(client->outbox_bytes(), 1'100'000u);
  server->resume_reading();
  run_until(io, [&] { return at_server.input.size() == 1'000'001; });
  run_until(io, [&] { return at_client.drained == 1; });
  CAF_CHECK(m->unique());
  CAF_CHECK_EQUAL(at_client.drained, 1);
}

CAF_TEST(an end of TLS counts once what came before it is consumed and is answered) {
  auto by_hand = connect_by_hand();
  server->attach_events(at_server);
  by_hand.shake_hands(io);
  at_server.consume = [&](std::string_view bytes) {
    if (at_server.calls > 1)
      return bytes.size();
    server->pause_reading();
    return std::size_t{5};
  };
  by_hand.end_with("last words");
  run_until(io, [&] { return at_server.calls == 1; });
  settle(io);
  CAF_CHECK(!at_server.closed);
  server->resume_reading();
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK_EQUAL(at_server.input, "last words");
  CAF_CHECK(at_server.closed == close_cause::by_peer);
  CAF_CHECK(server->failure().empty());
  settle(io);
  CAF_CHECK(by_hand.was_answered());
}

CAF_TEST(an end of TLS waits for what WebSocket keeps above it) {
  auto by_hand = connect_by_hand();
  const auto above = layered_connection::start(
      io, server, std::make_unique<websocket_engine>(std::make_shared<websocket_rules>()), limits);
  above->attach_events(at_server);
  by_hand.shake_hands(io);
  at_server.consume = [&](std::string_view) {
    above->pause_reading();
    return std::size_t{2};
  };
  by_hand.end_with(good_request + frame(0x82, "abcdef"));
  for (int i = 1; i < 3; ++i) {
    run_until(io, [&] { return at_server.calls == i; });
    settle(io);
    CAF_CHECK(!at_server.closed);
    above->resume_reading();
  }
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK_EQUAL(at_server.input, "abcdef");
  CAF_CHECK(at_server.closed == close_cause::by_peer);
  settle(io);
  CAF_CHECK(by_hand.was_answered());
}

CAF_TEST(close delivers everything and abort does not wait) {
  connect(ca.context_of_pod("pod-0"), ca.context_of_pod("pod-1"), 8 * 1024);
  say(*client, "x");
  run_until(io, [&] { return !at_server.input.empty(); });
  say(*client, pattern(500'000));
  client->close();
  CAF_CHECK_EQUAL(at_client.closed.has_value(), false);
  client = nullptr; // it needs no owner to write the rest
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK(at_server.input == "x" + pattern(500'000));
  CAF_CHECK(at_server.closed == close_cause::by_peer);
  CAF_CHECK(server->failure().empty());
}

CAF_TEST(abort during the handshake is told once) {
  connect(ca.context_of_pod("pod-0"), ca.context_of_pod("pod-1"));
  client->abort();
  run_until_failed();
  CAF_CHECK(at_client.closed == close_cause::by_us);
}

CAF_TEST_FIXTURE_SCOPE_END()
