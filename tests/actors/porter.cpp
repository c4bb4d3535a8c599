// A carried connection: flow control in both directions, its end from both sides, and nonsense.
#define CAF_SUITE porter
#include "tests/actors/roaming_client.hpp"

using namespace mqttzoo;
using namespace mqttzoo::actors;
using client = test::roaming_client;
using strings = std::vector<std::string>;

namespace {

/// A session's part of a connection.
struct listener final : net::connection_events {
  std::size_t on_input(std::string_view input) override {
    const auto n = std::min(input.size(), takes);
    got += input.substr(0, n);
    return n;
  }
  void on_drained() override { ++drained; }
  void on_closed(net::close_cause c) override { closed = c; }

  std::size_t takes = 1 << 30;
  std::string got;
  int drained = 0;
  std::optional<net::close_cause> closed;
};

struct porter_fixture : test::pods_fixture {
  porter_fixture() { install_and_settle(1, all); }

  porter& porter_of(std::size_t pod) {
    return static_cast<porter&>(*caf::actor_cast<caf::abstract_actor*>(pods[pod]->units[0].porter));
  }

  /// For the first pod's porter.
  void hear(std::size_t from, pod_frame f) {
    caf::anon_send(pods[first]->units[0].porter, heard_atom::value,
                   member_ref{pods[first]->members[from]}, std::move(f));
    settle();
  }

  std::size_t complaints(std::size_t pod) const { return pods[pod]->complaints.size(); }

  std::uint64_t carried_now(std::size_t pod) const {
    return pods[pod]->units[0].counters.connections_carried.get();
  }
  std::uint64_t carried_ever(std::size_t pod) const {
    return pods[pod]->units[0].counters.connections_carried_ever.get();
  }
};

/// A persistent session at the first pod, its client at the third.
struct carried_fixture : porter_fixture {
  carried_fixture() : c(*this, "c") {
    client before{*this, "c"};
    before.connect(first, {false, 3600});
    before.lose_connection();
    CAF_REQUIRE(c.connect(third, {false, 3600}).session_present);
    for (auto& p : pods)
      p->sent.clear();
  }

  client c;
};

/// Only the session's side, its other side played by the test.
struct far_fixture : porter_fixture {
  far_fixture()
      : wire(std::make_shared<far_connection>(porter_of(first), pods[first]->members[third], there,
                                              client_origin{"1.2.3.4:5", "devices"})) {
    wire->attach_events(session);
    settle();
    pods[first]->sent.clear();
  }
  ~far_fixture() override {
    wire->detach_events();
    wire->abort();
  }

  std::uint32_t credit() {
    std::uint32_t all_of_it = 0;
    for (const auto& f : pods[first]->take_sent(frame_kind::credit))
      all_of_it += decode_stream_frame(f)->credit;
    return all_of_it;
  }

