// What message and state handlers may do to their client, which calls them in the middle of things.
#include "harness.hpp"
#include "proxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <set>

namespace mqttzoo::test {
namespace {

/// Waits until `holds()`, 10 s at most.
template<class Condition>
awaitable<void> until(world& w, Condition holds, const char* what) {
  for (int i = 0; i < 1000 && !holds(); ++i)
    co_await asio::steady_timer{w.io, 10ms}.async_wait(asio::use_awaitable);
  check(holds(), what);
}

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
  co_await until(
      w, [&] { return kept.size() == 2; }, "both are granted");
  check(seen == std::vector<std::string>(std::begin(names), std::end(names)),
        "each once: " + std::to_string(seen.size()));
}
const add_case claiming_case{"a handler subscribes while messages are handed over",
                             subscribes_while_claiming};

using states = std::vector<connection_state>;

/// The handler of the first message ends the connection: the others stay with the server.
awaitable<void> disconnects_on_message(world& w) {
  const auto topic = w.unique("enough");
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  client c{w.io.get_executor(), w.lasting(topic + "/r")};
  check(co_await c.connect(), "connect");
  std::set<std::string> seen;
  int ended = 0;
  bool asked = false;
  auto [error, s] = co_await c.listen(topic, {}, [&](const received& m) {
    seen.insert(m.payload);
    if (!std::exchange(asked, true))
      c.disconnect([&](std::error_code why) { ended += why ? 100 : 1; });
  });
  check(error, "listen");
  publisher all;
  all.begin(sender, topic, 5, qos::at_least_once);
  co_await until(
      w, [&] { return ended == 1 && all.promised == 5; }, "it disconnects");
  check(seen.size() == 1, "nothing is taken after it");
  check(co_await c.connect(), "connect again");
  co_await until(
      w, [&] { return seen.size() == 5; }, "the others come");
}
const add_case enough_case{"a message handler disconnects", disconnects_on_message};

/// Who hears that the connection is lost may have had enough: it is not tried again.
awaitable<void> disconnects_when_away(world& w) {
  proxy p{w};
  auto options = w.lasting(w.unique("away"));
  options.servers = {p.url()};
  client c{w.io.get_executor(), options};
  states seen;
  int ended = 0;
  c.on_state([&](connection_state state, std::error_code) {
    seen.push_back(state);
    if (state != connection_state::connected) // also when it has ended, which changes nothing
      c.disconnect([&](std::error_code why) { ended += why ? 100 : 1; });
  });
  check(co_await c.connect(), "connect");
  p.cut();
  co_await until(
      w, [&] { return ended == 2; }, "both are answered");
  co_await asio::steady_timer{w.io, 150ms}.async_wait(asio::use_awaitable); // some attempts
  check(p.accepted() == 1, "it stays away");
  check(seen ==
            states{connection_state::connected, connection_state::away, connection_state::ended},
        "and says so once");
}
const add_case away_case{"a state handler disconnects", disconnects_when_away};

/// Who hears that the client has given up may begin anew.
awaitable<void> connects_when_ended(world& w) {
  proxy p{w};
  const auto id = w.unique("ended");
  auto options = w.lasting(id);
  options.servers = {p.url()};
  options.reconnect = reconnecting::never;
  client c{w.io.get_executor(), options};
  std::error_code why;
  std::optional<std::error_code> again, promised;
  c.on_state([&](connection_state state, std::error_code error) {
    if (state != connection_state::ended || again)
      return;
    why = error;
    c.connect([&](std::error_code e) { again = e; });
    c.publish({id, "x", qos::at_least_once}, [&](std::error_code e) { promised = e; });
  });
  check(co_await c.connect(), "connect");
  p.cut();
  co_await until(
      w, [&] { return again && promised; }, "it connects again");
  check(bool(why), "why it ended");
  check(*again, "connect");
  check(*promised, "publish");
  check((co_await c.figures(asio::use_awaitable)).connections == 2, "two connections");
}
const add_case ended_case{"a state handler connects", connects_when_ended};

/// disconnect() and connect() without a wait between them: an end, and a new connection.
awaitable<void> in_a_row(world& w) {
  const auto topic = w.unique("row");
  client receiver{w.io.get_executor(), w.lasting(topic + "/r")};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic, qos::exactly_once);
  for (const auto policy : {reconnecting::always, reconnecting::later, reconnecting::never}) {
    auto options = w.lasting(w.unique("row"));
    options.reconnect = policy;
    client c{w.io.get_executor(), options};
    states seen;
    c.on_state([&](connection_state state, std::error_code) { seen.push_back(state); });
    check(co_await c.connect(), "connect");
    publisher all;
    all.begin(c, topic, 100, qos::exactly_once);
    std::optional<std::error_code> ended, again;
    c.disconnect([&](std::error_code e) { ended = e; });
    c.connect([&](std::error_code e) { again = e; });
    co_await until(
        w, [&] { return ended && again; }, "both are answered");
    check(*ended, "disconnect");
    check(*again, "connect");
    for (int i = 0; i < 100; ++i)
      check((co_await take(s)).payload == std::to_string(i), "each comes once, and in order");
    co_await until(
        w, [&] { return all.promised == 100; }, "all are promised");
    check(seen == states{connection_state::connected, connection_state::ended,
                         connection_state::connected},
          "what was told");
  }
}
const add_case row_case{"disconnect and connect in a row", in_a_row};

} // namespace
} // namespace mqttzoo::test
