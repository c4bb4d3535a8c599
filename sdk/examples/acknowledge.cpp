// Acknowledge a message when it is really done with: what is not acknowledged comes again.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client client{co_await asio::this_coro::executor, at(url)};
  if (const auto error = co_await client.connect())
    co_return report("connect", error);
  const mqttzoo::subscribe_options how{mqttzoo::qos::at_least_once, mqttzoo::acknowledging::manual};
  auto [error, jobs] = co_await client.subscribe("jobs", how);
  if (error)
    co_return report("subscribe", error);
  co_await client.publish({"jobs", "count to three", mqttzoo::qos::at_least_once});
  auto [ended, job] = co_await jobs.next(10s);
  if (ended)
    co_return report("next", ended);
  std::cout << "doing: " << job.payload << '\n';
  job.acknowledge(); // from any thread, as late as you like
  co_return report("disconnect", co_await client.disconnect());
}
