// The endpoint's server over real sockets: bounds, time-outs, HTTPS, and who is let in.
#define CAF_SUITE admin.server
#include "admin/server.hpp"

#include "tests/net/certificates.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <caf/test/dsl.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

using namespace mqttzoo;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct server_fixture {
  core::admin_settings settings = core::settings{}.admin;
  asio::io_context io;
  std::unique_ptr<admin::server> server;
  std::thread thread;
  asio::io_context client_io;

  server_fixture() {
    settings.port = std::uint16_t{0};
    settings.timeout = 10s; // longer than a slow machine takes
  }

  ~server_fixture() {
    io.stop();
    if (thread.joinable())
      thread.join();
    server = nullptr;
  }

  /// Answers with the path and who asked, everybody at /open; /silent is never answered.
  void start() {
    auto opened =
        admin::server::open(io, settings, [](const admin::request& r, admin::answer then) {
          if (r.path == "/silent")
            return;
          const bool admitted = r.from == admin::standing::admitted;
          then({admitted || r.path == "/open" ? 200u : 401u, "text/plain",
                r.path + (admitted ? " admitted" : " unknown") + r.body});
        });
    CAF_REQUIRE(opened.has_value());
    server = std::move(*opened);
    thread = std::thread{[this] { io.run(); }};
  }

  /// What the server's thread is about to do.
  static void await(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!done() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(1ms);
    CAF_REQUIRE(done());
  }

  tcp::socket connect() {
    tcp::socket s{client_io};
    s.connect({asio::ip::make_address(settings.address), server->port()});
    return s;
  }

  static std::string request(const std::string& path, const std::string& more = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + "\r\n";
  }

  /// All that comes until the server closes.
  template<class Stream>
  static std::string read_all(Stream& s) {
    std::string text;
    boost::system::error_code ended;
    asio::read(s, asio::dynamic_buffer(text), ended);
    return text;
  }

  std::string ask(const std::string& bytes) {
    auto s = connect();
    boost::system::error_code refused;
    asio::write(s, asio::buffer(bytes), refused);
    return read_all(s);
  }

  /// Over TLS, as a client with that certificate, if there is one.
  std::optional<std::string> ask_tls(const net::tls_files& trust,
                                     const std::optional<net::tls_files>& own) {
    asio::ssl::context tls{asio::ssl::context::tls_client};
    tls.load_verify_file(trust.authorities);
    tls.set_verify_mode(asio::ssl::verify_peer);
    if (own) {
      tls.use_certificate_chain_file(own->certificate);
      tls.use_private_key_file(own->key, asio::ssl::context::pem);
    }
    asio::ssl::stream<tcp::socket> s{connect(), tls};
    boost::system::error_code failed;
    s.handshake(asio::ssl::stream_base::client, failed);
    if (!failed)
      asio::write(s, asio::buffer(request("/a")), failed);
    if (failed)
      return std::nullopt;
    auto text = read_all(s);
    return text.empty() ? std::nullopt : std::optional{text};
  }
};

