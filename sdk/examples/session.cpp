// Miss nothing while away: a session that lasts, and subscriptions that stand before it connects.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  const auto executor = co_await asio::this_coro::executor;
  mqttzoo::client_options options;
  options.servers = {url};
  options.client_id = "warehouse-7";
  options.clean_start = false;
  options.session_expiry_s = 3600;
  mqttzoo::client sender{executor, at(url)};
  co_await sender.connect();
  {
    mqttzoo::client first{executor, options};
    co_await first.connect();
    auto [error, orders] = co_await first.subscribe("orders/#");
    co_await first.disconnect();
    first = mqttzoo::client{executor, options}; // so that the end of `orders` tells nobody
  }
  co_await sender.publish({"orders/1", "ten bananas", mqttzoo::qos::exactly_once});

  mqttzoo::client second{executor, options};
  second.connect([](std::error_code) {});
  auto [error, orders] = co_await second.subscribe("orders/#");
  if (error)
    co_return report("subscribe", error);
  auto [late, order] = co_await orders.next(10s);
  std::cout << order.payload << '\n';
  co_return report("next", late);
}
