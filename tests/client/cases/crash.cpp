// An application that is killed while it publishes, with an outbox in a file.
#include "harness.hpp"
#include "tests/scratch_directory.hpp"

#include <boost/asio/steady_timer.hpp>

#include <csignal>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace mqttzoo::test {
namespace {

client_options with_outbox(const world& w, const std::string& id, const std::string& file) {
  auto options = w.lasting(id);
  options.outbox.file = file;
  return options;
}

/// The application: publishes numbers from `first` on, and writes each that is stored into `told`.
/// Never returns.
[[noreturn]] void publish_until_killed(const client_options& options, const std::string& topic,
                                       std::uint32_t first, int told) {
  asio::io_context io{1};
  client c{io.get_executor(), options};
  c.connect([](std::error_code) {});
  std::function<void(std::uint32_t)> next = [&](std::uint32_t number) {
    c.publish({topic, std::to_string(number), qos::exactly_once},
              publish_options{.until = publish_until::stored}, [&, number](std::error_code error) {
                if (error || ::write(told, &number, sizeof number) != sizeof number)
                  ::_exit(1);
                next(number + 1);
              });
  };
  next(first);
  io.run();
  ::_exit(1);
}

/// Lives until `count` messages were stored, then is killed; the last number it told.
std::uint32_t life(const client_options& options, const std::string& topic, std::uint32_t first,
                   std::uint32_t count) {
  int told[2];
  check(::pipe(told) == 0, "pipe");
  const auto child = ::fork();
  if (child == 0)
    publish_until_killed(options, topic, first, told[1]);
  ::close(told[1]);
  std::uint32_t last = first - 1, number = 0;
  bool killed = false;
  while (::read(told[0], &number, sizeof number) == sizeof number) {
    last = number;
    if (number >= first + count && !std::exchange(killed, true))
      ::kill(child, SIGKILL);
  }
  ::close(told[0]);
  ::waitpid(child, nullptr, 0);
  check(killed, "the application ended by itself");
  return last;
}

/// Whatever was stored arrives once, and in order, however often the application is killed.
awaitable<void> crashes(world& w) {
  const scratch_directory directory;
  const auto file = directory.path() + "/outbox";
  const auto topic = w.unique("crash");
  client receiver{w.io.get_executor(), w.lasting(topic + "/r")};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic, qos::exactly_once);
  const auto options = with_outbox(w, topic + "/p", file);
  std::uint32_t stored = 0;
  std::set<std::uint32_t> perhaps_again;
  for (int i = 0; i < 5; ++i) {
    stored = life(options, topic, stored + 1, 100);
    perhaps_again.insert(stored + 1);
  }
  {
    client last{w.io.get_executor(), options}; // which sends what is left
    check(co_await last.connect(), "connect");
    // The last life may have stored one more than it told.
    while ((co_await last.figures(asio::use_awaitable)).outbox_messages > 0)
      co_await asio::steady_timer{w.io, 5ms}.async_wait(asio::use_awaitable);
  }
  std::map<std::string, int> times;
  std::uint32_t seen = 0; // of those that were stored
  for (;;) {
    // What must come may take longer than what must not.
    const auto patience = seen < stored ? std::chrono::milliseconds{10s} : 500ms;
    auto [error, m] = co_await s.next(patience);
    if (error)
      break;
    if (++times[m.payload] == 1 && std::stoul(m.payload) <= stored)
      ++seen;
  }
  for (std::uint32_t i = 1; i <= stored; ++i) {
    const auto found = times.find(std::to_string(i));
    check(found != times.end(), std::to_string(i) + " is lost");
    // A number that was stored and not told is published again by the next life.
    check(found->second <= (perhaps_again.contains(i) ? 2 : 1),
          std::to_string(i) + " came " + std::to_string(found->second) + " times");
  }
}
/// What is published before connect() goes out once, after what a former life left.
awaitable<void> before_connect(world& w) {
  const scratch_directory directory;
  const auto topic = w.unique("before");
  const auto options = with_outbox(w, topic + "/p", directory.path() + "/outbox");
  client receiver{w.io.get_executor(), w.lasting(topic + "/r")};
  check(co_await receiver.connect(), "connect");
  auto s = co_await subscribed(receiver, topic, qos::exactly_once);
  const publish_options how{.until = publish_until::stored};
  const message old{topic, "old", qos::exactly_once}, fresh{topic, "fresh", qos::exactly_once};
  {
    client first{w.io.get_executor(), options};
    check(co_await first.publish(old, how), "publish");
  }
  std::optional<client> second;
  std::error_code locked = errc::store_failed; // until the first one is gone
  for (int i = 0; i < 1000 && locked; ++i) {
    second.emplace(w.io.get_executor(), options);
    locked = co_await second->publish(fresh, how);
  }
  check(locked, "publish");
  check(co_await second->connect(), "connect");
  for (const auto* wanted : {"old", "fresh"})
    check((co_await take(s)).payload == wanted, wanted);
  const auto [error, none] = co_await s.next(200ms);
  check_error(error, std::make_error_code(std::errc::timed_out), "nothing comes twice");
}
const add_case before_case{"what is published before it connects goes out once", before_connect};

const add_case crashes_case{"an application that is killed loses nothing", crashes};

} // namespace
} // namespace mqttzoo::test
