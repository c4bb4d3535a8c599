// Publish, and know that it is safe: at QoS 1 the broker has promised it when publish() completes.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  mqttzoo::client client{co_await asio::this_coro::executor, at(url)};
  if (const auto error = co_await client.connect())
    co_return report("connect", error);
  mqttzoo::message reading{"plant/1/temperature", "21.5", mqttzoo::qos::at_least_once};
  reading.retain = true;
  reading.properties.content_type = "text/plain";
  reading.properties.users.emplace_back("unit", "celsius");
  if (const auto error = co_await client.publish(reading))
    co_return report("publish", error);
  co_return report("disconnect", co_await client.disconnect());
}
