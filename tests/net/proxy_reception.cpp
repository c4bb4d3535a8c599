// From a proxy's socket to one that is its client's, or to none.
#define CAF_SUITE net.proxy_reception

#include "net/proxy_reception.hpp"

#include "tests/net/loopback.hpp"
#include "tests/net/proxy_headers.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;
using namespace std::chrono_literals;

namespace {

struct fixture {
  /// `from` is where the proxy seems to be; nothing: where it is, on loopback.
  void begin(const std::string& trusted = "127.0.0.0/8", std::optional<endpoint> from = {}) {
    auto pair = make_pair();
    if (from)
      pair.ours.peer = *from;
    proxy.emplace(std::move(pair.theirs));
    real = to_string(pair.ours.peer);
    pair.ours.place = *seats->take();
    pair.ours.by = entrance_;
    auto rules = std::make_shared<proxy_rules>();
    rules->trusted.push_back(*core::ip_network::parse(trusted));
    rules->header_timeout = 1s;
    proxy_reception::begin(io, std::move(pair.ours), {rules, figures, [this](detached_socket s) {
                                                        received = std::move(s);
                                                      }});
    settle(io);
  }

  std::uint64_t refused(listener_refusal why) const {
    return figures->refused[static_cast<std::size_t>(why)].load();
  }

  /// What its owner sees of the socket that was handed on.
  std::string read() {
    connection = tcp_connection::adopt(io, std::move(received));
    connection->attach_events(events);
    settle(io);
    return events.input;
  }