bool ends_with_body(const std::string& answer, const std::string& body) {
  return answer.ends_with("\r\n\r\n" + body);
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(server_tests, server_fixture)

CAF_TEST(requests are answered one after the other on a connection) {
  start();
  CAF_CHECK(ends_with_body(ask(request("/a")), "/a admitted"));
  auto s = connect();
  const std::string two = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("/b");
  asio::write(s, asio::buffer(two));
  const auto text = read_all(s);
  CAF_CHECK(text.find("/a admitted") != text.npos);
  CAF_CHECK(ends_with_body(text, "/b admitted"));
  CAF_CHECK_EQUAL(server->counts().requests.get(), 3u);
}

CAF_TEST(a host that is not this machine is told so) {
  start();
  const auto text = ask("GET /a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  CAF_CHECK(ends_with_body(text, "/a unknown"));
  CAF_CHECK_EQUAL(server->counts().denied.get(), 1u);
}

CAF_TEST(a stranger who asks what everybody may is not turned away) {
  start();
  for (int i = 0; i < 10; ++i)
    CAF_CHECK(ask("GET /open HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200"));
  CAF_CHECK_EQUAL(server->counts().requests.get(), 10u);
  CAF_CHECK_EQUAL(server->counts().denied.get(), 0u);
}

CAF_TEST(what is too long is refused) {
  settings.request_bytes_max = 1024;
  start();
  CAF_CHECK(
      ask(request("/a", "X: " + std::string(2000, 'x') + "\r\n")).starts_with("HTTP/1.1 413"));
  const auto body = std::string(2000, 'x');
  CAF_CHECK(ask(request("/a", "Content-Length: 2000\r\n") + body).starts_with("HTTP/1.1 413"));
  CAF_CHECK(ends_with_body(ask(request("/a", "Content-Length: 3\r\n") + "xyz"), "/a admittedxyz"));
}

CAF_TEST(what takes too long ends) {
  settings.timeout = 200ms;
  start();
  CAF_CHECK(ask(request("/silent")).starts_with("HTTP/1.1 504"));
  CAF_CHECK_EQUAL(server->counts().timed_out.get(), 1u);
  CAF_CHECK_EQUAL(ask("GET /half"), ""); // closed
  CAF_CHECK_EQUAL(ask(""), "");
}

CAF_TEST(there are no more connections than allowed while each is being answered) {
  settings.connections_max = 1;
  start();
  auto first = connect();
  asio::write(first, asio::buffer(request("/silent")));
  await([this] { return server->counts().requests.get() == 1; }); // it has its seat
  CAF_CHECK_EQUAL(ask(request("/b")), "");
  CAF_CHECK_EQUAL(server->counts().connections_full.get(), 1u);
  CAF_CHECK_EQUAL(server->counts().connections.get(), 1u);
}

CAF_TEST(connections that ask nothing make room for those who do) {
  settings.connections_max = 3;
  start();
  std::vector<tcp::socket> idle;
  for (int i = 0; i < 3; ++i)
    idle.push_back(connect());
  await([this] { return server->counts().connections.get() == 3; });
  CAF_CHECK(ask(request("/open")).starts_with("HTTP/1.1 200"));
  CAF_CHECK_EQUAL(server->counts().connections_full.get(), 1u);
  CAF_CHECK_EQUAL(read_all(idle.front()), ""); // closed: it has waited for longest
  await([this] { return server->counts().connections.get() == 2; });
  asio::write(idle.back(), asio::buffer(request("/a")));
  CAF_CHECK(ends_with_body(read_all(idle.back()), "/a admitted"));
}

CAF_TEST(who has just asked keeps its connection before those who have not ) {
  settings.connections_max = 2;
  start();
  auto asks = connect();
  await([this] { return server->counts().connections.get() == 1; });
  auto silent = connect();
  await([this] { return server->counts().connections.get() == 2; });
  asio::write(asks, asio::buffer(std::string{"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"}));
  std::string answer(12, '\0');
  asio::read(asks, asio::buffer(answer));
  CAF_CHECK(ask(request("/b")).starts_with("HTTP/1.1 200"));
  CAF_CHECK_EQUAL(read_all(silent), "");
  asio::write(asks, asio::buffer(request("/c")));
  CAF_CHECK(ends_with_body(read_all(asks), "/c admitted"));
}

CAF_TEST(with authorities only clients with a certificate are answered) {
  net::test::authority ours;
  net::test::authority others;
  const auto own = ours.issue({.common_name = "localhost", .dns_name = "localhost"});
  settings.tls_certificate = own.certificate;
  settings.tls_key = own.key;
  settings.tls_ca = own.authorities;
  start();
  CAF_CHECK(server->tls());
  const auto good = ask_tls(own, ours.issue({.common_name = "operator", .dns_name = {}}));
  CAF_REQUIRE(good.has_value());
  CAF_CHECK(ends_with_body(*good, "/a admitted"));
  CAF_CHECK(!ask_tls(own, std::nullopt).has_value());
  CAF_CHECK(!ask_tls(own, others.issue({.common_name = "stranger", .dns_name = {}})).has_value());
  CAF_CHECK_EQUAL(ask(request("/a")), ""); // no plain text
}

CAF_TEST(what cannot be listened on is a sentence) {
  settings.address = "127.0.0.256";
  auto opened = admin::server::open(io, settings, nullptr);
  CAF_REQUIRE(!opened.has_value());
  settings.address = "127.0.0.1";
  start();
  settings.port = server->port();
  opened = admin::server::open(io, settings, nullptr);
  CAF_REQUIRE(!opened.has_value());
  CAF_CHECK(opened.error().find("admin.port") != std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
