// Cases of the SDK against a real broker: each is a coroutine with an io_context of its own.
//
// The program prints `ok NAME` or `FAIL NAME: why` for each case; tests/client/run starts the
// broker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <mqttzoo/client.hpp>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace mqttzoo::test {

namespace asio = boost::asio;
using asio::awaitable;
using namespace std::chrono_literals;

/// A client did not see what it should.
struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a case runs in.
struct world {
  asio::io_context io{1};
  std::string host;
  std::uint16_t port = 0;
  bool small_bank = false; ///< of the broker: a few hundred messages fill it

  std::string url() const { return "mqtt://" + host + ':' + std::to_string(port); }
  asio::ip::tcp::endpoint broker() const { return {asio::ip::make_address(host), port}; }
  /// A name that no other case uses.
  static std::string unique(const std::string& what);
  /// Options of a client that has a session, by its name.
  client_options lasting(const std::string& client_id) const {
    client_options o;
    o.servers = {url()};
    o.client_id = client_id;
    o.clean_start = false;
    o.session_expiry_s = 300;
    o.backoff = {.least = 10ms, .most = 50ms};
    return o;
  }
  client_options passing() const {
    client_options o;
    o.servers = {url()};
    o.backoff = {.least = 10ms, .most = 50ms};
    return o;
  }
};

struct test_case {
  std::string name;
  awaitable<void> (*run)(world&);
};

/// All cases; each file adds its own.
std::vector<test_case>& all_cases();

struct add_case {
  add_case(const char* name, awaitable<void> (*run)(world&)) { all_cases().push_back({name, run}); }
};

inline void check(bool holds, const std::string& what) {
  if (!holds)
    throw failure{what};
}
inline void check(std::error_code error, const std::string& what) {
  if (error)
    throw failure{what + ": " + error.message()};
}
inline void check_error(std::error_code got, std::error_code wanted, const std::string& what) {
  if (got != wanted)
    throw failure{what + ": got '" + got.message() + "', wanted '" + wanted.message() + '\''};
}

/// Publishes `count` numbered messages at once; counts promises.
struct publisher {
  int promised = 0;
  int failed = 0;
  std::error_code last;

  void begin(client& c, const std::string& topic, int count, qos level) {
    for (int i = 0; i < count; ++i)
      c.publish({topic, std::to_string(i), level}, [this](std::error_code error) {
        ++(error ? failed : promised);
        if (error)
          last = error;
      });
  }
};

/// The next message, within 10 s.
inline awaitable<received> take(subscription& s) {
  auto [error, m] = co_await s.next(10s);
  check(error, "no message on " + s.filter());
  co_return m;
}

/// A subscription that stands.
inline awaitable<subscription> subscribed(client& c, std::string filter,
                                          subscribe_options how = {}) {
  auto [error, s] = co_await c.subscribe(std::move(filter), how);
  check(error, "subscribe");
  co_return std::move(s);
}

} // namespace mqttzoo::test
