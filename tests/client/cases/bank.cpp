// A broker that is full says when to come again. Needs MQTTZoo with a small bank; others are passed
// over.
#include "harness.hpp"

namespace mqttzoo::test {
namespace {

/// Mail that the bank holds for a moment only.
message mail(const std::string& topic) {
  message m{topic, std::string(4000, 'x'), qos::at_least_once};
  m.properties.expiry_s = 3;
  return m;
}

/// Fills the bank with mail for a client that is away. False if it is too large for that.
awaitable<bool> fill(client& c, const std::string& topic) {
  for (int i = 0; i < 400; ++i) {
    // The answer to this deadline is "no" and not silence: `retry-after` is later.
    const auto error = co_await c.publish(mail(topic), publish_options{.timeout = 500ms});
    if (error == reason::quota_exceeded)
      co_return true;
    check(error, "fill");
  }
  co_return false;
}

awaitable<void> full(world& w) {
  const auto topic = w.unique("bank");
  client away{w.io.get_executor(), w.lasting(topic + "/away")};
  check(co_await away.connect(), "connect");
  auto s = co_await subscribed(away, topic);
  check(co_await away.disconnect(), "disconnect");
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  if (!co_await fill(c, topic))
    co_return;
  const auto began = std::chrono::steady_clock::now();
  const message stays{topic, std::string(4000, 'z'), qos::at_least_once};
  check(co_await c.publish(stays, publish_options{.timeout = 30s}), "in the end");
  check(std::chrono::steady_clock::now() - began >= 1s, "it waited");
  check((co_await c.figures(asio::use_awaitable)).retried > 0, "it was refused first");
}
const add_case full_case{"a full bank", full};

} // namespace
} // namespace mqttzoo::test
