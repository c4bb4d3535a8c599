// Input as it arrives: in pieces, in bulk, while nobody listens, and to its end.
#define CAF_SUITE net.tcp_connection_input

#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

CAF_TEST_FIXTURE_SCOPE(tcp_connection_input_tests, connection_fixture)

CAF_TEST(a packet that is split anywhere is offered whole) {
  open();
  std::vector<std::string> packets;
  events.consume = [&](std::string_view bytes) { return consume_packets(bytes, packets); };
  const std::string stream = "\x03"
                             "abc"
                             "\x05"
                             "defgh"
                             "\x01"
                             "i";
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    packets.clear();
    events.calls = 0;
    peer->send(stream.substr(0, cut));
    run_until(io, [&] { return events.calls > 0; });
    peer->send(stream.substr(cut));
    run_until(io, [&] { return packets.size() == 3; });
    CAF_CHECK_EQUAL(packets, (std::vector<std::string>{"abc", "defgh", "i"}));
  }
}

CAF_TEST(who gives a connection up gets what stands in its socket) {
  open();
  events.consume = [](std::string_view) { return std::size_t{0}; };
  peer->send("kept ");
  run_until(io, [&] { return events.calls == 1; });
  peer->send("unread");
  CAF_CHECK_EQUAL(connection->last_input(), "kept unread");
  CAF_CHECK_EQUAL(connection->last_input(), "");
}

CAF_TEST(who gives a connection up gets what stands in its socket also while it is not read) {
  open();
  connection->pause_reading();
  peer->send("unread");
  settle(io);
  CAF_CHECK_EQUAL(connection->last_input(), "unread");
  connection->resume_reading();
  settle(io);
  CAF_CHECK_EQUAL(events.calls, 0);
}

CAF_TEST(bytes that come one by one make the same packets) {
  open();
  std::vector<std::string> packets;
  events.consume = [&](std::string_view bytes) { return consume_packets(bytes, packets); };
  const auto body = pattern(200);
  const std::string stream = static_cast<char>(200) + body;
  for (const char byte : stream) {
    const auto before = io.counters().bytes_in.value();
    peer->send({&byte, 1});
    run_until(io, [&] { return io.counters().bytes_in.value() > before; });
  }
  CAF_CHECK_EQUAL(packets, (std::vector<std::string>{body}));
}

