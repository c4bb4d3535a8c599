// Accounts and access rules in a pod: who comes in, what they may do, and what a reload changes.
#define CAF_SUITE accounts
#include "auth/policy.hpp"
#include "tests/actors/fixture.hpp"
#include "tests/actors/knock.hpp"
#include "tests/scratch_directory.hpp"

#include <fstream>

using namespace mqttzoo;
using mqtt::login_outcome;
using mqtt::reason_code;

namespace {

// mosquitto_passwd -b FILE dave d4ve; -b FILE alice 'wonder land'
const std::string dave =
    "dave:$6$MNXUJc4q4YoSYQWq$M/"
    "FOH5GtMv3gV+9GWf5SzSJ+lvWSrRBU7w1kttaoj7vjvsJJnFQ+c1FDljZ9cWG8E+9h4Cop/s2sGm7hZLl9bw==\n";
const std::string alice = "alice:$7$101$L+tbZf85lyj16/9p$YL2UrV2oOLLpqiuL/L9HvXjhEVqL5LHgz/"
                          "pRdX6D4Xj0m6d4bXVqCLwjbHHPYYWS987lvv8GoiMgwFdefFUTeg==\n";

using wire = std::shared_ptr<test::fake_connection>;

struct accounts_fixture : test::pod_fixture {
  test::scratch_directory scratch;
  core::auth_settings auth = core::settings{}.auth;

  accounts_fixture() {
    auth.anonymous = core::anonymous_rule::refuse;
    write(auth.passwords = scratch.path() + "/passwords", dave + alice);
    install();
  }

  static void write(const std::string& path, const std::string& text) {
    std::ofstream{path} << text;
  }

  void rules(const std::string& text) {
    write(auth.acl = scratch.path() + "/acl", text);
    install();
  }

  /// As a pod reads its files.
  void install() {
    const auto read = auth::policy::load(auth);
    CAF_REQUIRE(read.has_value());
    for (auto* u : pod.units) {
      u->policy = *read;
      caf::anon_send(u->doorman, actors::judge_atom::value);
    }
    settle();
  }

  wire come_in(const std::string& user, const std::string& password, mqtt::connect_packet p = {}) {
    if (p.client_id.empty())
      p.client_id = "c-" + user;
    if (!user.empty()) {
      p.user_name = user;
      p.password = password;
    }
    auto w = test::knock(*this, p);
    return w;
  }

  /// With the verdict.
  wire connect(const std::string& user, const std::string& password, mqtt::connect_packet p = {}) {
    auto w = come_in(user, password, std::move(p));
    workers.run();
    settle();
    return w;
  }

  void send(const wire& w, const std::string& bytes) {
    if (auto* events = w->events())
      events->on_input(bytes);
    settle();
  }

  template<class T>
  static T next(const wire& w, mqtt::protocol_version version = mqtt::protocol_version::v5) {
    auto packets = w->take(version);
    if (packets.size() != 1 || !std::holds_alternative<T>(packets[0]))
      CAF_FAIL("expected one packet of another type, and there are " << packets.size());
    return std::get<T>(packets[0]);
  }
  static reason_code connack(const wire& w) { return next<mqtt::connack_packet>(w).reason; }

  std::uint64_t count(login_outcome o) {
    return services.counters.logins[static_cast<std::size_t>(o)].get();
  }

  reason_code subscribe(const wire& w, const std::string& filter, mqtt::qos q = {}) {
    mqtt::subscribe_packet p;
    p.id = mqtt::packet_id{1};
    p.entries.push_back({filter, {}});
    p.entries[0].options.qos = q;
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, bytes);
    send(w, bytes);
    return next<mqtt::suback_packet>(w).reasons.at(0);
  }