  core::manual_clock clock;
  loop io{clock};
  ref<seating> seats = make_ref<seating>(10u);
  std::shared_ptr<listener_figures> figures = std::make_shared<listener_figures>(seats);
  std::shared_ptr<const entrance> entrance_ = std::make_shared<const entrance>();
  std::optional<peer_socket> proxy;
  std::string real; ///< the proxy's address
  detached_socket received;
  recorder events;
  std::shared_ptr<tcp_connection> connection;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(proxy_reception_tests, fixture)

CAF_TEST(the client has the address that the header says and its bytes follow) {
  for (const auto& s : sample_headers()) {
    if (!s.outcome.starts_with("known"))
      continue;
    CAF_MESSAGE(s.name);
    begin();
    proxy->send(s.bytes + "hello");
    run_until(io, [&] { return static_cast<bool>(received); });
    CAF_CHECK(received.by == entrance_);
    CAF_CHECK_EQUAL(seats->taken(), 1u);
    events = {};
    CAF_CHECK_EQUAL(read(), "hello");
    CAF_CHECK_EQUAL("known " + connection->peer(), s.outcome);
    connection = nullptr;
  }
}

CAF_TEST(a header may come byte by byte) {
  begin();
  const std::string header = "PROXY TCP4 10.0.0.7 10.1.0.1 51234 1883\r\n";
  for (const char byte : header) {
    CAF_CHECK(!received);
    proxy->send({&byte, 1});
    settle(io);
  }
  run_until(io, [&] { return static_cast<bool>(received); });
  CAF_CHECK_EQUAL(read(), "");
  proxy->send("later");
  run_until(io, [&] { return events.input == "later"; });
  CAF_CHECK_EQUAL(connection->peer(), "10.0.0.7:51234");
}

CAF_TEST(who is carried without an address is not taken for its proxy) {
  begin();
  proxy->send("PROXY UNKNOWN\r\n");
  run_until(io, [&] { return static_cast<bool>(received); });
  read();
  CAF_CHECK_EQUAL(connection->peer(), "proxy " + real);
  connection->detach_events();
  auto moved = connection->detach_socket();
  CAF_CHECK_EQUAL(tcp_connection::adopt(io, std::move(moved))->peer(), "proxy " + real);
}

CAF_TEST(an unspecified address is none) {
  begin();
  proxy->send("PROXY TCP4 0.0.0.0 10.1.0.1 0 1883\r\n");
  run_until(io, [&] { return static_cast<bool>(received); });
  read();
  CAF_CHECK_EQUAL(connection->peer(), "proxy " + real);
}

CAF_TEST(loopback of a proxy on another machine is no address of this one) {
  const endpoint elsewhere{boost::asio::ip::make_address("10.0.0.5"), 4711};
  for (const std::string header :
       {"PROXY TCP4 127.0.0.1 10.1.0.1 51234 1883\r\n", "PROXY TCP6 ::1 ::2 51234 1883\r\n",
        "PROXY TCP6 ::ffff:127.0.0.1 ::2 51234 1883\r\n"}) {
    begin("10.0.0.0/8", elsewhere);
    proxy->send(header);
    run_until(io, [&] { return static_cast<bool>(received); });
    read();
    CAF_CHECK_EQUAL(connection->peer(), "proxy 10.0.0.5:4711");
    connection = nullptr;
  }
}

CAF_TEST(loopback of a proxy on this machine is an address of it) {
  for (const auto& from : {std::optional<endpoint>{}, std::optional{endpoint{}}}) {
    begin("127.0.0.0/8", from);
    proxy->send("PROXY TCP4 127.0.0.1 10.1.0.1 51234 1883\r\n");
    run_until(io, [&] { return static_cast<bool>(received); });
    read();
    CAF_CHECK_EQUAL(connection->peer(), "127.0.0.1:51234");
    connection = nullptr;
  }
}

CAF_TEST(a proxy that speaks for itself keeps its address) {
  begin();
  proxy->send(binary_header(0x20, 0, ""));
  run_until(io, [&] { return static_cast<bool>(received); });
  read();
  CAF_CHECK_EQUAL(connection->peer(), real);
}

CAF_TEST(what is no header closes the connection and is counted) {
  begin();
  proxy->send("GET / HTTP/1.1\r\n\r\n");
  run_until(io, [&] { return refused(listener_refusal::proxy_header) == 1; });
  CAF_CHECK_EQUAL(proxy->receive_all().value_or(""), "");
  CAF_CHECK(!received);
  CAF_CHECK_EQUAL(seats->taken(), 0u);
}

CAF_TEST(a header that does not come in time closes the connection and is counted) {
  begin();
  proxy->send("PROXY ");
  settle(io);
  clock.advance(999ms);
  io.timers().run_due(clock.now());
  CAF_CHECK_EQUAL(seats->taken(), 1u);
  clock.advance(1ms);
  io.timers().run_due(clock.now());
  CAF_CHECK_EQUAL(refused(listener_refusal::proxy_late), 1u);
  CAF_CHECK_EQUAL(proxy->receive_all().value_or(""), "");
  CAF_CHECK_EQUAL(seats->taken(), 0u);
}

CAF_TEST(the client counts by the address that the header says) {
  address_limits one;
  one.connections_max = 1;
  seats->addresses().set_limits(one);
  const auto come = [&](const std::string& client) {
    received = {};
    begin();
    proxy->send("PROXY TCP4 " + client + " 10.1.0.1 51234 1883\r\n");
    const auto before = refused(listener_refusal::address);
    run_until(io, [&] { return received || refused(listener_refusal::address) > before; });
    return std::move(received);
  };
  auto first = come("10.0.0.7");
  CAF_CHECK(first);
  CAF_CHECK(!come("10.0.0.7"));
  CAF_CHECK_EQUAL(io.counters().refused_by_count.value(), 1u);
  CAF_CHECK(come("10.0.0.8"));
  first = {};
  CAF_CHECK(come("10.0.0.7"));
  settle(io);
  CAF_CHECK_EQUAL(seats->taken(), 0u);
}

CAF_TEST(who is no trusted proxy is closed unheard) {
  begin("10.0.0.0/8");
  CAF_CHECK_EQUAL(refused(listener_refusal::untrusted), 1u);
  CAF_CHECK_EQUAL(proxy->receive_all().value_or(""), "");
  CAF_CHECK_EQUAL(seats->taken(), 0u);
}

CAF_TEST(who leaves without a word leaves nothing) {
  begin();
  proxy->close();
  run_until(io, [&] { return seats->taken() == 0; });
  CAF_CHECK(!received);
  for (const auto& n : figures->refused)
    CAF_CHECK_EQUAL(n.load(), 0u);
  CAF_CHECK(io.timers().next() == time_point::max());
}

CAF_TEST_FIXTURE_SCOPE_END()
