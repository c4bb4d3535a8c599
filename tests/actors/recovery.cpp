// What one pod stored the next one finds: sessions, mail in its order, QoS 2 states, retained
// messages, wills.
#define CAF_SUITE recovery
#include "tests/actors/books.hpp"
#include "tests/actors/fixture.hpp"
#include "tests/scratch_directory.hpp"
#include "zk/message_parts.hpp"

#include <future>
#include <optional>

using namespace mqttzoo;
using mqtt::packet_type;
using mqtt::qos;
using mqtt::reason_code;
using test::client;
using test::strings;

namespace {

constexpr std::uint32_t kept_s = 3600;

struct recovery_fixture {
  core::manual_clock clock;
  test::scratch_directory directory;
  std::optional<test::pod_fixture> pod;

  recovery_fixture() { begin(); }

  std::unique_ptr<zk::embedded_store> open_store() {
    zk::embedded_options options;
    options.path = directory.path();
    options.clock = &clock;
    return std::move(zk::embedded_store::open(options).value());
  }

  actors::recovered recover() {
    auto store = open_store();
    return std::move(actors::recover(*store, zk::paths{}, clock).value());
  }

  void begin() { pod.emplace(test::pod_options{directory.path(), &clock, recover()}); }

  /// As with SIGKILL: what no session or topic has sent to the store by now is lost.
  void crash() {
    pod->crash();
    pod.reset();
  }

  void restart() {
    crash();
    begin();
  }

  strings early_payloads(const client& c) {
    strings found;
    for (const auto& p : c.early)
      if (const auto* m = std::get_if<mqtt::publish_packet>(&p))
        found.emplace_back(m->payload);
    return found;
  }

  void allow_large() {
    pod->services.settings.mqtt.packet_bytes_max = 4 << 20;
    pod->services.limits = actors::make_limits(pod->services.settings);
  }

  void check_nothing_held() {
    CAF_CHECK_EQUAL(pod->mails(), 0u);
    const auto b = test::read_books(*pod->store, zk::paths{});
    CAF_CHECK_EQUAL(b.held, 0);
    CAF_CHECK_EQUAL(b.sum(), b.total);
  }

