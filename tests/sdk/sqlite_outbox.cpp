// An outbox in a file, through the end of the application.
#define CAF_SUITE sdk.sqlite_outbox
#include "sdk/sqlite_outbox.hpp"

#include "scripted.hpp"
#include "sdk/wire_message.hpp"
#include "tests/scratch_directory.hpp"

#include <caf/test/dsl.hpp>

#include <csignal>
#include <memory>
#include <stdexcept>
#include <sys/resource.h>

using namespace mqttzoo;
using namespace mqttzoo::sdk::test;
using mqtt::packet_type;

namespace {

const std::error_code ok;

/// A file in a directory that goes with the test, and clients that use it one after the other.
struct fixture {
  std::unique_ptr<scripted> life() {
    auto s = std::make_unique<scripted>(lasting(), sdk::open_sqlite_outbox(file()));
    if (s->m.load(s->now))
      throw std::runtime_error{"load"};
    return s;
  }

  std::string file() const { return directory.path() + "/outbox"; }

  mqttzoo::test::scratch_directory directory;
};

/// While it lives no file can grow, as on a full disk.
class full_disk {
public:
  full_disk() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    auto none = before_;
    none.rlim_cur = 1;
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_before_);
  }

private:
  rlimit before_{};
  void (*signal_before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(sqlite_outbox_tests, fixture)

CAF_TEST(what was not promised is sent by the next life in order) {
  answer a[3];
  message rich{"t", std::string("\0x", 2), qos::at_least_once};
  rich.retain = true;
  rich.properties = {.payload_is_utf8 = true,
                     .expiry_s = 60,
                     .content_type = "c",
                     .response_topic = "r",
                     .correlation_data = "d",
                     .users = {{"a", "b"}}};
  {
    const auto s = life();
    s->publish(a[0], "t", "0", qos::at_least_once);
    s->m.outbox().publish(message{rich}, {}, sdk::publish_number{50}, s->now,
                          [](std::error_code) {});
    s->publish(a[1], "t", "zero", qos::at_most_once); // which nobody keeps
    s->publish(a[2], "t", "2", qos::exactly_once);
  }
  const auto s = life();
  s->connect();
  CAF_CHECK(s->take<mqtt::publish_packet>().payload == "0");
  const auto p = s->take<mqtt::publish_packet>();
  CAF_CHECK(p.payload == rich.payload && p.retain && p.properties.message_expiry_interval_s == 60U);
  message back;
  sdk::read_message(p, p.topic, back);
  back.properties.payload_is_utf8 = p.properties.payload_is_utf8;
  CAF_CHECK(back == rich);
  CAF_CHECK(s->take<mqtt::publish_packet>().qos == mqtt::qos::exactly_once);
  CAF_CHECK(s->silent());
}

CAF_TEST(what is published before a connection is sent once and after what a former life left) {
  answer a, b, c;
  life()->publish(a, "t", "old", qos::at_least_once);
  scripted s{lasting(), sdk::open_sqlite_outbox(file())};
  s.publish(b, "t", "new", qos::exactly_once);
  CAF_CHECK(s.m.load(s.now) == ok); // as connect() does it
  s.connect();
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "old");
  CAF_CHECK(s.take<mqtt::publish_packet>().payload == "new");
  CAF_CHECK(s.silent());
  s.m.end();
  s.m.outbox().abandon(make_error_code(reason::not_authorized));
  CAF_CHECK(b == make_error_code(reason::not_authorized));
  s.publish(c, "t", "newer", qos::at_least_once);
  CAF_CHECK(s.m.load(s.now) == ok);
  s.connect();
  for (const auto* wanted : {"old", "new", "newer"})
    CAF_CHECK(s.take<mqtt::publish_packet>().payload == wanted);
  CAF_CHECK(s.silent());
}

CAF_TEST(what was promised is forgotten) {
  answer a;
  {
    const auto s = life();
    s->connect();
    s->publish(a, "t", "0", qos::at_least_once);
    s->say_ack(packet_type::puback, s->take<mqtt::publish_packet>().id);
    CAF_CHECK(a == ok);
    s->m.commit();
  }
  const auto s = life();
  s->connect();
  CAF_CHECK(s->silent());
}

