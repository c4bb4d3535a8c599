// Asking a service over HTTP: answers, connections that are kept, time that runs out.
#define CAF_SUITE hook_client
#include "net/hook_client.hpp"

#include "net/http_url.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <caf/test/dsl.hpp>

#include <future>
#include <string>
#include <thread>

using namespace mqttzoo;
using namespace mqttzoo::net;
using tcp = boost::asio::ip::tcp;

namespace {

/// One thread that does what a test tells it to with each connection.
class service {
public:
  using script = std::function<void(tcp::acceptor&)>;

  explicit service(script s)
      : acceptor_(io_, tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this, s = std::move(s)] { s(acceptor_); }) {}
  ~service() { thread_.join(); }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/auth";
  }

private:
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// A request as it came, or what came of one.
std::string read_request(tcp::socket& from) {
  boost::asio::streambuf buffer;
  boost::system::error_code ended;
  boost::asio::read_until(from, buffer, "}", ended);
  return {boost::asio::buffers_begin(buffer.data()), boost::asio::buffers_end(buffer.data())};
}

const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";

void respond(tcp::socket& to, const std::string& body, const std::string& more = "") {
  boost::asio::write(to, boost::asio::buffer("HTTP/1.1 200 OK\r\n" + more + "Content-Length: " +
                                             std::to_string(body.size()) + "\r\n\r\n" + body));
}

/// So that a service that waits for somebody goes on.
void knock(const service& at) {
  boost::asio::io_context io;
  tcp::socket visitor{io};
  const auto url = parse_http_url(at.url()).value();
  visitor.connect(
      {boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(url.port))});
}

hook_options to(const std::string& url) {
  hook_options options;
  options.url = url;
  options.timeout = std::chrono::seconds{10};
  return options;
}

http_reply ask(hook_client& client, const std::string& body = "{}") {
  std::promise<http_reply> reply;
  client.post(body, [&](http_reply r) { reply.set_value(std::move(r)); });
  return reply.get_future().get();
}

} // namespace

CAF_TEST(addresses are taken apart) {
  const auto parts = [](const char* text) {
    const auto url = parse_http_url(text);
    return url ? std::string{url->secure ? "s " : ""} + url->host + ' ' + url->port + ' ' +
                     url->target + ' ' + url->authority
               : "none";
  };
  CAF_CHECK_EQUAL(parts("http://a"), "a 80 / a");
  CAF_CHECK_EQUAL(parts("https://a.b:8443/x?y=z"), "s a.b 8443 /x?y=z a.b:8443");
  CAF_CHECK_EQUAL(parts("https://a?y"), "s a 443 /?y a");
  CAF_CHECK_EQUAL(parts("http://[::1]:90/x"), "::1 90 /x [::1]:90");
  CAF_CHECK_EQUAL(parts("http://[::1]"), "::1 80 / [::1]");
  for (const auto* bad : {"", "a", "ftp://a", "http://", "http:///x", "http://a:", "http://a:x",
                          "http://u@a", "http://a/#f", "http://a b", "http://[::1", "http://a\r\n"})
    CAF_CHECK_EQUAL(parts(bad), "none");
}

CAF_TEST(an answer comes and the connection is kept) {
  std::string asked;
  service s{[&](tcp::acceptor& a) {
    auto peer = a.accept();
    asked = read_request(peer);
    respond(peer, "one");
    read_request(peer);
    respond(peer, "two", "Connection: close\r\n");
    peer.close();
    peer = a.accept();
    read_request(peer);
    respond(peer, "three");
  }};
  auto client = hook_client::open(to(s.url())).value();
  const auto first = ask(*client, R"({"a":1})");
  CAF_CHECK_EQUAL(first.status, 200u);
  CAF_CHECK_EQUAL(first.body, "one");
  CAF_CHECK(asked.starts_with("POST /auth HTTP/1.1\r\nHost: 127.0.0.1:"));
  CAF_CHECK(asked.ends_with("\r\n\r\n{\"a\":1}"));
  const auto second = ask(*client);
  CAF_CHECK_EQUAL(second.body, "two");
  const auto third = ask(*client);
  CAF_CHECK_EQUAL(third.body, "three");
}

CAF_TEST(an interim answer is not the answer) {
  service s{[&](tcp::acceptor& a) {
    auto peer = a.accept();
    for (const auto* body : {"one", "two"}) {
      read_request(peer);
      boost::asio::write(peer, boost::asio::buffer(interim + "HTTP/1.1 103 Early Hints\r\n\r\n"));
      respond(peer, body);
    }
  }};
  auto client = hook_client::open(to(s.url())).value();
  for (const std::string body : {"one", "two"}) {
    const auto reply = ask(*client);
    CAF_CHECK_EQUAL(reply.status, 200u);
    CAF_CHECK_EQUAL(reply.body, body);
  }
}