  void publish(const wire& w, const std::string& topic, mqtt::qos q = {}) {
    mqtt::publish_packet p;
    p.topic = topic;
    p.payload = "x";
    p.qos = q;
    p.id = q == mqtt::qos::at_most_once ? mqtt::packet_id::none : mqtt::packet_id{7};
    std::string bytes;
    encode(p, mqtt::protocol_version::v5, 0, bytes);
    send(w, bytes);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(accounts_tests, accounts_fixture)

CAF_TEST(the right password lets in and the verdict is awaited) {
  auto w = come_in("dave", "d4ve");
  CAF_CHECK(w->take(mqtt::protocol_version::v5).empty());
  CAF_CHECK_EQUAL(workers.waiting(), 1u);
  CAF_CHECK_EQUAL(services.counters.logins_waiting.get(), 1u);
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 0u);
  // What the client sends meanwhile is its session's. [MQTT-3.1.4-5]
  CAF_CHECK_EQUAL(w->events()->on_input(std::string{"\xC0\x00", 2}), 0u);
  CAF_CHECK(w->paused);
  workers.run();
  settle();
  CAF_CHECK(connack(w) == reason_code::success);
  CAF_CHECK(!w->paused);
  CAF_CHECK_EQUAL(count(login_outcome::accepted), 1u);
  CAF_CHECK_EQUAL(services.counters.logins_waiting.get(), 0u);
}

CAF_TEST(wrong passwords and unknown users hear the same) { // [MQTT-3.1.4-2] [MQTT-3.2.2-7]
  for (const auto* user : {"dave", "nobody"}) {
    auto w = connect(user, "wrong");
    const auto answer = next<mqtt::connack_packet>(w);
    CAF_CHECK(answer.reason == reason_code::bad_user_name_or_password);
    CAF_CHECK_EQUAL(answer.reason_string, "the user name or the password is wrong");
    CAF_CHECK(w->closed);
  }
  CAF_CHECK_EQUAL(count(login_outcome::wrong_password), 1u);
  CAF_CHECK_EQUAL(count(login_outcome::unknown_user), 1u);
  CAF_CHECK_EQUAL(services.counters.connects_refused.get(), 2u);
}

CAF_TEST(return codes of 3x) { // [MQTT-3.2.2-6 v3]
  mqtt::connect_packet p;
  p.version = mqtt::protocol_version::v3_1_1;
  auto code = [&](const char* user, const char* password) {
    return next<mqtt::connack_packet>(connect(user, password, p), p.version).reason;
  };
  CAF_CHECK(code("dave", "wrong") == reason_code::bad_user_name_or_password); // 4
  p.client_id = "c";
  CAF_CHECK(code("", "") == reason_code::not_authorized); // 5
}

CAF_TEST(clients without a name are refused at once) {
  auto w = come_in("", "");
  CAF_CHECK(connack(w) == reason_code::not_authorized);
  CAF_CHECK_EQUAL(workers.waiting(), 0u);
  CAF_CHECK_EQUAL(count(login_outcome::anonymous_refused), 1u);
}

CAF_TEST(more than may wait are refused as busy) {
  services.settings.auth.waiting_max = 1;
  auto first = come_in("dave", "d4ve");
  auto refused = come_in("alice", "wonder land");
  CAF_CHECK(connack(refused) == reason_code::server_busy);
  CAF_CHECK_EQUAL(count(login_outcome::busy), 1u);
  workers.run();
  settle();
  CAF_CHECK(connack(first) == reason_code::success);
  CAF_CHECK(connack(connect("alice", "wonder land")) == reason_code::success);
}

CAF_TEST(a verdict that comes too late is for nobody) {
  auto w = come_in("dave", "d4ve");
  advance(services.settings.net.connect_timeout);
  CAF_CHECK(connack(w) == reason_code::server_unavailable);
  CAF_CHECK(w->closed);
  auto gone = come_in("alice", "wonder land");
  gone->events()->on_closed(net::close_cause::by_peer);
  CAF_CHECK_EQUAL(workers.run(), 2u);
  settle();
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 0u);
  CAF_CHECK_EQUAL(services.counters.logins_waiting.get(), 0u);
}

CAF_TEST(publishing is permitted or refused) { // [MQTT-3.3.5-2 v3]
  rules("user dave\ntopic write w/#\n");
  auto w = connect("dave", "d4ve");
  connack(w);
  publish(w, "w/1", mqtt::qos::at_least_once);
  CAF_CHECK(!mqtt::is_failure(next<mqtt::ack_packet>(w).reason));
  publish(w, "x", mqtt::qos::at_least_once);
  CAF_CHECK(next<mqtt::ack_packet>(w).reason == reason_code::not_authorized);
  publish(w, "x", mqtt::qos::exactly_once);
  const auto pubrec = next<mqtt::ack_packet>(w);
  CAF_CHECK(pubrec.type == mqtt::packet_type::pubrec);
  CAF_CHECK(pubrec.reason == reason_code::not_authorized);
  publish(w, "x");
  CAF_CHECK(w->take(mqtt::protocol_version::v5).empty());
  CAF_CHECK(!w->closed);
  CAF_CHECK_EQUAL(services.counters.publishes_denied.get(), 3u);
}

CAF_TEST(subscriptions are permitted or refused one by one) {
  rules("user dave\ntopic read r/#\n");
  auto w = connect("dave", "d4ve");
  connack(w);
  CAF_CHECK(subscribe(w, "r/+") == reason_code::success);
  CAF_CHECK(subscribe(w, "#") == reason_code::success); // some of it may be read
  CAF_CHECK(subscribe(w, "$share/g/r/+") == reason_code::success);
  CAF_CHECK(subscribe(w, "x/#") == reason_code::not_authorized);
  CAF_CHECK(subscribe(w, "$share/g/x") == reason_code::not_authorized);
  CAF_CHECK_EQUAL(services.counters.subscriptions_denied.get(), 2u);
}

