// Servers that name another one (section 4.13): the client goes there.
#include "mqtt/encoder.hpp"
#include "proxy.hpp"

namespace mqttzoo::test {
namespace {

using asio::ip::tcp;
constexpr auto quiet = asio::as_tuple(asio::use_awaitable);

/// Says the same to each client that sends something, and waits until it goes.
class sending_away {
public:
  sending_away(world& w, std::string answer)
      : acceptor_(std::make_shared<tcp::acceptor>(
            w.io, tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0})) {
    asio::co_spawn(w.io, accept(acceptor_, std::move(answer), accepted_), asio::detached);
  }
  ~sending_away() {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
  }

  std::string url() const {
    return "mqtt://127.0.0.1:" + std::to_string(acceptor_->local_endpoint().port());
  }
  int accepted() const { return *accepted_; }

private:
  static awaitable<void> accept(std::shared_ptr<tcp::acceptor> at, std::string answer,
                                std::shared_ptr<int> accepted) {
    for (;;) {
      auto [error, socket] = co_await at->async_accept(quiet);
      if (error)
        co_return;
      ++*accepted;
      std::array<char, 1024> said{};
      co_await socket.async_read_some(asio::buffer(said), quiet);
      co_await asio::async_write(socket, asio::buffer(answer), quiet);
      boost::system::error_code failed;
      while (!failed) {
        const auto [closed, size] = co_await socket.async_read_some(asio::buffer(said), quiet);
        failed = closed;
      }
    }
  }

  std::shared_ptr<tcp::acceptor> acceptor_;
  std::shared_ptr<int> accepted_ = std::make_shared<int>(0);
};

std::string refusal(mqtt::reason_code why, const std::string& reference) {
  mqtt::connack_packet p;
  p.reason = why;
  p.server_reference = reference;
  std::string bytes;
  mqtt::encode(p, mqtt::protocol_version::v5, 0, bytes);
  return bytes;
}

/// Takes the client in, and sends it away.
std::string farewell(mqtt::reason_code why, const std::string& reference) {
  mqtt::disconnect_packet p;
  p.reason = why;
  p.server_reference = reference;
  auto bytes = refusal(mqtt::reason_code::success, {});
  mqtt::encode(p, mqtt::protocol_version::v5, 0, bytes);
  return bytes;
}

std::string place(const std::string& url) {
  return url.substr(url.rfind('/') + 1);
}

/// The first server sends the client to `other`, which loses it once. Returns how often the client
/// came to the first one.
awaitable<int> sent_away(world& w, proxy& other, std::string answer) {
  sending_away first{w, std::move(answer)};
  auto options = w.lasting(w.unique("reference"));
  options.servers = {first.url()};
  client c{w.io.get_executor(), options};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("reference");
  auto s = co_await subscribed(c, topic);
  for (int i = 1; i <= 2; ++i) {
    check(co_await c.publish({topic, std::to_string(i), qos::at_least_once}), "publish");
    while ((co_await take(s)).payload != std::to_string(i)) { // what a cut repeats
    }
    check(other.accepted() == i, "the other server has the client");
    if (i == 1)
      other.cut();
  }
  co_return first.accepted();
}

awaitable<void> refused_for_now(world& w) {
  proxy other{w};
  const auto times = co_await sent_away(
      w, other,
      refusal(mqtt::reason_code::use_another_server, "nowhere.invalid " + place(other.url())));
  check(times == 2, "0x9C counts once: the first server is asked again");
}
awaitable<void> refused_for_good(world& w) {
  proxy other{w};
  const auto times =
      co_await sent_away(w, other, refusal(mqtt::reason_code::server_moved, place(other.url())));
  check(times == 1, "0x9D counts from now on: the first server is not asked again");
}
awaitable<void> moved_while_connected(world& w) {
  proxy other{w};
  const auto times =
      co_await sent_away(w, other, farewell(mqtt::reason_code::server_moved, place(other.url())));
  check(times == 1, "the first server is not asked again");
}
awaitable<void> away_while_connected(world& w) {
  proxy other{w};
  const auto times = co_await sent_away(
      w, other, farewell(mqtt::reason_code::use_another_server, place(other.url())));
  check(times == 2, "the first server is asked again");
}
/// How long an attempt may take says nothing about the connection that comes of the next one.
awaitable<void> refused_in_time(world& w) {
  proxy other{w};
  sending_away first{w, refusal(mqtt::reason_code::server_moved, place(other.url()))};
  auto options = w.lasting(w.unique("reference"));
  options.servers = {first.url()};
  options.attempt_timeout = 2s;
  client c{w.io.get_executor(), options};
  check(co_await c.connect(), "connect");
  auto s = co_await subscribed(c, w.unique("reference"));
  const auto [error, none] = co_await s.next(2500ms);
  check_error(error, std::make_error_code(std::errc::timed_out), "nothing comes");
  check(other.accepted() == 1, "the connection lasts");
}
const add_case refused_0{"a refused attempt does not end the next connection", refused_in_time};
const add_case refused_1{"CONNACK names another server for now", refused_for_now};
const add_case refused_2{"CONNACK names another server for good", refused_for_good};
const add_case ended_1{"DISCONNECT names another server for good", moved_while_connected};
const add_case ended_2{"DISCONNECT names another server for now", away_while_connected};

} // namespace
} // namespace mqttzoo::test