CAF_TEST(what comes behind an answer is for nobody) {
  service s{[&](tcp::acceptor& a) {
    auto peer = a.accept();
    read_request(peer);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    boost::asio::write(peer, boost::asio::buffer(answer + "one" + answer + "odd"));
    auto next = a.accept();
    read_request(next);
    respond(next, "two");
  }};
  auto client = hook_client::open(to(s.url())).value();
  const auto first = ask(*client);
  const auto second = ask(*client);
  knock(s);
  CAF_CHECK_EQUAL(first.body, "one");
  CAF_CHECK_EQUAL(second.body, "two");
}

CAF_TEST(a kept connection that was closed is replaced) {
  service s{[&](tcp::acceptor& a) {
    for (const auto* body : {"one", "two"}) {
      auto peer = a.accept();
      read_request(peer);
      respond(peer, body);
    }
  }};
  auto client = hook_client::open(to(s.url())).value();
  const auto first = ask(*client);
  const auto second = ask(*client);
  CAF_CHECK_EQUAL(first.body, "one");
  CAF_CHECK_EQUAL(second.body, "two");
}

CAF_TEST(who does not answer in time has not answered) {
  std::promise<void> done;
  service s{[&](tcp::acceptor& a) {
    auto peer = a.accept();
    read_request(peer);
    done.get_future().wait();
  }};
  auto options = to(s.url());
  options.timeout = std::chrono::milliseconds{50};
  options.connections_max = 1;
  auto client = hook_client::open(options).value();
  std::promise<http_reply> behind; // it waits for the connection, and no longer than its own time
  client->post("{}", [](http_reply) {});
  client->post("{}", [&](http_reply r) { behind.set_value(std::move(r)); });
  const auto reply = behind.get_future().get();
  CAF_CHECK_EQUAL(reply.status, 0u);
  CAF_CHECK_EQUAL(reply.problem, "it did not answer in time");
  done.set_value();
}

CAF_TEST(what is no answer is a problem) {
  std::string interims;
  for (int i = 0; i < 20; ++i)
    interims += interim;
  for (const std::string& says :
       {std::string{}, std::string{"nonsense\r\n\r\n"}, interims,
        "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + std::string(70'000, 'x')}) {
    service s{[&](tcp::acceptor& a) {
      auto peer = a.accept();
      read_request(peer);
      boost::system::error_code ignored;
      boost::asio::write(peer, boost::asio::buffer(says), ignored);
    }};
    auto client = hook_client::open(to(s.url())).value();
    const auto reply = ask(*client);
    CAF_CHECK_EQUAL(reply.status, 0u);
    CAF_CHECK(reply.problem.starts_with("it does not answer: "));
  }
}

CAF_TEST(nobody there) {
  std::string url;
  {
    boost::asio::io_context io;
    tcp::acceptor a{io, {boost::asio::ip::address_v4::loopback(), 0}};
    url = "http://127.0.0.1:" + std::to_string(a.local_endpoint().port()) + "/";
  }
  auto client = hook_client::open(to(url)).value();
  const auto reply = ask(*client);
  CAF_CHECK_EQUAL(reply.status, 0u);
  CAF_CHECK(reply.problem.starts_with("it cannot be reached: "));
}

CAF_TEST(what cannot work is told at once) {
  CAF_CHECK(!hook_client::open(to("localhost")));
  auto options = to("https://localhost/");
  options.ca_file = "/no/such/file";
  const auto no_file = hook_client::open(options);
  CAF_CHECK(!no_file && no_file.error().starts_with("auth.hook.ca: /no/such/file"));
  options = to("http://localhost/");
  options.token_file = "/no/such/file";
  const auto no_token = hook_client::open(options);
  CAF_CHECK(!no_token && no_token.error().starts_with("auth.hook.token: /no/such/file"));
}

CAF_TEST(a client that stops answers nobody) {
  std::promise<void> done;
  service s{[&](tcp::acceptor& a) {
    auto peer = a.accept();
    done.get_future().wait();
  }};
  auto client = hook_client::open(to(s.url())).value();
  bool answered = false;
  client->post("{}", [&](http_reply) { answered = true; });
  client->stop();
  CAF_CHECK(!answered);
  client.reset();
  // Whether it came so far as to connect or not.
  knock(s);
  done.set_value();
}
