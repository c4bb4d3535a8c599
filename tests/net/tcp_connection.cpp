// The ends of a connection, and its way from one loop to another.
#define CAF_SUITE net.tcp_connection

#include "net/tcp_connection.hpp"

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

CAF_TEST_FIXTURE_SCOPE(tcp_connection_tests, connection_fixture)

CAF_TEST(close delivers the last bytes although the peer had sent more) {
  open();
  connection->pause_reading(); // its bytes stay unread in the socket: a plain close would reset
  peer->send("unread");
  settle(io);
  connection->out() += "goodbye";
  connection->detach_events();
  connection->close();
  connection = nullptr;
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_ready(), "goodbye");
  peer->send("still talking");
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
  peer->close();
  run_until(io, [&] { return io.counters().connections_closed.value() == 1; });
}

CAF_TEST(close writes a long outbox before it ends) {
  open(8 * 1024);
  fill_outbox(500'000);
  connection->close();
  connection = nullptr;
  CAF_CHECK(read_while_running(io, *peer, sent.size()) == sent);
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
  CAF_CHECK(!events.closed);
  peer->close();
  run_until(io, [&] { return events.closed.has_value(); });
  CAF_CHECK(*events.closed == close_cause::by_us);
}

CAF_TEST(close does not wait for ever for a peer that stays) {
  open();
  connection->close();
  settle(io);
  advance(1900ms);
  CAF_CHECK(!events.closed);
  advance(200ms);
  CAF_REQUIRE(events.closed.has_value());
  CAF_CHECK(*events.closed == close_cause::by_us);
  CAF_CHECK_EQUAL(io.counters().connections_closed.value(), 1u);
}

CAF_TEST(close does not wait for ever for a peer that does not read) {
  open(8 * 1024);
  fill_outbox(500'000);
  connection->close();
  settle(io);
  advance(2100ms);
  CAF_REQUIRE(events.closed.has_value());
  CAF_CHECK_GREATER(io.counters().bytes_dropped.value(), 0u);
}

CAF_TEST(close of a connection whose peer has gone is over at once) {
  open();
  connection->pause_reading();
  peer->close();
  settle(io);
  connection->close();
  settle(io);
  CAF_CHECK(events.closed == close_cause::by_us);
}

CAF_TEST(abort resets a connection with bytes left and tells later) {
  open(8 * 1024);
  fill_outbox(1000);
  connection->abort();
  CAF_CHECK(!events.closed); // never from within a call
  settle(io);
  CAF_CHECK(events.closed == close_cause::by_us);
  CAF_CHECK(!peer->receive_all());
}

CAF_TEST(abort with nothing left is an orderly end) {
  open();
  connection->abort();
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
}

CAF_TEST(abort ends a close that is under way) {
  open();
  connection->close();
  settle(io);
  connection->abort();
  settle(io);
  CAF_CHECK(events.closed == close_cause::by_us);
}

CAF_TEST(no event comes after detach_events) {
  open(8 * 1024);
  fill_outbox(2'000'000);
  connection->detach_events();
  peer->send("abc");
  peer->receive_ready();
  settle(io);
  connection->abort();
  settle(io);
  CAF_CHECK_EQUAL(events.calls, 0);
  CAF_CHECK_EQUAL(events.drained, 0);
  CAF_CHECK(!events.closed);
}

CAF_TEST(a connection that ended while nobody listened tells the next who does) {
  open();
  connection->detach_events();
  connection->abort();
  settle(io);
  connection->attach_events(events);
  CAF_CHECK(!events.closed);
  settle(io);
  CAF_CHECK(events.closed == close_cause::by_us);
}

CAF_TEST(dropping the last reference closes) {
  open();
  connection = nullptr;
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "");
  CAF_CHECK_EQUAL(io.counters().connections_closed.value(), 1u);
}

CAF_TEST(a peer that ends its stream still gets what was written in that turn) {
  open();
  events.consume = [&](std::string_view bytes) {
    connection->out() += "answer";
    connection->flush_later();
    return bytes.size();
  };
  peer->send("question");
  peer->end_stream();
  run_until(io, [&] { return events.closed.has_value(); });
  CAF_CHECK(*events.closed == close_cause::by_peer);
  CAF_CHECK_EQUAL(peer->receive_all().value_or("reset"), "answer");
}

CAF_TEST(calls on a connection that is over do nothing) {
  open();
  peer->close();
  run_until(io, [&] { return events.closed.has_value(); });
  connection->out() += "x";
  connection->send_payload(message_of(pattern(5000)));
  connection->flush_later();
  CAF_CHECK_EQUAL(connection->outbox_bytes(), 0u);
  connection->close();
  connection->abort();
  connection->resume_reading();
  settle(io);
  CAF_CHECK(!connection->detach_socket());
}

CAF_TEST(a connection moves to another loop with the input that waits) {
  open();
  events.consume = [&](std::string_view) -> std::size_t {
    connection->detach_events();
    return 3;
  };
  peer->send("abcdef");
  run_until(io, [&] { return events.calls == 1; });
  connection->out() += "early ";
  auto socket = connection->detach_socket();
  CAF_REQUIRE(socket);
  connection = nullptr;
  peer->send("ghi"); // on the way
  settle(io);

  loop other{clock};
  recorder there;
  const auto moved = tcp_connection::adopt(other, std::move(socket));
  moved->attach_events(there);
  moved->out() += "late";
  moved->flush_later();
  run_until(other, [&] { return there.input.size() == 6; });
  settle(other);
  CAF_CHECK_EQUAL(there.input, "defghi");
  CAF_CHECK_EQUAL(peer->receive_ready(), "early late");
  CAF_CHECK(moved->peer().starts_with("127.0.0.1:"));
  CAF_CHECK_EQUAL(io.counters().connections_opened.value(), 1u);
  CAF_CHECK_EQUAL(io.counters().connections_closed.value(), 0u);
  CAF_CHECK_EQUAL(other.counters().connections_opened.value(), 0u);
}

CAF_TEST(output that the socket does not take moves too) {
  open(8 * 1024);
  fill_outbox(300'000);
  connection->detach_events();
  auto socket = connection->detach_socket();
  CAF_CHECK_GREATER(socket.output.size(), 0u);
  loop other{clock};
  recorder there;
  const auto moved = tcp_connection::adopt(other, std::move(socket));
  moved->attach_events(there);
  CAF_CHECK(read_while_running(other, *peer, sent.size()) == sent);
}

CAF_TEST(a detached socket that nobody adopts closes and frees its seat) {
  const auto seats = make_ref<seating>(1u);
  auto pair = make_pair();
  pair.ours.place = std::move(*seats->take());
  auto c = tcp_connection::adopt(io, std::move(pair.ours));
  {
    const auto socket = c->detach_socket();
    CAF_CHECK_EQUAL(seats->taken(), 1u);
  }
  CAF_CHECK_EQUAL(seats->taken(), 0u);
  CAF_CHECK_EQUAL(pair.theirs.receive_all().value_or("reset"), "");
}

CAF_TEST(a socket that cannot be watched ends as an error) {
  const auto broken = tcp_connection::adopt(io, detached_socket{});
  broken->attach_events(events);
  settle(io);
  CAF_CHECK(events.closed == close_cause::io_error);
}

CAF_TEST(a loop that goes takes along what is still closing) {
  auto pair = make_pair();
  {
    loop other{clock};
    auto c = tcp_connection::adopt(other, std::move(pair.ours));
    c->close();
    c = nullptr;
    settle(other);
  }
  CAF_CHECK_EQUAL(pair.theirs.receive_all().value_or("reset"), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
