// What a client promises while its connection fails.
#include "harness.hpp"
#include "proxy.hpp"

#include <boost/asio/post.hpp>

#include <map>
#include <set>

namespace mqttzoo::test {
namespace {

/// A client through a proxy that is cut again and again while another one, whose session lasts,
/// counts.
awaitable<void> cuts(world& w, qos level) {
  constexpr int count = 2000;
  const auto topic = w.unique("cuts");
  client receiver{w.io.get_executor(), w.lasting(topic + "/r")};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic, level);

  proxy p{w};
  auto options = w.lasting(topic + "/p");
  options.servers = {p.url()};
  client sender{w.io.get_executor(), options};
  check(co_await sender.connect(), "connect");
  p.cut_every(9'000, 8);
  publisher all;
  all.begin(sender, topic, count, level);
  std::map<int, int> seen;
  int last = -1;
  while (seen.size() < count) {
    const auto m = co_await take(s);
    const int number = std::stoi(m.payload);
    if (++seen[number] == 1) {
      check(number == last + 1, "a first sight out of order: " + m.payload);
      last = number;
    }
  }
  const auto [error, extra] = co_await s.next(100ms);
  check(error || level != qos::exactly_once, "nothing comes twice");
  if (level == qos::exactly_once) {
    for (const auto& [number, times] : seen)
      check(times == 1, std::to_string(number) + " came " + std::to_string(times) + " times");
  }
  // The last cut may come when the receiver has seen everything.
  for (int i = 0; i < 1000 && (all.promised < count || p.accepted() < 9); ++i)
    co_await asio::steady_timer{w.io, 10ms}.async_wait(asio::use_awaitable);
  check(p.accepted() == 9, "connected " + std::to_string(p.accepted()) + " times");
  check(all.promised == count && all.failed == 0, "promised " + std::to_string(all.promised));
}
awaitable<void> cuts_at_least_once(world& w) {
  return cuts(w, qos::at_least_once);
}
awaitable<void> cuts_exactly_once(world& w) {
  return cuts(w, qos::exactly_once);
}
const add_case cuts_1{"cuts while publishing at least once", cuts_at_least_once};
const add_case cuts_2{"cuts while publishing exactly once", cuts_exactly_once};

/// Does the server break a promise of its own when it is cut? Debian's mosquitto (2.0.11) sends
/// beyond the receive maximum, and what it was repeating when the next cut came it sends once more
/// as a PUBLISH although it had sent PUBREL for it [MQTT-4.3.3-6]: nobody can know that again.
awaitable<bool> repeats_too_much(world& w) {
  client asking{w.io.get_executor(), w.passing()};
  check(co_await asking.connect(), "connect");
  auto version = co_await subscribed(asking, "$SYS/broker/version");
  co_return (co_await take(version)).payload == "mosquitto version 2.0.11";
}

/// The receiver is cut while it takes its time; its session lasts.
awaitable<void> receiver_cuts(world& w, qos level) {
  const auto topic = w.unique("receiver");
  proxy p{w};
  auto options = w.lasting(topic + "/r");
  options.servers = {p.url()};
  constexpr int window = 10;
  options.inbox.receive_maximum = window;
  client receiver{w.io.get_executor(), options};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic, level);
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  publisher all;
  all.begin(sender, topic, 200, level);
  std::set<std::string> seen;
  int times = 0, cuts = 0;
  while (seen.size() < 200) {
    const auto m = co_await take(s);
    ++times;
    check(seen.insert(m.payload).second || m.duplicate, "came again, not as a duplicate");
    if (times % 40 == 0 && seen.size() < 200 && cuts < 4) {
      ++cuts;
      const int before = p.accepted();
      p.cut();
      while (p.accepted() == before)
        co_await asio::steady_timer{w.io, 1ms}.async_wait(asio::use_awaitable);
    }
  }
  const int repeated_max = level == qos::at_least_once ? cuts * window : 0;
  check(times <= 200 + repeated_max || co_await repeats_too_much(w),
        "came " + std::to_string(times) + " times with " + std::to_string(cuts) + " cuts");
  check(p.accepted() > 1, "the connection was cut");
}
awaitable<void> receiver_at_least_once(world& w) {
  return receiver_cuts(w, qos::at_least_once);
}
awaitable<void> receiver_exactly_once(world& w) {
  return receiver_cuts(w, qos::exactly_once);
}
const add_case receiver_1{"cuts while receiving at least once", receiver_at_least_once};
const add_case receiver_2{"cuts while receiving exactly once", receiver_exactly_once};

/// What waits to be taken comes again with each connection, and the application sees it once.
awaitable<void> untaken(world& w) {
  constexpr int window = 10, count = 50, cuts = 5;
  const auto topic = w.unique("untaken");
  proxy p{w};
  auto options = w.lasting(topic + "/r");
  options.servers = {p.url()};
  options.inbox.receive_maximum = window;
  client receiver{w.io.get_executor(), options};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic);
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  publisher all;
  all.begin(sender, topic, count, qos::at_least_once);
  for (std::uint64_t connection = 1; connection <= cuts + 1; ++connection) {
    while ((co_await receiver.figures(asio::use_awaitable)).received < connection * window)
      co_await asio::steady_timer{w.io, 1ms}.async_wait(asio::use_awaitable);
    if (connection <= cuts)
      p.cut();
  }
  for (int i = 0; i < count; ++i)
    check((co_await take(s)).payload == std::to_string(i), "once, and in order");
  const auto [error, extra] = co_await s.next(100ms);
  check_error(error, std::make_error_code(std::errc::timed_out), "nothing comes twice");
}
const add_case untaken_case{"cuts while nothing is taken", untaken};

