// What message and state handlers may do to their client, which calls them in the middle of things.
#include "harness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mqttzoo::test {
namespace {

/// A resumed session brings messages; the handler of the first ones asks for the others.
awaitable<void> subscribes_while_claiming(world& w) {
  const auto topic = w.unique("claiming");
  const auto id = topic + "/r";
  {
    client first{w.io.get_executor(), w.lasting(id)};
    check(co_await first.connect(), "connect");
    auto s = co_await subscribed(first, topic + "/#");
    check(co_await first.disconnect(), "disconnect");
  }
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  const char* const names[] = {"/7/hello", "/7/data", "/7/more"};
  for (const auto* name : names)
    check(co_await sender.publish({topic + name, name, qos::at_least_once}), "publish");
  client second{w.io.get_executor(), w.lasting(id)};
  check(co_await second.connect(), "connect");
  while ((co_await second.figures(asio::use_awaitable)).received < 3)
    co_await asio::steady_timer{w.io, 1ms}.async_wait(asio::use_awaitable);
  std::vector<std::string> seen;
  std::vector<subscription> kept;
  const auto keep = [&](std::error_code, subscription s) { kept.push_back(std::move(s)); };
  second.listen(
      topic + "/+/hello", {},
      [&](const received& m) {
        seen.push_back(m.payload);
        second.listen(
            topic + "/7/#", {}, [&](const received& more) { seen.push_back(more.payload); }, keep);
      },
      keep);
  for (int i = 0; i < 1000 && kept.size() < 2; ++i)
    co_await asio::steady_timer{w.io, 10ms}.async_wait(asio::use_awaitable);
  check(kept.size() == 2, "both are granted");
  check(seen == std::vector<std::string>(std::begin(names), std::end(names)),
        "each once: " + std::to_string(seen.size()));
}
const add_case claiming_case{"a handler subscribes while messages are handed over",
                             subscribes_while_claiming};

} // namespace
} // namespace mqttzoo::test
