// Do not wait for ever: a deadline for a publish, and no waiting for a full outbox.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client_options options;
  options.servers = {url};
  options.outbox.messages_max = 100;
  mqttzoo::client client{co_await asio::this_coro::executor, options};
  // Nobody is connected: the message waits in the outbox, and is withdrawn when its time is over.
  const auto late = co_await client.publish({"a", "x", mqttzoo::qos::at_least_once},
                                            mqttzoo::publish_options{.timeout = 50ms});
  std::cout << "away: " << late.message() << '\n';
  co_await client.connect();
  const auto error = co_await client.publish(
      {"a", "x", mqttzoo::qos::at_least_once},
      mqttzoo::publish_options{.when_full = mqttzoo::when_full::fail, .timeout = 10s});
  co_return late == std::errc::timed_out ? report("publish", error) : 1;
}