CAF_TEST(what may not be read is not delivered) {
  rules("user dave\ntopic read r/#\ntopic deny r/secret\nuser alice\ntopic #\n");
  auto reader = connect("dave", "d4ve");
  auto writer = connect("alice", "wonder land");
  connack(reader);
  connack(writer);
  for (const auto q : {mqtt::qos::at_most_once, mqtt::qos::at_least_once}) {
    subscribe(reader, "#", q);
    for (const auto* topic : {"x", "r/secret", "r"}) {
      publish(writer, topic, q);
      writer->take(mqtt::protocol_version::v5);
    }
    const auto got = next<mqtt::publish_packet>(reader);
    CAF_CHECK_EQUAL(got.topic, "r");
  }
  CAF_CHECK_EQUAL(services.counters.deliveries_denied.get(), 4u);
}

CAF_TEST(another user does not inherit what waits for a session) {
  rules("user dave\ntopic read d/#\nuser alice\ntopic a/#\ntopic write d/#\n");
  mqtt::connect_packet p;
  p.client_id = "shared";
  p.clean_start = false;
  p.session_expiry_interval_s = 1000;
  auto reader = connect("dave", "d4ve", p);
  connack(reader);
  subscribe(reader, "#", mqtt::qos::at_least_once);
  reader->events()->on_closed(net::close_cause::by_peer);
  settle();
  auto writer = connect("alice", "wonder land");
  connack(writer);
  publish(writer, "d/private", mqtt::qos::at_least_once);
  CAF_CHECK(!mqtt::is_failure(next<mqtt::ack_packet>(writer).reason));
  CAF_CHECK_EQUAL(mails(), 1u);
  auto other = connect("alice", "wonder land", p);
  settle();
  const auto answer = next<mqtt::connack_packet>(other); // and nothing behind it
  CAF_CHECK(answer.session_present);
  CAF_CHECK_EQUAL(services.counters.deliveries_denied.get(), 1u);
  CAF_CHECK_EQUAL(mails(), 0u); // nor does it wait any longer
}

CAF_TEST(a will that may not be published keeps its client out) {
  rules("user dave\ntopic write w/#\n");
  mqtt::connect_packet p;
  p.will.emplace();
  p.will->topic = "x";
  auto w = connect("dave", "d4ve", p);
  CAF_CHECK(connack(w) == reason_code::not_authorized);
  CAF_CHECK(w->closed);
  p.will->topic = "w/1";
  CAF_CHECK(connack(connect("dave", "d4ve", p)) == reason_code::success);
}

CAF_TEST(a reload changes what sessions may do) {
  auto w = connect("dave", "d4ve");
  connack(w);
  CAF_CHECK(subscribe(w, "r") == reason_code::success);
  publish(w, "r");
  next<mqtt::publish_packet>(w);
  rules("user dave\ntopic write r\n");
  publish(w, "r");
  CAF_CHECK(w->take(mqtt::protocol_version::v5).empty()); // no more to be read
  rules("user dave\ntopic read r\n");
  publish(w, "r", mqtt::qos::at_least_once);
  CAF_CHECK(next<mqtt::ack_packet>(w).reason == reason_code::not_authorized);
  auth.acl.clear();
  install();
  publish(w, "r");
  next<mqtt::publish_packet>(w);
}

CAF_TEST(a reload sends away who would not be let in) {
  auto w = connect("dave", "d4ve");
  auto stays = connect("alice", "wonder land");
  connack(w);
  connack(stays);
  install(); // nothing changed
  CAF_CHECK(!w->closed);
  write(auth.passwords, alice);
  install();
  CAF_CHECK(next<mqtt::disconnect_packet>(w).reason == reason_code::not_authorized);
  CAF_CHECK(w->closed);
  CAF_CHECK(!stays->closed);
  CAF_CHECK_EQUAL(services.counters.clients_judged_out.get(), 1u);
}

CAF_TEST(a reload while a password is checked counts) {
  auto w = come_in("dave", "d4ve");
  write(auth.passwords, alice);
  install();
  workers.run();
  settle();
  CAF_CHECK(connack(w) == reason_code::bad_user_name_or_password);
  CAF_CHECK(w->closed);
}

CAF_TEST(many sessions are judged a part at a time) {
  auth.anonymous = core::anonymous_rule::allow;
  install();
  std::vector<wire> all;
  for (int i = 0; i < 600; ++i) {
    mqtt::connect_packet p;
    p.client_id = std::to_string(i);
    connack(all.emplace_back(come_in("", "", p)));
  }
  auth.anonymous = core::anonymous_rule::refuse;
  install();
  std::size_t open = 0;
  for (const auto& w : all)
    open += !w->closed;
  CAF_CHECK_EQUAL(open, 0u);
}

CAF_TEST(a session says whose it is) {
  connack(connect("dave", "d4ve"));
  std::string user;
  actors::actor_reader reader{services.actors};
  for (const auto& held : reader.next(100))
    if (held.record->kind() == std::string_view{"session"}) {
      actors::facts said;
      held.record->describe(said);
      if (const auto* name = said.get<std::string>("user"))
        user = *name;
    }
  CAF_CHECK_EQUAL(user, "dave");
}

CAF_TEST_FIXTURE_SCOPE_END()