CAF_TEST(a packet larger than the scratch is collected from what arrives) {
  open();
  const auto body = pattern(1024 * 1024);
  events.consume = [&](std::string_view bytes) {
    return bytes.size() < body.size() ? 0 : body.size();
  };
  std::size_t at = 0;
  while (at < body.size()) {
    const auto n = std::min<std::size_t>(body.size() - at, 30'000);
    peer->send(std::string_view{body}.substr(at, n));
    at += n;
    const auto expected = at;
    run_until(io, [&] { return io.counters().bytes_in.value() == expected; });
  }
  settle(io);
  CAF_CHECK(events.input == body);
}

CAF_TEST(packets of 16 KiB are offered without gaps at any alignment) {
  open();
  constexpr std::size_t packet = 16 * 1024 + 7;
  events.consume = [](std::string_view bytes) { return bytes.size() - bytes.size() % packet; };
  const auto stream = pattern(packet * 64);
  for (std::size_t at = 0; at < stream.size();) {
    const auto n = std::min<std::size_t>(stream.size() - at, 50'000 + at % 40'000);
    peer->send(std::string_view{stream}.substr(at, n));
    at += n;
    const auto expected = at;
    run_until(io, [&] { return io.counters().bytes_in.value() == expected; });
  }
  settle(io);
  CAF_CHECK(events.input == stream);
}

CAF_TEST(one receive serves a readable socket and nothing else is called) {
  open();
  const auto reads = io.counters().read_calls.value();
  for (int i = 0; i < 10; ++i) {
    const auto before = events.input.size();
    peer->send("ping");
    run_until(io, [&] { return events.input.size() > before; });
  }
  settle(io);
  CAF_CHECK_EQUAL(io.counters().read_calls.value() - reads, 10u);
}

CAF_TEST(a peer that floods gets one receive a turn) {
  open();
  auto second = make_pair();
  recorder quiet;
  const auto other = tcp_connection::adopt(io, std::move(second.ours));
  other->attach_events(quiet);
  settle(io);
  int flood_calls_before_quiet = 0;
  quiet.consume = [&](std::string_view bytes) {
    flood_calls_before_quiet = events.calls;
    return bytes.size();
  };
  // The flood is more than several scratches, and there before the other's byte.
  const auto flood = pattern(64 * 1024);
  std::size_t sent_bytes = 0;
  while (::send(peer->fd(), flood.data(), flood.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
    sent_bytes += flood.size();
  CAF_REQUIRE_GREATER(sent_bytes, 4 * loop::scratch_bytes);
  second.theirs.send("x");
  run_until(io, [&] { return !quiet.input.empty(); });
  CAF_CHECK_LESS_OR_EQUAL(flood_calls_before_quiet, 2);
}

CAF_TEST(no input is offered while reading is paused) {
  open();
  connection->pause_reading();
  peer->send("abc");
  settle(io);
  CAF_CHECK_EQUAL(events.calls, 0);
  connection->resume_reading();
  CAF_CHECK_EQUAL(events.calls, 0); // never from within a call
  run_until(io, [&] { return events.calls > 0; });
  CAF_CHECK_EQUAL(events.input, "abc");
}

CAF_TEST(input that was left when reading paused comes again without new bytes) {
  open();
  events.consume = [&](std::string_view bytes) -> std::size_t {
    if (events.calls > 1)
      return bytes.size();
    connection->pause_reading();
    return 1;
  };
  peer->send("abc");
  run_until(io, [&] { return events.calls == 1; });
  settle(io);
  CAF_CHECK_EQUAL(events.calls, 1);
  connection->resume_reading();
  settle(io);
  CAF_CHECK_EQUAL(events.offered, "bc");
  CAF_CHECK_EQUAL(events.input, "abc");
}

CAF_TEST(a pause that ends within the same call loses nothing) {
  open();
  events.consume = [&](std::string_view bytes) -> std::size_t {
    connection->pause_reading();
    connection->resume_reading();
    return events.calls == 1 ? 1 : bytes.size();
  };
  peer->send("abc");
  run_until(io, [&] { return events.input == "abc"; });
}

CAF_TEST(new events get what the old ones left) {
  open();
  recorder second;
  events.consume = [&](std::string_view) -> std::size_t {
    connection->detach_events();
    return 2;
  };
  peer->send("abcd");
  run_until(io, [&] { return events.calls == 1; });
  peer->send("ef");
  settle(io);
  connection->attach_events(second);
  CAF_CHECK_EQUAL(second.calls, 0);
  run_until(io, [&] { return second.input.size() == 4; });
  CAF_CHECK_EQUAL(second.input, "cdef");
  CAF_CHECK_EQUAL(events.calls, 1);
}

CAF_TEST(the last packet of a peer that closes at once is read before its end) {
  for (const bool paused : {false, true}) {
    events = {};
    open();
    if (paused)
      connection->pause_reading();
    peer->send("last");
    peer->close();
    settle(io);
    if (paused) {
      CAF_CHECK(!events.closed);
      connection->resume_reading();
    }
    run_until(io, [&] { return events.closed.has_value(); });
    CAF_CHECK_EQUAL(events.input, "last");
    CAF_CHECK(events.closed == close_cause::by_peer);
  }
}

CAF_TEST(input left at the end of the stream is offered to new events before the end) {
  open();
  events.consume = [&](std::string_view) -> std::size_t {
    connection->detach_events();
    return 1;
  };
  peer->send("abc");
  peer->close();
  run_until(io, [&] { return events.calls == 1; });
  settle(io);
  recorder second;
  connection->attach_events(second);
  run_until(io, [&] { return second.closed.has_value(); });
  CAF_CHECK_EQUAL(second.input, "bc");
}

CAF_TEST(the end of the stream waits for a pause that begins with the last input) {
  open();
  events.consume = [&](std::string_view bytes) -> std::size_t {
    connection->pause_reading();
    return events.calls == 1 ? 1 : bytes.size();
  };
  peer->send("abc");
  run_until(io, [&] { return events.calls == 1; });
  peer->close();
  settle(io);
  connection->resume_reading();
  settle(io);
  CAF_CHECK_EQUAL(events.input, "abc");
  CAF_CHECK(!events.closed);
  connection->resume_reading();
  settle(io);
  CAF_CHECK(events.closed == close_cause::by_peer);
}

CAF_TEST(what a peer sent before its reset is still read when writing fails first) {
  open();
  connection->pause_reading();
  peer->send("disconnect");
  settle(io);
  peer->reset();
  for (int i = 0; i < 3; ++i) {
    connection->out() += "answer";
    connection->flush_later();
    settle(io);
  }
  CAF_CHECK(!events.closed);
  CAF_CHECK_EQUAL(connection->outbox_bytes(), 0u);
  connection->resume_reading();
  run_until(io, [&] { return events.closed.has_value(); });
  CAF_CHECK_EQUAL(events.input, "disconnect");
}

CAF_TEST(a connection may be closed and dropped from within its own input) {
  open();
  events.consume = [&](std::string_view bytes) {
    const std::string before{bytes};
    connection->detach_events();
    connection->abort();
    connection = nullptr;
    CAF_CHECK_EQUAL(bytes, before); // the input outlives its connection until we return
    return bytes.size();
  };
  peer->send("abc");
  run_until(io, [&] { return !connection; });
  settle(io);
  CAF_CHECK_EQUAL(events.calls, 1);
}

CAF_TEST(a long kept input outlives an abort from within its own offer) {
  open();
  const auto body = pattern(100'000);
  std::string seen;
  events.consume = [&](std::string_view bytes) -> std::size_t {
    if (bytes.size() < body.size())
      return 0;
    connection->detach_events();
    connection->abort();
    seen = bytes;
    return 0;
  };
  for (std::size_t at = 0; at < body.size(); at += 20'000) {
    peer->send(std::string_view{body}.substr(at, 20'000));
    const auto expected = at + 20'000;
    run_until(io, [&] { return io.counters().bytes_in.value() == expected; });
  }
  CAF_CHECK(seen == body);
}

CAF_TEST_FIXTURE_SCOPE_END()