/// A session that ends with its connection: what was subscribed to is asked for again.
awaitable<void> restored(world& w) {
  const auto topic = w.unique("restored");
  proxy p{w};
  auto options = w.passing();
  options.servers = {p.url()};
  client c{w.io.get_executor(), options};
  int connections = 0;
  asio::steady_timer again{w.io, 10s};
  c.on_state([&](connection_state state, std::error_code) {
    if (state == connection_state::connected && ++connections == 2)
      again.cancel();
  });
  check(co_await c.connect(), "connect");
  auto a = co_await subscribed(c, topic + "/a");
  auto b = co_await subscribed(c, topic + "/b/#");
  p.cut();
  co_await again.async_wait(asio::as_tuple(asio::use_awaitable));
  check(connections == 2, "connected again");
  // Both are asked for before this one, which the server answers in order.
  auto after = co_await subscribed(c, topic + "/c");
  check(co_await c.publish({topic + "/a", "1", qos::at_least_once}), "publish");
  check(co_await c.publish({topic + "/b/x", "2", qos::at_least_once}), "publish");
  check((co_await take(a)).payload == "1", "first");
  check((co_await take(b)).payload == "2", "second");
}
const add_case restored_case{"subscriptions are restored", restored};

/// Messages of a session that was away come before the application has subscribed again.
awaitable<void> unclaimed(world& w) {
  const auto topic = w.unique("unclaimed");
  const auto id = topic + "/r";
  {
    client first{w.io.get_executor(), w.lasting(id)};
    check(co_await first.connect(), "connect");
    auto s = co_await subscribed(first, topic);
    check(co_await first.disconnect(), "disconnect");
  }
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  for (int i = 0; i < 5; ++i)
    check(co_await sender.publish({topic, std::to_string(i), qos::at_least_once}), "publish");
  client second{w.io.get_executor(), w.lasting(id)};
  check(co_await second.connect(), "connect");
  while ((co_await second.figures(asio::use_awaitable)).received < 5)
    co_await asio::steady_timer{w.io, 1ms}.async_wait(asio::use_awaitable);
  auto s = co_await subscribed(second, topic);
  for (int i = 0; i < 5; ++i)
    check((co_await take(s)).payload == std::to_string(i), "kept in order");
}
const add_case unclaimed_case{"messages wait for their subscription", unclaimed};

/// What is not acknowledged comes again, and only that.
awaitable<void> manual(world& w) {
  const auto topic = w.unique("manual");
  const auto id = topic + "/r";
  const subscribe_options how{qos::at_least_once, acknowledging::manual};
  client sender{w.io.get_executor(), w.passing()};
  check(co_await sender.connect(), "connect");
  {
    client first{w.io.get_executor(), w.lasting(id)};
    check(co_await first.connect(), "connect");
    auto s = co_await subscribed(first, topic, how);
    for (int i = 0; i < 3; ++i)
      check(co_await sender.publish({topic, std::to_string(i), qos::at_least_once}), "publish");
    const auto zero = co_await take(s), one = co_await take(s), two = co_await take(s);
    two.acknowledge(); // held back: the server must hear of the others first
    zero.acknowledge();
    zero.acknowledge(); // once is enough
    // The server has read the acknowledgement when this is promised; it need not read on when the
    // next connection takes over.
    check(co_await first.publish({topic + "/read", "", qos::at_least_once}), "publish");
    check(co_await first.disconnect(), "disconnect");
  }
  client second{w.io.get_executor(), w.lasting(id)};
  check(co_await second.connect(), "connect");
  auto s = co_await subscribed(second, topic, how);
  for (const auto* wanted : {"1", "2"}) {
    const auto m = co_await take(s);
    check(m.payload == wanted && m.duplicate, "came again: " + m.payload);
    m.acknowledge();
  }
  const auto [error, none] = co_await s.next(100ms);
  check_error(error, std::make_error_code(std::errc::timed_out), "nothing more");
}
const add_case manual_case{"manual acknowledgement", manual};

