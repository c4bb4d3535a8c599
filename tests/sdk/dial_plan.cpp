// Which server is tried when, and what a URL means.
#define CAF_SUITE sdk.dial_plan
#include "sdk/dial_plan.hpp"

#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/retry_after.hpp"

#include <caf/test/dsl.hpp>

#include <set>

using namespace mqttzoo;
using namespace mqttzoo::sdk;
using namespace std::chrono_literals;

namespace {

std::vector<address> hosts(std::initializer_list<const char*> names) {
  std::vector<address> all;
  for (const auto* name : names)
    all.push_back(*parse_address(name));
  return all;
}

} // namespace

CAF_TEST(servers are tried in turn and waits double within their bounds) {
  dial_plan plan{hosts({"a", "b", "c"}), {.least = 100ms, .most = 1s}, 7};
  auto wait = 100ms;
  for (int round = 0; round < 8; ++round) {
    std::set<std::string> seen;
    for (int i = 0; i < 3; ++i) {
      CAF_CHECK(plan.exhausted() == (round > 0));
      seen.insert(plan.current().host);
      const auto pause = plan.failed();
      if (i < 2)
        CAF_CHECK(pause == 0ms);
      else
        CAF_CHECK(pause >= wait / 2 && pause <= wait);
    }
    CAF_CHECK_EQUAL(seen.size(), 3u);
    wait = std::min<std::chrono::milliseconds>(wait * 2, 1s);
  }
  plan.succeeded();
  CAF_CHECK(!plan.exhausted());
}

CAF_TEST(waits differ from client to client) {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    waits.insert(dial_plan{hosts({"a"}), {.least = 10s, .most = 10s}, seed}.failed().count());
  CAF_CHECK_GREATER(waits.size(), 15u);
}

CAF_TEST(clients begin with different addresses of a name and go on with the next one) {
  std::set<std::size_t> first;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    dial_plan plan{hosts({"a"}), {}, seed};
    const auto turn = plan.turn();
    first.insert(turn % 3);
    plan.failed();
    CAF_CHECK_EQUAL(plan.turn(), turn + 1);
  }
  CAF_CHECK_EQUAL(first.size(), 3u);
}

CAF_TEST(a reference goes first and only a few times in a row) {
  dial_plan plan{hosts({"a"}), {}, 1};
  for (int i = 0; i < dial_plan::references_in_a_row_max; ++i)
    CAF_CHECK(plan.redirected(hosts({"x", "y"}), dial_plan::reference::for_now));
  CAF_CHECK(plan.current().host == "x");
  CAF_CHECK(!plan.redirected(hosts({"x"}), dial_plan::reference::for_now));
  CAF_CHECK(plan.failed() == 0ms);
  CAF_CHECK(plan.current().host == "y");
  plan.failed();
  CAF_CHECK(plan.current().host == "a");
  plan.failed();
  CAF_CHECK(plan.redirected(hosts({"z"}), dial_plan::reference::for_good));
  plan.failed();
  CAF_CHECK(plan.current().host == "z");
}

CAF_TEST(addresses) {
  CAF_CHECK(parse_address("host")->port == 1883);
  CAF_CHECK(parse_address("host", scheme::tls)->how == scheme::tls);
  const auto full = *parse_address("mqtts://u%40x:p%3Aw@[::1]:99/to/pic%20x");
  CAF_CHECK(full.how == scheme::tls && full.host == "::1" && full.port == 99);
  CAF_CHECK(full.user_name == "u@x" && full.password == "p:w" && full.path == "to/pic x");
  CAF_CHECK_EQUAL(host_and_port(full), "[::1]:99"); // the Host header of a WebSocket
  CAF_CHECK_EQUAL(host_and_port(*parse_address("ws://h")), "h:80");
  CAF_CHECK(parse_address("mqtts://h")->port == 8883);
  CAF_CHECK(parse_address("ws://h")->path == "/mqtt");
  CAF_CHECK(parse_address("wss://h:1/x")->path == "/x");
  for (const auto* wrong : {"", "http://x", "h:", "h:0", "h:65536", "h:1x", ":1", "mqtt://"})
    CAF_CHECK_EQUAL(parse_address(wrong).has_value(), false);
  CAF_CHECK_EQUAL(parse_reference("a:1 http://x  b", full).size(), 2u);
}

CAF_TEST(when to try again) {
  mqtt::ack_packet p;
  p.reason = mqtt::reason_code::quota_exceeded;
  CAF_CHECK(!retry_after(p));
  p.users = {{"x", "y"}, {"retry-after", "12"}};
  CAF_CHECK(retry_after(p) == 12s);
  p.users = {{"retry-after", "99999999"}};
  CAF_CHECK(retry_after(p) == retry_after_max);
  for (const auto* wrong : {"", "-1", "soon", "1.5"}) {
    p.users = {{"retry-after", wrong}};
    CAF_CHECK(!retry_after(p));
  }
  p.reason = mqtt::reason_code::not_authorized;
  p.users = {{"retry-after", "1"}};
  CAF_CHECK(!retry_after(p));
}

CAF_TEST(each reason is called as the standard calls it) {
  for (int code = 0x80; code <= 0xA2; ++code) {
    const std::error_code error{reason{code}};
    CAF_CHECK_EQUAL(error.message(), std::string{to_string(static_cast<mqtt::reason_code>(code))});
    CAF_CHECK_NOT_EQUAL(error.message(), "unknown reason code");
  }
  CAF_CHECK(std::error_code{reason::quota_exceeded}.value() == 0x97);
  CAF_CHECK(std::error_code{reason::wildcard_subscriptions_not_supported}.value() == 0xA2);
}
