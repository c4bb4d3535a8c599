// From a socket to a session: CONNECT in time, refusals, authentication.
#define CAF_SUITE doorman
#include "core/log.hpp"
#include "tests/actors/fixture.hpp"

#include <algorithm>
#include <chrono>
#include <sys/mman.h>
#include <unistd.h>

using namespace mqttzoo;
using mqtt::reason_code;

namespace {

/// Asks "more?" after "first" and "again", and is content with "second".
class two_steps final : public mqtt::authentication {
public:
  step on_data(std::string_view data) override {
    if (data == "first" || data == "again")
      return {reason_code::continue_authentication, "more?"};
    return {data == "second" ? reason_code::success : reason_code::not_authorized, "done"};
  }
};

class two_steps_method final : public mqtt::authentication_method {
public:
  std::unique_ptr<mqtt::authentication> begin(const mqtt::connect_packet&) override {
    return std::make_unique<two_steps>();
  }
};

/// What is logged while it lives.
class log_catcher {
public:
  log_catcher() { core::redirect_log(file_); }
  log_catcher(const log_catcher&) = delete;
  log_catcher& operator=(const log_catcher&) = delete;
  ~log_catcher() {
    core::redirect_log(STDERR_FILENO);
    ::close(file_);
  }

  std::ptrdiff_t lines() const {
    std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
    CAF_REQUIRE_EQUAL(::pread(file_, text.data(), text.size(), 0),
                      static_cast<ssize_t>(text.size()));
    return std::count(text.begin(), text.end(), '\n');
  }

private:
  const int file_ = ::memfd_create("log", 0);
};

struct doorman_fixture : test::pod_fixture {
  std::shared_ptr<test::fake_connection> wire;

  doorman_fixture() { pod.methods.emplace("two-steps", std::make_shared<two_steps_method>()); }

  void come_in(const net::entrance& by = {}, const std::string& certified_as = {}) {
    wire = adoptable = std::make_shared<test::fake_connection>();
    wire->certified_as = certified_as;
    net::detached_socket socket;
    socket.by = std::make_shared<const net::entrance>(by);
    doorman_of(services).admit(std::move(socket));
  }

  std::uint64_t logins(mqtt::login_outcome o) const {
    return services.counters.logins[static_cast<std::size_t>(o)].get();
  }

  void send(const std::string& bytes) {
    if (auto* events = wire->events())
      events->on_input(bytes);
    settle();
  }

  static std::string connect_bytes(const std::string& method = {}, const std::string& data = {}) {
    mqtt::connect_packet p;
    p.client_id = "c";
    p.authentication_method = method;
    p.authentication_data = data;
    std::string bytes;
    encode(p, bytes);
    return bytes;
  }

  static std::string auth_bytes(const std::string& method, const std::string& data,
                                reason_code why = reason_code::continue_authentication) {
    mqtt::auth_packet p;
    p.reason = why;
    p.authentication_method = method;
    p.authentication_data = data;
    std::string bytes;
    encode(p, 0, bytes);
    return bytes;
  }

  /// Fails if each of many who are turned away by `one` has a line in the log.
  template<class F>
  void check_few_lines(F one) {
    const auto begin = std::chrono::steady_clock::now();
    const log_catcher log;
    for (int i = 0; i < 500; ++i)
      one();
    // 20 in each second that was begun.
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    CAF_CHECK_LESS_OR_EQUAL(log.lines(), 20 * (seconds.count() + 2));
  }

  template<class T>
  T next() {
    auto packets = wire->take(mqtt::protocol_version::v5);
    if (packets.size() != 1 || !std::holds_alternative<T>(packets[0]))
      CAF_FAIL("expected one packet of another type");
    return std::get<T>(packets[0]);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(doorman_tests, doorman_fixture)

CAF_TEST(a connection becomes a session) {
  come_in();
  send(connect_bytes());
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::success);
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 1u);
  advance(2 * services.settings.net.connect_timeout);
  CAF_CHECK(!wire->closed); // its time to connect is no matter any more
}

CAF_TEST(a listener may take the name from the certificate) {
  const net::entrance by{core::certificate_identity::cn, {}};
  come_in(by, "alice");
  send(connect_bytes());
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::success);
  CAF_CHECK_EQUAL(logins(mqtt::login_outcome::accepted), 1u);
  come_in(by);
  send(connect_bytes());
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::not_authorized);
  CAF_CHECK(wire->closed);
  CAF_CHECK_EQUAL(logins(mqtt::login_outcome::certificate_nameless), 1u);
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 1u);
}

CAF_TEST(a listener may have a rule of its own for who shows nothing) {
  come_in({core::certificate_identity::none, core::anonymous_rule::refuse});
  send(connect_bytes());
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::not_authorized);
  CAF_CHECK_EQUAL(logins(mqtt::login_outcome::anonymous_refused), 1u);
}

CAF_TEST(a CONNECT that does not come in time closes the connection) {
  come_in();
  send(connect_bytes().substr(0, 5));
  advance(services.settings.net.connect_timeout - std::chrono::milliseconds{1});
  CAF_CHECK(!wire->closed);
  advance(std::chrono::milliseconds{1});
  CAF_CHECK(wire->closed);
  CAF_CHECK_EQUAL(services.counters.connect_timeouts.get(), 1u);
  CAF_CHECK(timers.next() == net::time_point::max());
}

