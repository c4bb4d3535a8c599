// The same without coroutines: a handler for each message, callbacks for the rest.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client client{co_await asio::this_coro::executor, at(url)};
  mqttzoo::subscription alarms;
  asio::steady_timer done{co_await asio::this_coro::executor, 10s};
  bool seen = false;
  const auto on_message = [&](const mqttzoo::received& m) {
    std::cout << "alarm: " << m.payload << '\n';
    seen = true;
    done.cancel();
  };
  client.listen("alarms/+", {}, on_message, [&](std::error_code error, mqttzoo::subscription s) {
    alarms = std::move(s); // it lasts as long as this
    if (!error)
      client.publish({"alarms/1", "fire", mqttzoo::qos::at_least_once}, [](std::error_code) {});
  });
  client.connect(
      [](std::error_code error) { std::cout << "connect: " << error.message() << '\n'; });
  co_await done.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return seen ? 0 : 1;
}
