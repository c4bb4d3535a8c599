// Connecting, publishing, subscribing.
#include "harness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <tuple>

namespace mqttzoo::test {
namespace {

awaitable<void> levels(world& w) {
  for (const auto version : {protocol::v3_1, protocol::v3_1_1, protocol::v5}) {
    auto options = w.passing();
    options.version = version;
    client c{w.io.get_executor(), options};
    check(co_await c.connect(), "connect");
    const auto topic = w.unique("levels");
    auto s = co_await subscribed(c, topic, qos::exactly_once);
    check(s.granted() == qos::exactly_once, "granted");
    for (const auto level : {qos::at_most_once, qos::at_least_once, qos::exactly_once}) {
      publisher all;
      all.begin(c, topic, 100, level);
      for (int i = 0; i < 100; ++i) {
        const auto m = co_await take(s);
        check(m.payload == std::to_string(i) && m.qos == level && m.topic == topic, "order");
      }
      while (all.promised < 100)
        co_await asio::steady_timer{w.io, 1ms}.async_wait(asio::use_awaitable);
    }
    check(co_await c.disconnect(), "disconnect");
  }
}
const add_case levels_case{"each version and level", levels};

awaitable<void> properties(world& w) {
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  message m{w.unique("properties"), std::string(100'000, 'x'), qos::at_least_once};
  m.properties = {.payload_is_utf8 = true,
                  .expiry_s = 100,
                  .content_type = "text/plain",
                  .response_topic = "re/ply",
                  .correlation_data = std::string("\0\1", 2),
                  .users = {{"b", "1"}, {"a", "2"}, {"b", "3"}}};
  auto s = co_await subscribed(c, m.topic);
  check(co_await c.publish(m), "publish");
  const auto got = co_await take(s);
  check(got.properties.expiry_s >= 99, "expiry");
  m.properties.expiry_s = got.properties.expiry_s;
  check(static_cast<const message&>(got) == m, "all properties come back");
}
const add_case properties_case{"properties", properties};

awaitable<void> retained_and_shared(world& w) {
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("retained");
  message kept{topic, "kept", qos::at_least_once};
  kept.retain = true;
  check(co_await c.publish(kept), "publish");
  auto s = co_await subscribed(c, topic);
  const auto m = co_await take(s);
  check(m.retain && m.payload == "kept", "retained");
  subscribe_options without;
  without.retained = retained_first::none;
  auto none = co_await subscribed(c, topic + "/#", without);
  const auto [error, nothing] = co_await none.next(100ms);
  check_error(error, std::make_error_code(std::errc::timed_out), "nothing retained is wanted");
  auto shared = co_await subscribed(c, "$share/g/" + topic + "/x");
  check(co_await c.publish({topic + "/x", "1"}), "publish");
  check((co_await take(shared)).payload == "1", "shared");
}
const add_case retained_case{"retained and shared", retained_and_shared};

awaitable<void> overlapping(world& w) {
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("overlap");
  auto narrow = co_await subscribed(c, topic + "/a");
  auto wide = co_await subscribed(c, topic + "/#");
  auto again = co_await subscribed(c, topic + "/#");
  for (int i = 0; i < 10; ++i)
    check(co_await c.publish({topic + "/a", std::to_string(i), qos::at_least_once}), "publish");
  for (auto* s : {&narrow, &wide, &again}) {
    for (int i = 0; i < 10; ++i)
      check((co_await take(*s)).payload == std::to_string(i), "each sees each message once");
  }
  again.close();
  check(co_await c.publish({topic + "/b", "still", qos::at_least_once}), "publish");
  check((co_await take(wide)).payload == "still", "the other subscription of the filter goes on");
  const auto [error, none] = co_await again.next();
  check_error(error, errc::closed, "a closed subscription");
}
const add_case overlapping_case{"overlapping subscriptions", overlapping};

/// In 3.x no PUBLISH says for whom it is: each of the subscriptions gets all that the server sends,
/// which is one, or one for each filter.
awaitable<void> overlapping_before_5(world& w) {
  auto options = w.passing();
  options.version = protocol::v3_1_1;
  client c{w.io.get_executor(), options};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("overlap");
  auto narrow = co_await subscribed(c, topic + "/a");
  auto wide = co_await subscribed(c, topic + "/#");
  auto last = co_await subscribed(c, w.unique("last"));
  check(co_await c.publish({topic + "/a", "x", qos::at_least_once}), "publish");
  check(co_await c.publish({last.filter(), "", qos::at_least_once}), "publish");
  std::vector<std::uint64_t> times;
  for (auto* s : {&narrow, &wide}) {
    co_await take(*s);
    times.push_back(1);
  }
  co_await take(last); // a server that sends one for each filter sends them ahead of it
  for (std::size_t i = 0; i < times.size(); ++i) {
    auto& s = i == 0 ? narrow : wide;
    for (;;) {
      const auto [error, m] = co_await s.next(200ms);
      if (error)
        break;
      ++times[i];
    }
  }
  const auto came = (co_await c.figures(asio::use_awaitable)).received - 1; // the last one
  check(came > 0 && times == std::vector<std::uint64_t>{came, came}, "each gets what came");
}
const add_case overlapping_3_case{"overlapping subscriptions before 5.0", overlapping_before_5};

awaitable<void> handler(world& w) {
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("handler");
  int seen = 0;
  asio::steady_timer all{w.io, 10s};
  auto [error, s] = co_await c.listen(topic, qos::exactly_once, [&](const received& m) {
    seen += m.payload == std::to_string(seen) ? 1 : 1000;
    if (seen == 50)
      all.cancel();
  });
  check(error, "listen");
  for (int i = 0; i < 50; ++i)
    check(co_await c.publish({topic, std::to_string(i), qos::exactly_once}), "publish");
  if (seen < 50)
    co_await all.async_wait(asio::as_tuple(asio::use_awaitable));
  check(seen == 50, "handler saw " + std::to_string(seen));
  check(co_await c.unsubscribe(topic), "unsubscribe");
  check(co_await c.publish({topic, "x", qos::at_least_once}), "publish");
  check(seen == 50, "nothing after unsubscribe");
}
const add_case handler_case{"handler", handler};

awaitable<void> refusals(world& w) {
  client c{w.io.get_executor(), w.passing()};
  check(co_await c.connect(), "connect");
  check_error(co_await c.publish({"a/#", ""}), errc::invalid_topic, "a wildcard in a topic");
  const auto [error, none] = co_await c.subscribe("a#");
  check_error(error, errc::invalid_filter, "a wildcard inside of a level");
  client nowhere{w.io.get_executor(),
                 {.servers = {"mqtt://127.0.0.1:1"}, .reconnect = reconnecting::never}};
  check(co_await nowhere.connect() == std::errc::connection_refused, "nobody listens");
  client waiting{w.io.get_executor(), {.servers = {"mqtt://127.0.0.1:1"}}};
  check_error(co_await waiting.connect(50ms), std::make_error_code(std::errc::timed_out),
              "its patience");
  client bad{w.io.get_executor(), {.servers = {"http://x"}}};
  check_error(co_await bad.connect(), errc::invalid_address, "no such scheme");
}
const add_case refusals_case{"refusals", refusals};

awaitable<void> requests(world& w) {
  client asking{w.io.get_executor(), w.passing()}, answering{w.io.get_executor(), w.passing()};
  check(co_await asking.connect(), "connect");
  check(co_await answering.connect(), "connect");
  const auto topic = w.unique("request");
  auto [error, s] = co_await answering.listen(topic, {}, [&](const received& m) {
    if (m.payload != "silence")
      answering.publish(answer_to(m, m.payload + '!'), [](std::error_code) {});
  });
  check(error, "listen");
  for (int i = 0; i < 20; ++i) {
    auto [failed, answer] =
        co_await asking.request({topic, std::to_string(i), qos::at_least_once}, 10s);
    check(failed, "request");
    check(answer.payload == std::to_string(i) + '!', "answer");
  }
  auto [late, none] = co_await asking.request({topic, "silence"}, 50ms);
  check_error(late, std::make_error_code(std::errc::timed_out), "nobody answers");
}
const add_case requests_case{"request and response", requests};

awaitable<void> tokens(world& w) {
  // Another thread runs the client; this one is told through a future, and by a callback.
  asio::thread_pool other{1};
  client c{other.get_executor(), w.passing()};
  check(c.connect(asio::use_future).get(), "connect");
  const auto topic = w.unique("tokens");
  auto [error, s] = c.subscribe(topic, asio::use_future).get();
  check(error, "subscribe");
  check(c.publish({topic, "1", qos::at_least_once}, asio::use_future).get(), "publish");
  check(std::get<1>(s.next(10s, asio::use_future).get()).payload == "1", "next");
  asio::steady_timer called{w.io, 10s};
  std::error_code published = errc::closed;
  c.publish({topic, "", qos::at_least_once}, asio::bind_executor(w.io, [&](std::error_code how) {
              published = how;
              called.cancel();
            }));
  co_await called.async_wait(asio::as_tuple(asio::use_awaitable));
  check(published, "callback");
  check(c.disconnect(asio::use_future).get(), "disconnect");
  s.close();
  other.join();
}
const add_case tokens_case{"futures and callbacks", tokens};

awaitable<void> cancellation(world& w) {
  client c{w.io.get_executor(), w.passing()};
  const auto canceled = std::make_error_code(std::errc::operation_canceled);
  asio::cancellation_signal signal;
  int ended = 0;
  const auto expect_canceled = [&](std::error_code error, auto&&...) {
    ended += error == canceled ? 1 : 100;
  };
  const auto cancel = [&] {
    signal.emit(asio::cancellation_type::total);
    return asio::post(w.io, asio::use_awaitable);
  };
  const auto bound = [&] { return asio::bind_cancellation_slot(signal.slot(), expect_canceled); };
  c.publish({"a", "", qos::at_least_once}, bound()); // away: it waits in the outbox
  co_await cancel();
  check(co_await c.connect(), "connect");
  auto s = co_await subscribed(c, w.unique("cancel"));
  s.next(bound());
  co_await cancel();
  c.request({w.unique("nobody"), ""}, 10s, bound());
  co_await cancel();
  for (int i = 0; i < 1000 && ended < 3; ++i)
    co_await asio::post(w.io, asio::use_awaitable);
  check(ended == 3, "cancelled: " + std::to_string(ended));
  check((co_await c.figures(asio::use_awaitable)).outbox_messages <= 1, "the first is withdrawn");
}
const add_case cancellation_case{"cancellation", cancellation};

} // namespace
} // namespace mqttzoo::test
