// Connect to one of several servers, and hear when that changes.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client_options options;
  options.servers = {url, url}; // a pod may go; the next one is tried
  options.keep_alive_s = 30;
  mqttzoo::client client{co_await asio::this_coro::executor, options};
  client.on_state([](mqttzoo::connection_state state, std::error_code why) {
    std::cout << (state == mqttzoo::connection_state::connected ? "connected" : "not connected: ")
              << why.message() << '\n';
  });
  if (const auto error = co_await client.connect(10s))
    co_return report("connect", error);
  co_return report("disconnect", co_await client.disconnect());
}