  void write_raw(const std::string& path, const std::string& data) {
    auto store = open_store();
    std::promise<void> done;
    zk::inline_executor here;
    store->create(here, path, data, zk::create_mode::persistent, [&](auto) { done.set_value(); });
    done.get_future().wait();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(recovery_tests, recovery_fixture)

CAF_TEST(a session and its subscriptions are there again) {
  client c{*pod, "c"}, clean{*pod, "clean"};
  clean.connect();
  c.connect(true, kept_s);
  c.subscribe("a/+", qos::exactly_once);
  c.subscribe("gone");
  c.unsubscribe("gone");
  restart();
  client again{*pod, "c"}, clean_again{*pod, "clean"}, publisher{*pod, "p"};
  CAF_CHECK(again.connect(false, kept_s).session_present);
  CAF_CHECK(!clean_again.connect(false, kept_s).session_present);
  publisher.connect();
  publisher.publish("a/b", "1");
  publisher.publish("gone", "2");
  CAF_CHECK_EQUAL(again.payloads(), strings{"1"});
}

CAF_TEST(mail comes in the order it was published) {
  client c{*pod, "c"}, publisher{*pod, "p"};
  c.connect(true, kept_s);
  c.subscribe("#", qos::at_least_once);
  c.lose_connection();
  publisher.connect();
  strings expected;
  for (std::uint16_t i = 1; i <= 30; ++i) {
    expected.push_back(std::to_string(i));
    publisher.publish("t/" + std::to_string(i % 7), expected.back(), qos::at_least_once, i);
  }
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 30u);
  restart();
  client again{*pod, "c"}, next{*pod, "p"};
  next.connect();
  next.publish("t/1", "after", qos::at_least_once, 1);
  expected.push_back("after");
  again.connect(false, kept_s);
  CAF_CHECK_EQUAL(early_payloads(again), expected);
  for (const auto& p : again.early)
    again.acknowledge(packet_type::puback, std::get<mqtt::publish_packet>(p).id);
  CAF_CHECK_EQUAL(pod->mails() + pod->pointers(), 0u);
}

// [MQTT-4.4.0-1] [MQTT-4.4.0-1 v3]
CAF_TEST(QoS 2 deliveries go on where they were) {
  client c{*pod, "c"}, publisher{*pod, "p"};
  c.connect(true, kept_s);
  c.subscribe("t", qos::exactly_once);
  c.received();
  publisher.connect();
  publisher.publish("t", "sent", qos::exactly_once, 1);
  publisher.publish("t", "released", qos::exactly_once, 2);
  auto got = c.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 2u);
  const auto sent = got[0].id, released = got[1].id;
  c.acknowledge(packet_type::pubrec, released);
  CAF_CHECK_EQUAL(c.received_of<mqtt::ack_packet>().size(), 1u);
  restart();
  client again{*pod, "c"};
  again.connect(false, kept_s);
  CAF_REQUIRE_EQUAL(again.early.size(), 2u);
  const auto& publish = std::get<mqtt::publish_packet>(again.early[0]);
  CAF_CHECK(publish.id == sent);
  CAF_CHECK(publish.dup);
  CAF_CHECK_EQUAL(publish.payload, "sent");
  const auto& pubrel = std::get<mqtt::ack_packet>(again.early[1]);
  CAF_CHECK(pubrel.type == packet_type::pubrel);
  CAF_CHECK(pubrel.id == released);
  again.acknowledge(packet_type::pubcomp, released);
  again.acknowledge(packet_type::pubrec, sent);
  again.acknowledge(packet_type::pubcomp, sent);
  CAF_CHECK_EQUAL(pod->mails() + pod->pointers(), 0u);
}

CAF_TEST(a QoS 2 publish that was acknowledged is not published again) { // [MQTT-4.3.3-10]
  client c{*pod, "c"}, watcher{*pod, "w"};
  c.connect(true, kept_s);
  watcher.connect(true, kept_s);
  watcher.subscribe("t", qos::at_least_once);
  c.publish("t", "once", qos::exactly_once, 5);
  restart();
  client again{*pod, "c"}, watcher_again{*pod, "w"};
  again.connect(false, kept_s);
  watcher_again.connect(false, kept_s);
  again.publish("t", "once", qos::exactly_once, 5);
  CAF_CHECK_EQUAL(again.received_of<mqtt::ack_packet>().size(), 1u);
  CAF_CHECK_EQUAL(early_payloads(watcher_again), strings{"once"});
  CAF_CHECK_EQUAL(watcher_again.payloads(), strings{});
  again.acknowledge(packet_type::pubrel, mqtt::packet_id{5});
  CAF_CHECK_EQUAL(pod->received_ids(), 0u);
}

CAF_TEST(retained messages are there again) {
  client publisher{*pod, "p"};
  publisher.connect();
  publisher.publish("a", "1", qos::at_least_once, 1, true);
  publisher.publish("a", "2", qos::at_least_once, 2, true);
  publisher.publish("b", "3", qos::at_least_once, 3, true);
  publisher.publish("b", "", qos::at_least_once, 4, true);
  restart();
  client reader{*pod, "r"};
  reader.connect();
  reader.subscribe("#", qos::at_least_once);
  const auto got = reader.received_of<mqtt::publish_packet>();
  CAF_REQUIRE_EQUAL(got.size(), 1u);
  CAF_CHECK_EQUAL(got[0].payload, "2");
  CAF_CHECK(got[0].retain);
  CAF_CHECK(got[0].qos == qos::at_least_once);
}

CAF_TEST(a session that was over meanwhile is over) {
  client c{*pod, "c"}, publisher{*pod, "p"};
  c.connect(true, 100);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  publisher.connect();
  publisher.publish("t", "m", qos::at_least_once, 1);
  crash();
  clock.advance(std::chrono::seconds{101});
  begin();
  pod->advance(std::chrono::seconds{0});
  CAF_CHECK_EQUAL(pod->stored_sessions() + pod->mails() + pod->pointers(), 0u);
  client again{*pod, "c"};
  CAF_CHECK(!again.connect(false, 100).session_present);
}

CAF_TEST(the will of a client that died with the pod is published) {
  client c{*pod, "c"}, watcher{*pod, "w"};
  watcher.connect(true, kept_s);
  watcher.subscribe("will", qos::at_least_once);
  c.will.emplace();
  c.will->topic = "will";
  c.will->payload = "gone";
  c.will->qos = qos::at_least_once;
  c.will->delay_interval_s = 10;
  c.connect(true, kept_s);
  restart();
  client again{*pod, "w"};
  again.connect(false, kept_s);
  pod->advance(std::chrono::seconds{9});
  CAF_CHECK_EQUAL(again.payloads(), strings{});
  pod->advance(std::chrono::seconds{1});
  CAF_CHECK_EQUAL(again.payloads(), strings{"gone"});
}

CAF_TEST(mail without an addressee is removed) {
  crash();
  const zk::paths paths;
  zk::mail_record record;
  record.topic = "t";
  const auto path = paths.mail_drop("t", zk::mail_name{0, 0, zk::session_id{1}, 1});
  write_raw(std::string{zk::parent_of(paths.topic_bucket("t"))}, {});
  write_raw(paths.topic_bucket("t"), {});
  write_raw(path, zk::encode_mail(record).value());
  begin();
  CAF_CHECK_EQUAL(pod->mails(), 0u);
}

CAF_TEST(a pod among others finds retained messages and leaves the rest alone) {
  client publisher{*pod, "p"}, c{*pod, "c"};
  c.connect(true, kept_s);
  publisher.connect();
  publisher.publish("kept", "1", qos::at_least_once, 1, true);
  crash();
  const zk::paths paths;
  zk::mail_record mail;
  mail.topic = "t";
  const auto unwanted = paths.mail_drop("t", zk::mail_name{0, 0, zk::session_id{1}, 1});
  write_raw(std::string{zk::parent_of(paths.topic_bucket("t"))}, {});
  write_raw(paths.topic_bucket("t"), {});
  write_raw(unwanted, zk::encode_mail(mail).value());
  zk::retained_record removed; // it was about to be removed
  removed.topic = "removed";
  const auto tombstone = paths.retained("removed");
  write_raw(std::string{zk::parent_of(zk::parent_of(tombstone))}, {});
  write_raw(std::string{zk::parent_of(tombstone)}, {});
  write_raw(tombstone, zk::encode_retained(removed).value());
  {
    auto store = open_store();
    const auto found =
        actors::recover(*store, paths, clock, actors::recovery_scope::retained).value();
    CAF_CHECK(found.sessions.empty());
    CAF_REQUIRE_EQUAL(found.retained.size(), 1u);
    CAF_CHECK_EQUAL(found.retained[0]->topic(), "kept");
    std::vector<std::string> ordered;
    for (const auto& [topic, zxid] : found.retained_zxids) {
      ordered.push_back(topic);
      CAF_CHECK_GREATER(zxid, 0);
    }
    CAF_CHECK_EQUAL(ordered.size(), 2u);
  }
  pod.emplace(test::pod_options{directory.path(), &clock, {}});
  CAF_CHECK_EQUAL(pod->mails(), 1u);
  CAF_CHECK_EQUAL(pod->stored_sessions(), 1u);
}

CAF_TEST(messages in parts come whole) {
  const std::string large(2 * zk::part_bytes_max, 'x');
  client c{*pod, "c"}, publisher{*pod, "p"};
  c.connect(true, kept_s);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  allow_large();
  publisher.connect();
  publisher.publish("t", large + '1', qos::at_least_once, 1);
  publisher.publish("kept", large + '2', qos::at_least_once, 2, true);
  CAF_CHECK_EQUAL(publisher.received_of<mqtt::ack_packet>().size(), 2u);
  restart();
  CAF_CHECK_EQUAL(pod->mails(), 2u);
  client again{*pod, "c"}, reader{*pod, "r"}, remover{*pod, "p"};
  again.connect(false, kept_s);
  CAF_CHECK(early_payloads(again) == strings{large + '1'});
  again.acknowledge(packet_type::puback, std::get<mqtt::publish_packet>(again.early.at(0)).id);
  reader.connect();
  reader.subscribe("kept");
  CAF_CHECK(reader.payloads() == strings{large + '2'});
  remover.connect();
  remover.publish("kept", "", qos::at_least_once, 1, true);
  check_nothing_held();
}

CAF_TEST(wherever a crash came a message in parts is there if it was acknowledged) {
  constexpr unsigned steps_max = 12;
  const std::string large(2 * zk::part_bytes_max, 'x');
  unsigned acknowledged = 0;
  for (unsigned steps = 0; steps < steps_max; ++steps) {
    std::size_t acks = 0;
    {
      client c{*pod, "c"}, publisher{*pod, "p"};
      c.connect(true, kept_s);
      c.subscribe("t", qos::at_least_once);
      c.lose_connection();
      allow_large();
      publisher.connect();
      publisher.write(client::publish_bytes("t", large, qos::at_least_once, 1) +
                      client::publish_bytes("kept", large, qos::at_least_once, 2, true));
      for (unsigned n = 0; n < steps; ++n) {
        pod->run();
        pod->store->run_turn();
      }
      pod->run();
      for (const auto& ack : publisher.received_of<mqtt::ack_packet>())
        acks += mqtt::is_failure(ack.reason) ? 0 : 1;
    }
    restart();
    client again{*pod, "c"}, reader{*pod, "r"}, remover{*pod, "p"};
    again.connect(false, kept_s);
    reader.connect();
    reader.subscribe("kept");
    const auto mail = early_payloads(again);
    const auto retained = reader.payloads();
    CAF_CHECK(mail.empty() || mail == strings{large});
    CAF_CHECK(retained.empty() || retained == strings{large});
    CAF_CHECK_GREATER_OR_EQUAL(mail.size() + retained.size(), acks);
    acknowledged += acks > 0;
    again.connect(true, 0);
    remover.connect();
    remover.publish("kept", "", qos::at_least_once, 1, true);
    check_nothing_held();
  }
  CAF_CHECK_GREATER(acknowledged, 0u);
  CAF_CHECK_LESS(acknowledged, steps_max);
}

CAF_TEST(damaged records are left alone and do no harm) {
  client c{*pod, "c"}, publisher{*pod, "p"};
  c.connect(true, kept_s);
  c.subscribe("t", qos::at_least_once);
  c.lose_connection();
  publisher.connect();
  publisher.publish("t", "good", qos::at_least_once, 1);
  crash();
  const zk::paths paths;
  const auto session = paths.session(client_id{"c"});
  write_raw(zk::paths::pointer_prefix(session) + "0000000099", "nonsense");
  write_raw(zk::paths::received(session, 7), "nonsense");
  write_raw(std::string{zk::parent_of(session)} + "/0123456789abcdef", "nonsense");
  write_raw(std::string{zk::parent_of(zk::parent_of(paths.retained("r")))}, {});
  write_raw(std::string{zk::parent_of(paths.retained("r"))}, {});
  write_raw(paths.retained("r"), "nonsense");
  write_raw(paths.mail_drop("t", zk::mail_name{0, 0, zk::session_id{99}, 1}), "nonsense");
  begin();
  client again{*pod, "c"};
  CAF_CHECK(again.connect(false, kept_s).session_present);
  CAF_CHECK_EQUAL(early_payloads(again), strings{"good"});
  again.acknowledge(packet_type::puback, std::get<mqtt::publish_packet>(again.early.at(0)).id);
  CAF_CHECK_EQUAL(pod->mails(), 1u);
  CAF_CHECK_EQUAL(pod->pointers(), 1u);
  CAF_CHECK_EQUAL(pod->received_ids(), 1u);
  CAF_CHECK_EQUAL(pod->nodes_below(paths.retained(), ""), 1u);
}

CAF_TEST_FIXTURE_SCOPE_END()