  const stream_address there{stream_side::client, unit_index{0}, 1};
  listener session;
  std::shared_ptr<far_connection> wire;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(far_connection_tests, far_fixture)

CAF_TEST(what is read is welcomed again) {
  const std::string chunk(stream_window_bytes / 4, 'x');
  CAF_CHECK(wire->take(chunk.substr(1)));
  settle();
  CAF_CHECK_EQUAL(credit(), 0u); // not worth a frame
  CAF_CHECK(wire->take("x"));
  settle();
  CAF_CHECK_EQUAL(credit(), chunk.size());
  CAF_CHECK_EQUAL(session.got, chunk);
}

CAF_TEST(a packet may be larger than the window) {
  session.takes = 0;
  const std::string half(stream_window_bytes / 2, 'x');
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(wire->take(half));
  settle();
  CAF_CHECK_EQUAL(credit(), 5 * half.size());
  session.takes = 1 << 30;
  CAF_CHECK(wire->take("!"));
  CAF_CHECK_EQUAL(session.got.size(), 5 * half.size() + 1);
}

CAF_TEST(who does not read bounds what comes) {
  wire->pause_reading();
  CAF_CHECK(wire->take(std::string(stream_window_bytes, 'x')));
  CAF_CHECK(!wire->take("x"));
  settle();
  CAF_CHECK_EQUAL(credit(), 0u);
  CAF_CHECK(session.got.empty());
  wire->resume_reading();
  CAF_CHECK(session.got.empty()); // not from within the call
  settle();
  CAF_CHECK_EQUAL(session.got.size(), stream_window_bytes);
  CAF_CHECK_EQUAL(credit(), stream_window_bytes);
}

CAF_TEST(what is not taken counts until it is) {
  const auto bound = pods[first]->units[0].settings.net.outbox_bytes_max;
  wire->out() += std::string(bound + 1, 'x');
  wire->flush_later();
  CAF_CHECK(pods[first]->take_sent(frame_kind::bytes).empty()); // with the end of the turn
  settle();
  std::size_t sent = 0;
  for (const auto& f : pods[first]->take_sent(frame_kind::bytes)) {
    CAF_CHECK(f.body.size() <= stream_chunk_bytes + 16);
    sent += decode_stream_frame(f)->bytes.size();
  }
  CAF_CHECK_EQUAL(sent, bound + 1);
  CAF_CHECK_EQUAL(wire->outbox_bytes(), bound + 1);
  CAF_CHECK(wire->taken(static_cast<std::uint32_t>(bound / 2)));
  CAF_CHECK_EQUAL(session.drained, 0);
  CAF_CHECK(wire->taken(1));
  CAF_CHECK_EQUAL(session.drained, 1);
  CAF_CHECK(wire->taken(1));
  CAF_CHECK_EQUAL(session.drained, 1);
  CAF_CHECK(!wire->taken(static_cast<std::uint32_t>(bound)));
}

CAF_TEST(what is written waits until it is to be sent) { // [MQTT-3.1.2-7]
  wire->detach_events();
  wire->attach_events(session);
  wire->out() += "CONNACK";
  settle();
  wire->pause_reading();
  wire->resume_reading();
  settle();
  CAF_CHECK(pods[first]->take_sent(frame_kind::bytes).empty());
  wire->flush_later();
  settle();
  const auto sent = pods[first]->take_sent(frame_kind::bytes);
  CAF_REQUIRE_EQUAL(sent.size(), 1u);
  CAF_CHECK(decode_stream_frame(sent[0])->bytes == "CONNACK");
  wire->out() += "more";
  wire->resume_reading();
  settle();
  CAF_CHECK(pods[first]->take_sent(frame_kind::bytes).empty());
}

CAF_TEST(who wrote more than is good hears when some was taken before that was sent) {
  const auto half = pods[first]->units[0].settings.net.outbox_bytes_max / 2;
  wire->out() += std::string(10, 'x');
  wire->flush_later();
  settle();
  wire->out() += std::string(half, 'x');
  wire->flush_later();
  CAF_CHECK(wire->outbox_bytes() > half);
  CAF_CHECK(wire->taken(9));
  CAF_CHECK_EQUAL(session.drained, 0);
  CAF_CHECK(wire->taken(1));
  CAF_CHECK_EQUAL(session.drained, 1);
  settle();
  CAF_CHECK_EQUAL(wire->outbox_bytes(), half);
}

CAF_TEST(what came before the end is read first) {
  wire->pause_reading();
  CAF_CHECK(wire->take("last"));
  wire->end_input(net::close_cause::by_peer);
  settle();
  CAF_CHECK(!session.closed);
  wire->resume_reading();
  settle();
  CAF_CHECK_EQUAL(session.got, "last");
  CAF_CHECK(session.closed == net::close_cause::by_peer);
  wire->out() += "x";
  wire->flush_later();
  settle();
  CAF_CHECK(pods[first]->take_sent(frame_kind::bytes).empty());
}

CAF_TEST(who waits for the client to take what it got waits no longer than it is there) {
  wire->out() += std::string(pods[first]->units[0].settings.net.outbox_bytes_max + 1, 'x');
  wire->flush_later();
  settle();
  wire->pause_reading();
  wire->end_input(net::close_cause::by_peer);
  CAF_CHECK_EQUAL(session.drained, 1);
  CAF_CHECK_EQUAL(wire->outbox_bytes(), 0u);
  CAF_CHECK(!session.closed);
  wire->resume_reading();
  settle();
  CAF_CHECK(session.closed == net::close_cause::by_peer);
  CAF_CHECK_EQUAL(session.drained, 1);
}

CAF_TEST(who wrote more than is good hears when the client ends before that was sent) {
  wire->out() += std::string(pods[first]->units[0].settings.net.outbox_bytes_max + 1, 'x');
  wire->flush_later();
  wire->pause_reading();
  wire->end_input(net::close_cause::by_peer);
  CAF_CHECK_EQUAL(session.drained, 1);
  CAF_CHECK_EQUAL(wire->outbox_bytes(), 0u);
}

CAF_TEST(what is written to a client that is gone counts for nothing) {
  wire->detach_events();
  wire->end_input(net::close_cause::by_peer);
  wire->attach_events(session);
  const auto bound = pods[first]->units[0].settings.net.outbox_bytes_max;
  wire->out() += std::string(bound + 1, 'x'); // as behind a CONNACK that waits
  CAF_CHECK_EQUAL(wire->outbox_bytes(), 0u);
  settle();
  CAF_CHECK(session.closed == net::close_cause::by_peer);
  CAF_CHECK(pods[first]->take_sent(frame_kind::bytes).empty());
}

CAF_TEST(who closes is told later and writes what it had to say) {
  wire->out() += "bye";
  wire->close();
  CAF_CHECK(!session.closed);
  settle();
  CAF_CHECK(session.closed == net::close_cause::by_us);
  CAF_REQUIRE_EQUAL(pods[first]->sent.size(), 2u);
  const auto bye = decode_stream_frame(pods[first]->sent[0]);
  CAF_CHECK(bye->bytes == "bye");
  CAF_CHECK(decode_stream_frame(pods[first]->sent[1])->how == stream_close::after_flush);
}

CAF_TEST(one that nobody holds any more is closed) {
  wire->detach_events();
  wire = std::make_shared<far_connection>(porter_of(first), pods[first]->members[third], there,
                                          client_origin{"1.2.3.4:5", "devices"});
  settle();
  const auto closed = pods[first]->take_sent(frame_kind::closed);
  CAF_REQUIRE_EQUAL(closed.size(), 1u);
  CAF_CHECK(decode_stream_frame(closed[0])->how == stream_close::at_once);
  CAF_CHECK_EQUAL(wire->peer(), "1.2.3.4:5 via pod-2-7");
  CAF_CHECK_EQUAL(wire->listener(), "devices");
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST_FIXTURE_SCOPE(porter_tests, carried_fixture)

CAF_TEST(a client that does not read holds its session back) {
  client publisher{*this, "p"};
  publisher.connect(first);
  c.subscribe("t");
  c.received_of<mqtt::suback_packet>();
  const auto bound = pods[third]->units[0].settings.net.outbox_bytes_max;
  c.wire->stuck_bytes = bound; // its socket takes nothing
  const std::string payload(50'000, 'x');
  for (int i = 0; i < 60; ++i)
    publisher.send(client::publish_bytes("t", payload));
  const auto before = c.payloads().size(); // the rest was dropped, as for any congested client
  CAF_CHECK(before > bound / payload.size() && before < 30);
  c.wire->stuck_bytes = 0;
  c.wire->events()->on_drained();
  settle();
  publisher.send(client::publish_bytes("t", "again"));
  CAF_CHECK_EQUAL(c.payloads(), strings{"again"});
}

CAF_TEST(a session that does not read holds its client back) {
  // Nothing of it is read while the topic has not come to it.
  const std::string payload(100'000, 'x');
  for (int i = 0; i < 20; ++i)
    c.write(client::publish_bytes("t", payload));
  CAF_CHECK(c.wire->paused);
  CAF_CHECK(c.unread() > 1'000'000);
  while (c.unread() > 0) {
    settle();
    CAF_REQUIRE(!c.wire->paused);
    c.write({});
  }
  settle();
  CAF_CHECK(!c.wire->closed);
  CAF_CHECK_EQUAL(complaints(first) + complaints(third), 0u);
}

CAF_TEST(the client 's end is the session' s) {
  c.will = test::make_will("will", "gone");
  c.connect(third, {false, 3600});
  client watcher{*this, "w"};
  watcher.connect(first);
  watcher.subscribe("will");
  watcher.received_of<mqtt::suback_packet>();
  c.lose_connection();
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
  CAF_CHECK_EQUAL(pods[third]->take_sent(frame_kind::closed).size(), 1u);
}

CAF_TEST(a carried client with a will is in once the store has it) { // [MQTT-3.1.2-7]
  c.lose_connection();
  pods[first]->sent.clear();
  c.will = test::make_will("will", "gone");
  c.begin_connecting(third, {false, 3600});
  run();
  CAF_CHECK_EQUAL(pods[first]->take_sent(frame_kind::opened).size(), 1u);
  CAF_CHECK(c.wire->take(mqtt::protocol_version::v5).empty());
  settle();
  CAF_CHECK(c.connack().reason == mqtt::reason_code::success);
}

CAF_TEST(a session hears of the end of a client that took nothing any more) {
  c.will = test::make_will("will", "gone");
  c.connect(third, {false, 3600});
  client watcher{*this, "w"}, publisher{*this, "p"};
  watcher.connect(first);
  watcher.subscribe("will");
  watcher.received_of<mqtt::suback_packet>();
  publisher.connect(first);
  c.subscribe("t");
  const auto bound = pods[third]->units[0].settings.net.outbox_bytes_max;
  c.wire->stuck_bytes = bound;
  for (int i = 0; i < 60; ++i)
    publisher.send(client::publish_bytes("t", std::string(50'000, 'x')));
  c.lose_connection();
  CAF_CHECK_EQUAL(watcher.payloads(), strings{"gone"});
}

CAF_TEST(connections are counted where they are carried) {
  CAF_CHECK_EQUAL(carried_now(third), 1u);
  CAF_CHECK_EQUAL(carried_now(first) + carried_ever(first), 0u); // has the session
  client elsewhere{*this, "c"};
  CAF_REQUIRE(elsewhere.connect(second, {false, 3600}).session_present);
  CAF_CHECK_EQUAL(carried_now(third), 0u);
  CAF_CHECK_EQUAL(carried_now(second), 1u);
  elsewhere.lose_connection();
  CAF_CHECK_EQUAL(carried_now(second), 0u);
  CAF_REQUIRE(c.connect(third, {false, 3600}).session_present);
  CAF_CHECK_EQUAL(carried_ever(third), 2u);
  caf::anon_send(pods[third]->units[0].porter, shut_down_atom::value);
  settle();
  CAF_CHECK_EQUAL(carried_now(third), 0u);
}

CAF_TEST(the session 's end is the client' s) {
  c.send(std::string("\xE0\x00", 2)); // DISCONNECT
  CAF_CHECK(c.wire->closed);
  CAF_CHECK(c.wire->events() == nullptr);
  CAF_CHECK_EQUAL(pods[first]->take_sent(frame_kind::closed).size(), 1u);
  CAF_CHECK(pods[third]->take_sent(frame_kind::closed).empty());
}

CAF_TEST(a departed pod takes its streams with it) {
  kill(first);
  settle();
  CAF_CHECK(c.wire->closed);
  CAF_CHECK(c.wire->events() == nullptr);
}

CAF_TEST(a session survives the pod of its client) {
  client publisher{*this, "p"};
  publisher.connect(first);
  c.subscribe("t", mqtt::qos::at_least_once);
  kill(third);
  settle();
  publisher.send(client::publish_bytes("t", "kept", mqtt::qos::at_least_once, 1));
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 1u);
  client again{*this, "c"};
  again.begin_connecting(first, {false, 3600});
  settle();
  CAF_CHECK_EQUAL(again.payloads(), strings{"kept"});
}

CAF_TEST(a client without a method cannot authenticate again) {
  mqtt::auth_packet p;
  p.reason = mqtt::reason_code::re_authenticate;
  p.authentication_method = "none";
  std::string bytes;
  encode(p, 0, bytes);
  c.send(bytes);
  CAF_CHECK(c.wire->closed);
}

CAF_TEST(a pod that stops closes what it carries) {
  caf::anon_send(pods[third]->units[0].porter, shut_down_atom::value);
  settle();
  CAF_CHECK(c.wire->closed);
  CAF_CHECK_EQUAL(pods[third]->take_sent(frame_kind::closed).size(), 1u);
}

CAF_TEST(nonsense is reported and harms nobody) {
  const stream_address carried{stream_side::session, unit_index{0}, 1};
  const stream_address no_unit{stream_side::session, unit_index{9}, 1};
  hear(third, pod_frame{frame_kind::attach, "?", nullptr});
  CAF_CHECK_EQUAL(complaints(first), 1u);
  hear(third, pod_frame{frame_kind::bytes, "?", nullptr});
  CAF_CHECK_EQUAL(complaints(first), 2u);
  hear(third, make_bytes(no_unit, "x"));
  CAF_CHECK_EQUAL(complaints(first), 3u);
  hear(third, make_credit(carried, 1u << 30));
  CAF_CHECK_EQUAL(complaints(first), 4u);
  hear(second, make_closed(carried, stream_close::at_once)); // of another pod's stream
  hear(third, make_bytes({stream_side::session, unit_index{1}, 77}, "x")); // closed, perhaps
  CAF_CHECK_EQUAL(complaints(first), 4u);
  CAF_CHECK(!c.wire->closed);
  c.send(std::string("\xC0\x00", 2)); // PINGREQ
  CAF_CHECK_EQUAL(c.received_of<mqtt::pingresp_packet>().size(), 1u);
}

CAF_TEST(a stream with a gap is closed) {
  const stream_address carried{stream_side::session, unit_index{0}, 1};
  CAF_CHECK(!c.wire->closed);
  hear(third, make_bytes(carried, std::string(stream_window_bytes + 1, 'x')));
  CAF_CHECK_EQUAL(complaints(first), 1u);
  CAF_CHECK(c.wire->closed);
}

CAF_TEST(nonsense about a client that is carried is reported) {
  const auto hear_there = [&](std::size_t from, pod_frame f) {
    caf::anon_send(pods[third]->units[0].porter, heard_atom::value,
                   member_ref{pods[third]->members[from]}, std::move(f));
    settle();
  };
  const stream_address carried{stream_side::client, unit_index{0}, 1};
  hear_there(second, make_closed(carried, stream_close::at_once));
  CAF_CHECK_EQUAL(complaints(third), 1u);
  hear_there(first, make_credit(carried, 1)); // the window is open
  CAF_CHECK_EQUAL(complaints(third), 2u);
  hear_there(first, make_not_here(carried));
  CAF_CHECK_EQUAL(complaints(third), 3u);
  CAF_CHECK(!c.wire->closed);
  hear_there(second, make_opened({stream_side::client, unit_index{0}, 99}, unit_index{0}));
  CAF_CHECK_EQUAL(pods[third]->take_sent(frame_kind::closed).size(), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
