// Take the messages of a filter one after the other.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client client{co_await asio::this_coro::executor, at(url)};
  if (const auto error = co_await client.connect())
    co_return report("connect", error);
  auto [error, news] = co_await client.subscribe("news/#", mqttzoo::qos::at_least_once);
  if (error)
    co_return report("subscribe", error);
  for (int i = 0; i < 3; ++i)
    co_await client.publish({"news/today", std::to_string(i), mqttzoo::qos::at_least_once});
  for (int i = 0; i < 3; ++i) {
    auto [ended, m] = co_await news.next();
    if (ended)
      co_return report("next", ended);
    std::cout << m.topic << ": " << m.payload << '\n';
  }
  co_return report("disconnect", co_await client.disconnect());
}
