// A broker that is full says when to come again. Needs MQTTZoo with a small bank; others are passed
// over.
#include "harness.hpp"

#include <boost/asio/steady_timer.hpp>

namespace mqttzoo::test {
namespace {

/// Mail that the bank holds for a moment only.
message mail(const std::string& topic) {
  message m{topic, std::string(4000, 'x'), qos::at_least_once};
  m.properties.expiry_s = 8;
  return m;
}

/// What became of many publishes.
struct answers {
  int promised = 0;
  int refused = 0;
  int late = 0;
  std::error_code other;

  void note(std::error_code error) {
    if (!error)
      ++promised;
    else if (error == reason::quota_exceeded)
      ++refused;
    else if (error == std::errc::timed_out)
      ++late;
    else
      other = error;
  }
};

/// More mail than a small bank can hold, all of it at once: none has had its time before the last
/// one is answered.
awaitable<answers> pour(world& w, client& c, const std::string& topic) {
  answers all;
  int waiting = 400;
  // The answer to this deadline is "no" and not silence: `retry-after` is later.
  const publish_options how{.timeout = 2s};
  for (int i = waiting; i > 0; --i)
    c.publish(mail(topic), how, [&](std::error_code error) {
      all.note(error);
      --waiting;
    });
  while (waiting > 0)
    co_await asio::steady_timer{w.io, 5ms}.async_wait(asio::use_awaitable);
  check(all.other, "fill");
  co_return all;
}

/// Fills the bank with mail for a client that is away. False if it is too large for that.
awaitable<bool> fill(world& w, client& c, const std::string& topic) {
  for (int i = 0; i < 5; ++i) {
    const auto got = co_await pour(w, c, topic);
    if (got.refused > 0)
      co_return true;
    if (got.late == 0)
      break;
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
  if (!co_await fill(w, c, topic)) {
    check(!w.small_bank, "the bank is never full");
    co_return;
  }
  const auto retried = (co_await c.figures(asio::use_awaitable)).retried;
  const auto began = std::chrono::steady_clock::now();
  const message stays{topic, std::string(4000, 'z'), qos::at_least_once};
  check(co_await c.publish(stays, publish_options{.timeout = 30s}), "in the end");
  check(std::chrono::steady_clock::now() - began >= 1s, "it waited");
  check((co_await c.figures(asio::use_awaitable)).retried > retried, "it was refused first");
}
const add_case full_case{"a full bank", full};

} // namespace
} // namespace mqttzoo::test
