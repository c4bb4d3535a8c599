// A program with threads of its own: the client runs in another one and answers with futures.
#include "example.hpp"

asio::awaitable<int> example(std::string url) {
  asio::thread_pool pool{1};
  int status = 0;
  {
    mqttzoo::client client{pool.get_executor(), at(url)};
    status |= report("connect", client.connect(asio::use_future).get());
    status |= report(
        "publish",
        client.publish({"a/b", "from a thread", mqttzoo::qos::exactly_once}, asio::use_future)
            .get());
    status |= report("disconnect", client.disconnect(asio::use_future).get());
  }
  pool.join();
  co_return status;
}