awaitable<void> byte_by_byte(world& w) {
  proxy p{w};
  p.behave(proxy::manner::drip);
  auto options = w.passing();
  options.servers = {p.url()};
  client c{w.io.get_executor(), options};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("drip");
  auto s = co_await subscribed(c, topic, qos::exactly_once);
  for (int i = 0; i < 20; ++i)
    check(co_await c.publish({topic, std::string(300, 'x'), qos::exactly_once}), "publish");
  for (int i = 0; i < 20; ++i)
    check((co_await take(s)).payload.size() == 300, "payload");
  p.behave(proxy::manner::slow);
  check(co_await c.publish({topic, "slow", qos::exactly_once}), "publish");
  check((co_await take(s)).payload == "slow", "payload");
}
const add_case drip_case{"one byte at a time, and late", byte_by_byte};

/// Half-open: nothing comes back, and the client notices by itself.
awaitable<void> half_open(world& w) {
  proxy p{w};
  auto options = w.lasting(w.unique("half"));
  options.servers = {p.url()};
  options.keep_alive_s = 1;
  options.ping_timeout = 200ms;
  client c{w.io.get_executor(), options};
  std::error_code why;
  asio::steady_timer noticed{w.io, 10s};
  c.on_state([&](connection_state state, std::error_code error) {
    if (state != connection_state::away)
      return;
    why = error;
    p.behave(proxy::manner::plain);
    noticed.cancel();
  });
  check(co_await c.connect(), "connect");
  p.behave(proxy::manner::mute);
  bool promised = false;
  c.publish({w.unique("half"), "x", qos::at_least_once},
            [&](std::error_code error) { promised = !error; });
  co_await noticed.async_wait(asio::as_tuple(asio::use_awaitable));
  check_error(why, errc::keep_alive_timeout, "half-open");
  for (int i = 0; i < 1000 && !promised; ++i)
    co_await asio::steady_timer{w.io, 10ms}.async_wait(asio::use_awaitable);
  check(promised, "the message got through in the end");
}
const add_case half_open_case{"half-open", half_open};

awaitable<void> outbox_bounds(world& w) {
  auto options = w.lasting(w.unique("bounds"));
  options.outbox = {.messages_max = 2, .waiting_max = 1};
  client c{w.io.get_executor(), options}; // not connected: everything stays
  publisher all;
  const auto topic = w.unique("bounds");
  all.begin(c, topic, 4, qos::at_least_once); // two in the outbox, one waits, one is too many
  const auto error = co_await c.publish({topic, "x", qos::at_least_once},
                                        publish_options{.when_full = when_full::fail});
  check_error(error, errc::outbox_full, "fails at once");
  check(all.failed == 1 && all.last == errc::outbox_full, "beyond the callers that may wait");
  const auto f = co_await c.figures(asio::use_awaitable);
  check(f.outbox_messages == 2 && f.callers_waiting == 1, "figures");
  check_error(co_await c.publish({topic, "x", qos::at_least_once},
                                 publish_options{.when_full = when_full::fail, .timeout = 1ms}),
              errc::outbox_full, "full before late");
  check(co_await c.connect(), "connect");
  for (int i = 0; i < 1000 && all.promised < 3; ++i)
    co_await asio::steady_timer{w.io, 5ms}.async_wait(asio::use_awaitable);
  check(all.promised == 3, "those inside were promised");
}
const add_case bounds_case{"a full outbox", outbox_bounds};

awaitable<void> deadline(world& w) {
  client c{w.io.get_executor(), w.lasting(w.unique("deadline"))};
  check_error(co_await c.publish({w.unique("late"), "x", qos::at_least_once},
                                 publish_options{.timeout = 20ms}),
              std::make_error_code(std::errc::timed_out), "away");
  check((co_await c.figures(asio::use_awaitable)).outbox_messages == 0, "withdrawn");
}
const add_case deadline_case{"a deadline while away", deadline};

} // namespace
} // namespace mqttzoo::test
