// Ask, and get an answer (5.0).
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  const auto executor = co_await asio::this_coro::executor;
  mqttzoo::client server{executor, at(url)}, client{executor, at(url)};
  co_await server.connect();
  co_await client.connect();
  auto [error, asked] = co_await server.listen("time", {}, [&](const mqttzoo::received& question) {
    server.publish(mqttzoo::answer_to(question, "half past nine"), [](std::error_code) {});
  });
  if (error)
    co_return report("listen", error);
  auto [late, answer] =
      co_await client.request({"time", "what time is it?", mqttzoo::qos::at_least_once}, 10s);
  std::cout << answer.payload << '\n';
  co_return report("request", late);
}