CAF_TEST(what is no CONNECT is closed without an answer) { // [MQTT-3.1.0-1] [MQTT-3.1.0-1 v3]
  come_in();
  send(std::string{"\xC0\x00", 2}); // PINGREQ
  CAF_CHECK(wire->closed);
  CAF_CHECK(wire->take(mqtt::protocol_version::v5).empty());
  CAF_CHECK_EQUAL(services.counters.connects_refused.get(), 1u);
}

CAF_TEST(whoever sends no CONNECT fills no log) {
  check_few_lines([&] {
    come_in();
    send("garbage");
  });
  CAF_CHECK_EQUAL(services.counters.connects_refused.get(), 500u);
}

CAF_TEST(nor does whoever sends nothing) {
  check_few_lines([&] {
    come_in();
    advance(services.settings.net.connect_timeout);
  });
  CAF_CHECK_EQUAL(services.counters.connect_timeouts.get(), 500u);
}

CAF_TEST(an unknown method is refused) { // [MQTT-4.12.0-1]
  come_in();
  send(connect_bytes("no-such", "first"));
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::bad_authentication_method);
  CAF_CHECK(wire->closed);
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 0u);
}

CAF_TEST(an exchange goes on until the method is content) {
  come_in();
  send(connect_bytes("two-steps", "first"));
  const auto challenge = next<mqtt::auth_packet>(); // [MQTT-4.12.0-2]
  CAF_CHECK(challenge.reason == reason_code::continue_authentication);
  CAF_CHECK_EQUAL(challenge.authentication_method, "two-steps"); // [MQTT-4.12.0-5]
  CAF_CHECK_EQUAL(challenge.authentication_data, "more?");
  CAF_CHECK_EQUAL(services.counters.sessions.get(), 0u);
  send(auth_bytes("two-steps", "second"));
  const auto connack = next<mqtt::connack_packet>();
  CAF_CHECK(connack.reason == reason_code::success);
  CAF_CHECK_EQUAL(connack.authentication_method, "two-steps"); // [MQTT-4.12.0-5]
  CAF_CHECK_EQUAL(connack.authentication_data, "done");
}

CAF_TEST(an exchange that fails ends the connection) { // [MQTT-4.12.0-4]
  come_in();
  send(connect_bytes("two-steps", "first"));
  next<mqtt::auth_packet>();
  send(auth_bytes("two-steps", "wrong"));
  CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::not_authorized);
  CAF_CHECK(wire->closed);
}

CAF_TEST(
    an AUTH that does not continue the exchange is an error) { // [MQTT-4.12.0-3] [MQTT-4.12.0-5]
  for (const auto& wrong : {auth_bytes("another", "second"),
                            auth_bytes("two-steps", "second", reason_code::re_authenticate)}) {
    come_in();
    send(connect_bytes("two-steps", "first"));
    next<mqtt::auth_packet>();
    send(wrong);
    CAF_CHECK(next<mqtt::connack_packet>().reason == reason_code::protocol_error);
    CAF_CHECK(wire->closed);
  }
}

CAF_TEST(an exchange has the time of a CONNECT and no more) {
  come_in();
  send(connect_bytes("two-steps", "first"));
  advance(services.settings.net.connect_timeout);
  CAF_CHECK(wire->closed);
}

CAF_TEST(each step of an exchange has that time) {
  const auto nearly = services.settings.net.connect_timeout - std::chrono::milliseconds{1};
  come_in();
  advance(nearly);
  send(connect_bytes("two-steps", "first"));
  next<mqtt::auth_packet>();
  advance(nearly);
  CAF_REQUIRE(!wire->closed);
  send(auth_bytes("two-steps", "again"));
  next<mqtt::auth_packet>();
  advance(nearly);
  CAF_REQUIRE(!wire->closed);
  send(auth_bytes("two-steps", "again").substr(0, 5)); // half a step is none
  advance(std::chrono::milliseconds{1});
  CAF_CHECK(wire->closed);
  CAF_CHECK_EQUAL(services.counters.connect_timeouts.get(), 1u);
}

CAF_TEST(a client authenticates again with its session) {
  come_in();
  send(connect_bytes("two-steps", "second"));
  next<mqtt::connack_packet>();
  send(auth_bytes("two-steps", "first", reason_code::re_authenticate));
  CAF_CHECK(next<mqtt::auth_packet>().reason ==
            reason_code::continue_authentication); // [MQTT-4.12.0-2]
  send(auth_bytes("two-steps", "second"));
  CAF_CHECK(next<mqtt::auth_packet>().reason == reason_code::success);
  send(auth_bytes("another", "first", reason_code::re_authenticate));
  next<mqtt::disconnect_packet>(); // [MQTT-4.12.1-1]
  CAF_CHECK(wire->closed);
}

CAF_TEST(a peer that leaves before it connects leaves nothing) {
  come_in();
  auto* events = wire->events();
  events->on_closed(net::close_cause::by_peer);
  CAF_CHECK(wire->events() == nullptr);
  CAF_CHECK(timers.next() == net::time_point::max());
}

CAF_TEST(a doorman that stops lets nobody in) {
  come_in();
  auto& house = doorman_of(services);
  caf::anon_send(services.doorman, actors::shut_down_atom::value);
  run();
  CAF_CHECK(wire->closed);
  adoptable = nullptr; // would crash if it were used
  house.admit({});
}

CAF_TEST_FIXTURE_SCOPE_END()
