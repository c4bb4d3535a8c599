// Output: order, one write a turn, peers that read slowly or not at all.
#define CAF_SUITE net.tcp_connection_output

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

#include <netinet/tcp.h>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffer = 8 * 1024;
constexpr std::size_t limit = 256 * 1024;

struct fixture : connection_fixture {
  fixture() {
    connection_limits limits;
    limits.outbox_bytes_max = limit;
    limits.outbox_stall_timeout = 10s;
    io.set_limits(limits);
  }

  std::string drain(std::size_t size) { return read_while_running(io, *peer, size); }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tcp_connection_output_tests, fixture)

CAF_TEST(everything written in a turn leaves in one write) {
  open();
  const auto writes = io.counters().write_calls.value();
  const auto payload = pattern(5000);
  io.post([&] {
    connection->out() += "head";
    connection->send_payload(message_of(payload));
    connection->flush_later();
  });
  io.post([&] {
    connection->out() += "tail";
    connection->flush_later();
  });
  settle(io);
  CAF_CHECK_EQUAL(io.counters().write_calls.value() - writes, 1u);
  CAF_CHECK_EQUAL(connection->outbox_bytes(), 0u);
  CAF_CHECK_EQUAL(peer->receive_ready(), "head" + payload + "tail");
}

CAF_TEST(nothing is written before the end of the turn) {
  open();
  connection->out() += "x";
  CAF_CHECK_EQUAL(connection->outbox_bytes(), 1u);
  connection->flush_later();
  CAF_CHECK_EQUAL(peer->receive_ready(), "");
  settle(io);
  CAF_CHECK_EQUAL(peer->receive_ready(), "x");
}

CAF_TEST(payloads by reference and encoded bytes keep their order through a slow reader) {
  open();
  const auto large = pattern(1024 * 1024, 5);
  const auto shared = message_of(large);
  std::string expected;
  for (int i = 0; i < 8; ++i) {
    const auto head = "packet " + std::to_string(i);
    connection->out() += head;
    connection->send_payload(shared);
    expected += head + large;
  }
  CAF_CHECK_EQUAL(connection->outbox_bytes(), expected.size());
  connection->flush_later();
  CAF_CHECK(drain(expected.size()) == expected);
  CAF_CHECK(shared->unique());
  CAF_CHECK_EQUAL(io.counters().bytes_out.value(), expected.size());
}

CAF_TEST(more segments than one write takes still leave in order) {
  open();
  std::string expected;
  for (unsigned i = 0; i < 300; ++i) {
    const auto payload = pattern(1500, i);
    connection->out() += 'h';
    connection->send_payload(message_of(payload));
    expected += 'h' + payload;
  }
  connection->flush_later();
  CAF_CHECK(drain(expected.size()) == expected);
}

CAF_TEST(a full socket costs no call until it is writable again) {
  open(small_buffer);
  fill_outbox(1000);
  const auto writes = io.counters().write_calls.value();
  for (int i = 0; i < 5; ++i) {
    connection->out() += "more";
    sent += "more";
    connection->flush_later();
    settle(io);
  }
  CAF_CHECK_EQUAL(io.counters().write_calls.value(), writes);
  CAF_CHECK(drain(sent.size()) == sent);
}

CAF_TEST(a write that the socket takes wakes nobody) {
  open();
  for (int i = 0; i < 100; ++i) {
    connection->out() += "x";
    connection->flush_later();
    settle(io);
    peer->receive_ready();
    CAF_CHECK_EQUAL(io.poll(), 0u);
  }
}

CAF_TEST(on_drained comes once when the outbox falls to half of its limit) {
  open(small_buffer);
  fill_outbox(limit);
  CAF_CHECK_EQUAL(events.drained, 0);
  std::size_t at_event = 0;
  events.when_drained = [&] { at_event = connection->outbox_bytes(); };
  CAF_CHECK(drain(sent.size()) == sent);
  CAF_CHECK_EQUAL(events.drained, 1);
  CAF_CHECK_LESS_OR_EQUAL(at_event, limit / 2);
}

CAF_TEST(an outbox that was never high does not tell that it drained) {
  open(small_buffer);
  fill_outbox(1000);
  drain(sent.size());
  CAF_CHECK_EQUAL(events.drained, 0);
}

CAF_TEST(writing may go on from within on_drained) {
  open(small_buffer);
  fill_outbox(limit);
  events.when_drained = [&] {
    connection->out() += "again";
    connection->flush_later();
  };
  const auto all = drain(sent.size() + 5);
  CAF_CHECK(all == sent + "again");
}

CAF_TEST(a peer that takes nothing for the stall timeout is closed) {
  open(small_buffer);
  fill_outbox(1000);
  advance(9s);
  CAF_CHECK(!events.closed);
  advance(2s);
  CAF_REQUIRE(events.closed.has_value());
  CAF_CHECK(*events.closed == close_cause::write_stalled);
  CAF_CHECK_EQUAL(io.counters().stalls.value(), 1u);
  CAF_CHECK_GREATER(io.counters().bytes_dropped.value(), 0u);
  CAF_CHECK(!peer->receive_all()); // reset: the peer can tell that something is missing
}

CAF_TEST(a peer that takes a little now and then is not stalled) {
  open(small_buffer);
  fill_outbox(limit);
  for (int i = 0; i < 5; ++i) {
    advance(9s);
    const auto before = connection->outbox_bytes();
    while (connection->outbox_bytes() == before)
      drain(1);
    CAF_REQUIRE(!events.closed);
  }
}

CAF_TEST(time that passed while nothing waited does not count as a stall) {
  open(small_buffer);
  fill_outbox(1000);
  drain(sent.size());
  advance(60s);
  CAF_CHECK(!events.closed);
  fill_outbox(1000);
  advance(9s);
  CAF_CHECK(!events.closed);
}

CAF_TEST(a payload is shared by all outboxes it waits in) {
  open(small_buffer);
  const auto shared = message_of(pattern(2'000'000));
  connection->send_payload(shared);
  connection->flush_later();
  settle(io);
  CAF_CHECK(!shared->unique());
  connection->abort();
  settle(io);
  CAF_CHECK(shared->unique());
}

CAF_TEST_FIXTURE_SCOPE_END()
