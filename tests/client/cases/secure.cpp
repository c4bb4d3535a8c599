// TLS and WebSocket, through a bridge of the test to the broker's TCP port.
#include "harness.hpp"
#include "tests/net/certificates.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include <array>
#include <memory>

namespace mqttzoo::test {
namespace {

using asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;
namespace websocket = boost::beast::websocket;
constexpr auto quiet = asio::as_tuple(asio::use_awaitable);

/// An authority, the server's certificate, and that of a client.
struct trust {
  net::test::authority authority;
  net::tls_files server = authority.issue({.common_name = "server", .dns_name = "localhost"});
  net::tls_files client = authority.issue({.common_name = "client", .dns_name = {}});
  asio::ssl::context context{asio::ssl::context::tls_server};

  trust() {
    context.use_certificate_chain_file(server.certificate);
    context.use_private_key_file(server.key, asio::ssl::context::pem);
    context.load_verify_file(server.authorities);
    context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
  }
};

awaitable<bool> greet(tls_stream& s) {
  const auto [error] = co_await s.async_handshake(asio::ssl::stream_base::server, quiet);
  co_return !error;
}
awaitable<bool> greet(tcp::socket&) {
  co_return true;
}
template<class Next>
awaitable<bool> greet(websocket::stream<Next>& s) {
  if (!co_await greet(s.next_layer()))
    co_return false;
  s.binary(true);
  s.set_option(websocket::stream_base::decorator([](websocket::response_type& answer) {
    answer.set(boost::beast::http::field::sec_websocket_protocol, "mqtt");
  }));
  const auto [error] = co_await s.async_accept(quiet);
  co_return !error;
}

awaitable<bool> send(auto& to, asio::const_buffer bytes) {
  const auto [error, size] = co_await asio::async_write(to, bytes, quiet);
  co_return !error;
}
template<class Next>
awaitable<bool> send(websocket::stream<Next>& to, asio::const_buffer bytes) {
  const auto [error, size] = co_await to.async_write(bytes, quiet);
  co_return !error;
}

template<class From, class To>
awaitable<void> pump(std::shared_ptr<From> from, std::shared_ptr<To> to) {
  std::array<char, 5000> bytes{};
  for (;;) {
    const auto [error, size] = co_await from->async_read_some(asio::buffer(bytes), quiet);
    if (error || !co_await send(*to, asio::buffer(bytes.data(), size)))
      break;
  }
  boost::system::error_code ignored;
  boost::beast::get_lowest_layer(*from).close(ignored);
  boost::beast::get_lowest_layer(*to).close(ignored);
}

/// Takes connections of one kind and carries them to the broker.
template<class Stream>
class bridge {
public:
  template<class... Layers>
  bridge(world& w, Layers&... layers)
      : broker_(w.broker()), acceptor_(w.io, {asio::ip::make_address("127.0.0.1"), 0}) {
    asio::co_spawn(w.io, accept(layers...), asio::detached);
  }
  ~bridge() { acceptor_.close(); }
  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

private:
  template<class... Layers>
  awaitable<void> accept(Layers&... layers) {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(quiet);
      if (error)
        co_return;
      const auto client = std::make_shared<Stream>(std::move(socket), layers...);
      asio::co_spawn(acceptor_.get_executor(), serve(client), asio::detached);
    }
  }
  awaitable<void> serve(std::shared_ptr<Stream> client) {
    const auto server = std::make_shared<tcp::socket>(acceptor_.get_executor());
    const auto [error] = co_await server->async_connect(broker_, quiet);
    if (error || !co_await greet(*client))
      co_return;
    asio::co_spawn(server->get_executor(), pump(client, server), asio::detached);
    asio::co_spawn(server->get_executor(), pump(server, client), asio::detached);
  }

  tcp::endpoint broker_;
  tcp::acceptor acceptor_;
};

client_options through(const world& w, const trust& t, const std::string& url) {
  auto options = w.passing();
  options.servers = {url};
  options.reconnect = reconnecting::never;
  options.tls.authorities_file = t.server.authorities;
  options.tls.certificate_file = t.client.certificate;
  options.tls.key_file = t.client.key;
  return options;
}

awaitable<void> talk(world& w, client_options options) {
  client c{w.io.get_executor(), std::move(options)};
  check(co_await c.connect(), "connect");
  const auto topic = w.unique("secure");
  auto s = co_await subscribed(c, topic, qos::exactly_once);
  for (int i = 0; i < 3; ++i) {
    const std::string payload(static_cast<std::size_t>(i) * 150'000 + 1, 'x');
    check(co_await c.publish({topic, payload, qos::exactly_once}), "publish");
    check((co_await take(s)).payload == payload, "payload");
  }
  check(co_await c.disconnect(), "disconnect");
}

awaitable<void> tls(world& w) {
  trust t;
  bridge<tls_stream> b{w, t.context};
  co_await talk(w, through(w, t, "mqtts://localhost:" + b.port()));
}
awaitable<void> plain_websocket(world& w) {
  trust t;
  bridge<websocket::stream<tcp::socket>> b{w};
  co_await talk(w, through(w, t, "ws://localhost:" + b.port() + "/mqtt"));
}
awaitable<void> secure_websocket(world& w) {
  trust t;
  bridge<websocket::stream<tls_stream>> b{w, t.context};
  co_await talk(w, through(w, t, "wss://localhost:" + b.port() + "/mqtt"));
}
const add_case tls_case{"mutual TLS", tls};
const add_case websocket_case{"WebSocket", plain_websocket};
const add_case secure_websocket_case{"WebSocket over TLS", secure_websocket};

awaitable<std::error_code> attempt(world& w, client_options options) {
  client c{w.io.get_executor(), std::move(options)};
  co_return co_await c.connect();
}

awaitable<void> distrust(world& w) {
  trust t;
  bridge<tls_stream> b{w, t.context};
  const auto usual = through(w, t, "mqtts://localhost:" + b.port());
  auto stranger = usual;
  stranger.tls.authorities_file.clear(); // the system's do not know this server
  check(static_cast<bool>(co_await attempt(w, stranger)), "an unknown authority");
  auto nameless = usual;
  nameless.tls.certificate_file.clear();
  nameless.tls.key_file.clear();
  check(static_cast<bool>(co_await attempt(w, nameless)), "without a certificate of ours");
  auto misled = usual;
  misled.servers = {"mqtts://127.0.0.1:" + b.port()}; // the certificate says localhost
  check(static_cast<bool>(co_await attempt(w, misled)), "another name");
  misled.tls.check = peer_check::authority;
  check(co_await attempt(w, misled), "whose name is not asked for");
  auto broken = usual;
  broken.tls.authorities_file = "/nonexistent";
  check(static_cast<bool>(co_await attempt(w, broken)), "a file that is not there");
}
const add_case distrust_case{"TLS with somebody else", distrust};

} // namespace
} // namespace mqttzoo::test
