// A layered connection of WebSocket against a plain socket: what its client asks for, and how it
// ends.
#define CAF_SUITE net.layered_websocket

#include "net/layered_connection.hpp"
#include "net/open_stream.hpp"
#include "net/websocket_engine.hpp"
#include "tests/net/loopback.hpp"
#include "tests/net/websocket_frames.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

const std::string close_frame = frame(0x88, "\x03\xe8");
const std::string close_answer = "\x88\x02\x03\xe8";

/// A server's end of WebSocket that nobody has attached to, and its client.
struct fixture {
  void open(int kernel_buffer_bytes = 0) {
    auto pair = make_pair(kernel_buffer_bytes);
    peer.emplace(std::move(pair.theirs));
    server = layered_connection::start(io, tcp_connection::adopt(io, std::move(pair.ours), limits),
                                       std::make_unique<websocket_engine>(rules), limits);
  }

  /// Until the server has read it.
  void send(const std::string& bytes) {
    peer->send(bytes);
    sent += bytes.size();
    run_until(io, [&] { return io.counters().bytes_in.value() >= sent; });
  }

  /// Until `text` came.
  std::string receive(const std::string& text) {
    std::string all;
    while (all.find(text) == std::string::npos)
      all += read_while_running(io, *peer, 1);
    return all;
  }

  /// Behind the answer to the request.
  std::string receive_all_frames() {
    std::string all;
    run_until(io, [&] { return at_server.closed.has_value(); });
    settle(io);
    all = peer->receive_all().value_or("reset");
    return all.substr(all.find("\r\n\r\n") + 4);
  }

  core::manual_clock clock;
  loop io{clock};
  std::shared_ptr<connection_limits> limits = std::make_shared<connection_limits>();
  std::shared_ptr<websocket_rules> rules = std::make_shared<websocket_rules>();
  std::optional<peer_socket> peer;
  std::size_t sent = 0;
  recorder at_server;
  std::shared_ptr<layered_connection> server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(layered_websocket_tests, fixture)

CAF_TEST(pings of a peer that takes nothing fill no outbox and the newest is answered in the end) {
  limits->outbox_bytes_max = 16 * 1024;
  open(8 * 1024);
  server->attach_events(at_server);
  send(good_request);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    last = std::to_string(i) + std::string(100, '.');
    send(frame(0x89, last));
    CAF_REQUIRE_LESS(server->outbox_bytes(), limits->outbox_bytes_max);
  }
  CAF_CHECK_GREATER(io.counters().answers_held.value(), 0u);
  receive(last);
  run_until(io, [&] { return at_server.drained > 0; }); // also who was held back by that
  CAF_CHECK_EQUAL(server->outbox_bytes(), 0u);
  CAF_CHECK(!at_server.closed);
}

CAF_TEST(an answer that is held moves along) {
  limits->outbox_bytes_max = 16 * 1024;
  open(8 * 1024);
  send(good_request);
  server->attach_events(at_server);
  std::string last;
  for (int i = 0; i < 1000 && io.counters().answers_held.value() == 0; ++i) {
    server->out() += std::string(1000, 'x');
    server->flush_later();
    last = "are you there, " + std::to_string(i) + '?';
    send(frame(0x89, last));
  }
  CAF_REQUIRE_EQUAL(io.counters().answers_held.value(), 1u);
  server->detach_events();
  auto socket = server->detach_socket();
  CAF_REQUIRE(socket);
  loop other{clock};
  const auto moved = open_stream(other, std::move(socket));
  moved->attach_events(at_server);
  std::string all;
  while (all.find(last) == std::string::npos)
    all += read_while_running(other, *peer, 1);
}

CAF_TEST(what comes with the end is offered to who attaches later) {
  open();
  send(good_request + frame(0x82, "last words") + close_frame);
  settle(io);
  server->attach_events(at_server);
  CAF_CHECK_EQUAL(receive_all_frames(), close_answer);
  CAF_CHECK_EQUAL(at_server.input, "last words");
  CAF_CHECK(at_server.closed == close_cause::by_peer);
}

CAF_TEST(what comes with the end waits until reading goes on) {
  open();
  server->attach_events(at_server);
  at_server.consume = [&](std::string_view) {
    server->pause_reading();
    return std::size_t{2};
  };
  send(good_request + frame(0x82, "abcdef") + close_frame);
  for (int i = 1; i < 3; ++i) {
    settle(io);
    CAF_CHECK_EQUAL(at_server.calls, i);
    CAF_CHECK(!at_server.closed);
    server->resume_reading();
  }
  CAF_CHECK_EQUAL(receive_all_frames(), close_answer);
  CAF_CHECK_EQUAL(at_server.input, "abcdef");
}

CAF_TEST(a packet that is not whole at the end is given up) {
  open();
  server->attach_events(at_server);
  at_server.consume = [](std::string_view) { return std::size_t{3}; };
  send(good_request + frame(0x82, "abcdef") + close_frame);
  CAF_CHECK_EQUAL(receive_all_frames(), close_answer);
  CAF_CHECK_EQUAL(at_server.input, "abc");
}

CAF_TEST(the answer to last words goes ahead of our end) {
  open();
  server->attach_events(at_server);
  at_server.consume = [&](std::string_view bytes) {
    server->out() += "heard";
    server->flush_later();
    return bytes.size();
  };
  send(good_request + frame(0x82, "last words") + close_frame);
  CAF_CHECK_EQUAL(receive_all_frames(), "\x82\x05heard" + close_answer);
}

CAF_TEST(the end moves along with what came before it) {
  open();
  send(good_request + frame(0x82, "last words") + close_frame);
  settle(io);
  auto socket = server->detach_socket();
  CAF_REQUIRE(socket);
  loop other{clock};
  const auto moved = open_stream(other, std::move(socket));
  moved->attach_events(at_server);
  run_until(other, [&] { return at_server.closed.has_value(); });
  CAF_CHECK_EQUAL(at_server.input, "last words");
  CAF_CHECK(at_server.closed == close_cause::by_peer);
}

CAF_TEST_FIXTURE_SCOPE_END()
