// The session actor: CONNACK that waits until the store has a client's will.
#define CAF_SUITE session_admission
#include "tests/actors/session_fixture.hpp"
#include "zk/records.hpp"

using namespace mqttzoo;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::session_fixture;
using test::strings;

namespace {

struct admission_fixture : session_fixture {
  /// With more than any node holds: it comes with user properties, which are not bounded by 64 KiB.
  static mqtt::will make_huge_will() {
    auto w = make_will();
    w.forwarded = std::string(zk::record_bytes_max, 'x');
    return w;
  }
  /// From now on a will must be with the store before CONNACK.
  void begin_cluster() {
    join_cluster();
    enter_view(1, {});
  }
  void wait_for_refusal() {
    settle();
    for (int i = 0; i < 5; ++i)
      advance(std::chrono::seconds{1});
  }
  /// It gets one packet, and its connection is closed.
  void check_refused(client& c, reason_code why) {
    const auto heard = c.received();
    CAF_REQUIRE_EQUAL(heard.size(), 1u);
    CAF_REQUIRE(std::holds_alternative<mqtt::connack_packet>(heard[0]));
    CAF_CHECK(std::get<mqtt::connack_packet>(heard[0]).reason == why);
    CAF_CHECK(c.wire->closed);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_admission_tests, admission_fixture)

CAF_TEST(what follows CONNACK waits with it) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  const std::string large(100'000, 'x'); // goes by reference
  publisher.publish("t", large, qos::at_least_once, 1);
  publisher.publish("t", "2", qos::at_least_once, 2);
  begin_cluster();
  c.will = make_will();
  c.begin_connecting(false, 3600);
  run();
  CAF_CHECK(c.wire->out().empty());
  settle();
  CAF_CHECK(c.finish_connecting().session_present);
  strings came;
  for (const auto& p : c.early)
    if (const auto* m = std::get_if<mqtt::publish_packet>(&p))
      came.emplace_back(m->payload);
  CAF_CHECK(came == (strings{large, "2"}));
}

CAF_TEST(a client whose will no node can hold is refused and its session goes on) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  publisher.publish("t", "m", qos::at_least_once, 1);
  begin_cluster();
  c.will = make_huge_will();
  c.begin_connecting(false, 3600);
  wait_for_refusal();
  check_refused(c, reason_code::quota_exceeded);
  c.version = mqtt::protocol_version::v3_1_1;
  c.begin_connecting(false, 3600);
  wait_for_refusal();
  check_refused(c, reason_code::server_unavailable);
  CAF_CHECK_EQUAL(services.counters.connects_refused.get(), 2u);

  advance(std::chrono::seconds{1}); // it is saved without the will
  CAF_CHECK_GREATER(lost_at_unix_ms("c"), 0);
  c.version = mqtt::protocol_version::v5;
  c.will.reset();
  CAF_CHECK(c.connect(false, 3600).session_present);
  CAF_REQUIRE_EQUAL(c.early.size(), 1u);
  CAF_CHECK_EQUAL(std::get<mqtt::publish_packet>(c.early[0]).payload, "m");
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
}

CAF_TEST(with a clean session nothing of it remains) {
  client c{*this, "c"};
  c.connect();
  begin_cluster();
  const auto before = services.counters.sessions.get();
  c.will = make_huge_will();
  c.begin_connecting();
  wait_for_refusal();
  check_refused(c, reason_code::quota_exceeded);
  CAF_CHECK_EQUAL(watcher.payloads(), strings{});
  CAF_CHECK_EQUAL(services.counters.sessions.get(), before - 1);
  CAF_CHECK_EQUAL(stored_sessions(), 0u);
}

CAF_TEST(what else the store refuses is waited for) {
  client c{*this, "c"};
  c.connect(true, 3600);
  c.lose_connection();
  begin_cluster();
  c.will = make_will();
  c.begin_connecting(false, 3600);
  run();
  const auto hear = [&](std::uint64_t revision, reason_code outcome) {
    caf::anon_send(c.card->handle, actors::saved_atom::value, revision, outcome);
    run();
  };
  hear(1'000, reason_code::implementation_specific_error); // it may be back
  for (int i = 0; i < 5; ++i)
    hear(1, reason_code::quota_exceeded); // of a state without the will
  for (int i = 0; i < 4; ++i)
    hear(1'000, reason_code::quota_exceeded); // there may be room again
  CAF_CHECK(!c.wire->closed);
  CAF_CHECK(c.received().empty());
  settle();
  CAF_CHECK(c.finish_connecting().reason == reason_code::success);
}

CAF_TEST_FIXTURE_SCOPE_END()