CAF_TEST(the next life goes on with the identifiers of the former one) {
  answer a, b, c;
  mqtt::packet_id one{}, two{};
  {
    const auto s = life();
    s->connect();
    s->publish(a, "t", "1", qos::exactly_once);
    s->publish(b, "t", "2", qos::exactly_once);
    one = s->take<mqtt::publish_packet>().id;
    two = s->take<mqtt::publish_packet>().id;
    s->say_ack(packet_type::pubrec, one);
    s->m.commit();
  }
  const auto s = life();
  s->connect([](auto& p) { p.session_present = true; });
  const auto pubrel = s->take<mqtt::ack_packet>();
  CAF_CHECK(pubrel.type == packet_type::pubrel && pubrel.id == one);
  const auto again = s->take<mqtt::publish_packet>();
  CAF_CHECK(again.dup && again.id == two);
  s->publish(c, "t", "3", qos::at_least_once);
  const auto fresh = s->take<mqtt::publish_packet>().id;
  CAF_CHECK(fresh != one && fresh != two);
}

CAF_TEST(stored is enough where it is asked for) {
  answer a;
  const auto s = life();
  s->m.outbox().publish({"t", "x", qos::at_least_once}, {.until = publish_until::stored},
                        sdk::publish_number{1}, s->now, [&](std::error_code e) { a = e; });
  CAF_CHECK(!a);
  s->m.commit();
  CAF_CHECK(a == ok);
}

CAF_TEST(a file that cannot be opened is an error) {
  client_options o;
  scripted s{o, sdk::open_sqlite_outbox("/nonexistent/outbox")};
  CAF_CHECK(s.m.load(s.now) == make_error_code(errc::store_failed));
  answer a;
  s.publish(a, "t", "x", qos::at_least_once);
  CAF_CHECK(a == make_error_code(errc::store_failed));
}

CAF_TEST(a message that could not be saved is saved later and takes the place of no other) {
  answer a, b, c;
  std::error_code failed;
  {
    const auto s = life();
    {
      const full_disk full;
      s->m.outbox().publish({"t", "a", qos::at_least_once}, {}, sdk::publish_number{1}, s->now,
                            [&](std::error_code e) { a = e; });
      s->m.outbox().publish({"t", "b", qos::at_least_once}, {.until = publish_until::stored},
                            sdk::publish_number{2}, s->now, [&](std::error_code e) { b = e; });
      failed = s->m.commit();
    }
    CAF_CHECK(failed == make_error_code(errc::store_failed));
    CAF_CHECK(!a && b == make_error_code(errc::store_failed)); // whose message is gone
    s->publish(c, "t", "c", qos::at_least_once, {.until = publish_until::stored});
    CAF_CHECK(c == ok);
  }
  {
    const auto s = life();
    s->connect();
    const auto first = s->take<mqtt::publish_packet>();
    CAF_CHECK(first.payload == "a");
    s->say_ack(packet_type::puback, first.id);
    CAF_CHECK(s->take<mqtt::publish_packet>().payload == "c");
    CAF_CHECK(s->silent());
  }
  const auto s = life();
  s->connect();
  CAF_CHECK(s->take<mqtt::publish_packet>().payload == "c");
  CAF_CHECK(s->silent());
}

CAF_TEST(the row of a message that could not be saved is not given to another) {
  answer a, b;
  {
    const auto s = life();
    {
      const full_disk full;
      s->publish(a, "t", "a", qos::at_least_once);
    }
    s->publish(b, "t", "b", qos::at_least_once, {.until = publish_until::stored});
    CAF_CHECK(b == ok);
    s->connect();
    s->say_ack(packet_type::puback, s->take<mqtt::publish_packet>().id);
    CAF_CHECK(a == ok);
  }
  const auto s = life();
  s->connect();
  CAF_CHECK(s->take<mqtt::publish_packet>().payload == "b");
  CAF_CHECK(s->silent());
}

CAF_TEST(what was promised while nothing could be saved is forgotten later) {
  answer a, b;
  mqtt::packet_id second{};
  {
    const auto s = life();
    s->connect();
    s->publish(a, "t", "a", qos::at_least_once);
    s->publish(b, "t", "b", qos::exactly_once);
    const auto first = s->take<mqtt::publish_packet>().id;
    second = s->take<mqtt::publish_packet>().id;
    s->m.commit();
    {
      const full_disk full;
      s->say_ack(packet_type::puback, first);
      s->say_ack(packet_type::pubrec, second);
      s->m.commit();
    }
    CAF_CHECK(a == ok && !b);
  }
  const auto s = life();
  s->connect([](auto& p) { p.session_present = true; });
  const auto pubrel = s->take<mqtt::ack_packet>();
  CAF_CHECK(pubrel.type == packet_type::pubrel && pubrel.id == second);
  CAF_CHECK(s->silent());
}

CAF_TEST_FIXTURE_SCOPE_END()
