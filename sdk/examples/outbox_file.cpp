// Publish what a crash of this program must not lose: it stands in a file until the broker has it.
#include "example.hpp"

#include <cstdio>
#include <filesystem>

asio::awaitable<int> example(std::string url) {
  const auto file = std::filesystem::temp_directory_path() / "mqttzoo-example-outbox";
  mqttzoo::client_options options;
  options.servers = {url};
  options.client_id = "meter-3";
  options.clean_start = false;
  options.session_expiry_s = 3600;
  options.outbox.file = file;
  int status = 0;
  {
    mqttzoo::client client{co_await asio::this_coro::executor, options};
    if (const auto error = co_await client.connect())
      co_return report("connect", error);
    // Completes as soon as the message is in the file; the broker gets it now or in the next life.
    const auto error =
        co_await client.publish({"meter/3", "42", mqttzoo::qos::exactly_once},
                                mqttzoo::publish_options{.until = mqttzoo::publish_until::stored});
    status = report("publish", error) | report("disconnect", co_await client.disconnect());
  }
  for (const auto* rest : {"", "-wal", "-shm"})
    std::filesystem::remove(file.string() + rest);
  co_return status;
}
