// What the log says of clients: who comes, who goes, and why.
#define CAF_SUITE session_log
#include "tests/actors/session_fixture.hpp"
#include "tests/captured_log.hpp"

#include <chrono>
#include <thread>

using namespace mqttzoo;
using core::log_level;
using test::captured_log;
using test::client;
using test::session_fixture;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct log_fixture : session_fixture {
  client c{*this, "c"};

  /// The line that says that `c` is gone.
  static void check_gone(const captured_log& log, const std::string& why) {
    const auto text = log.take();
    const auto at = text.find("event=\"a client is gone\" client=c ");
    CAF_REQUIRE(at != text.npos);
    const auto line = text.substr(at, text.find('\n', at) - at);
    CAF_CHECK(has(line, "peer=127.0.0.1:1 "));
    CAF_CHECK(has(line, "why=" + why));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(session_log_tests, log_fixture)

CAF_TEST(who comes is told with name and peer) {
  const captured_log log{log_level::debug};
  c.user = "alice";
  c.connect();
  CAF_CHECK(has(log.take(), "event=\"a client is here\" client=c user=alice peer=127.0.0.1:1 "));
}

CAF_TEST(who goes is told with the reason) {
  const captured_log log{log_level::debug};
  c.connect();
  c.lose_connection();
  check_gone(log, "\"closed by its peer\"");

  c.connect();
  std::string farewell;
  encode(mqtt::disconnect_packet{}, c.version, 0, farewell);
  c.send(farewell);
  check_gone(log, "DISCONNECT");

  c.connect();
  c.wire->events()->on_closed(net::close_cause::write_stalled);
  settle();
  check_gone(log, "\"its peer has taken nothing for net.outbox.stall.timeout\"");

  c.keep_alive_s = 1;
  c.connect();
  advance(std::chrono::seconds{2});
  check_gone(log, "\"no packet for 1.5 times the keep alive\"");
}

CAF_TEST(what breaks the protocol is told as it is) {
  const captured_log log{log_level::debug};
  c.connect();
  c.send(std::string("\xF0\x00", 2)); // an AUTH that only servers send
  const auto text = log.take();
  CAF_CHECK(
      has(text,
          "folder=mqtt event=\"a client breaks the protocol\" client=c what=\"reason code is not"));
  CAF_CHECK(has(text, "event=\"a client is gone\" client=c "));
}

CAF_TEST(a take over is counted) {
  c.connect(true, 3600);
  c.connect(false, 3600);
  CAF_CHECK_EQUAL(services.counters.sessions_taken_over.get(), 1u);
  c.lose_connection();
  c.connect(false, 3600); // nothing is taken over from
  CAF_CHECK_EQUAL(services.counters.sessions_taken_over.get(), 1u);
}

CAF_TEST(a take over is warned of) {
  const captured_log log{log_level::warn};
  c.connect(true, 3600);
  std::string text;
  // What other tests have done may have used up the lines of this second.
  for (int i = 0; i < 100 && text.empty(); ++i) {
    if (i > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    c.connect(false, 3600);
    text = log.take();
  }
  CAF_CHECK(has(text, "level=warn "));
  CAF_CHECK(has(text, " client=c "));
  CAF_CHECK(has(text, " old_peer=127.0.0.1:1 new_peer=127.0.0.1:1"));
  CAF_CHECK(!has(text, "a client is gone"));
}

CAF_TEST(a take over is told as the end of the old connection) {
  const captured_log log{log_level::debug};
  c.connect(true, 3600);
  c.connect(false, 3600);
  check_gone(log, "\"taken over by a later connection\"");
}

CAF_TEST(what nobody wants to read is not written) {
  const captured_log log{log_level::off};
  c.connect(true, 3600);
  c.connect(false, 3600);
  c.lose_connection();
  CAF_CHECK_EQUAL(log.take(), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
