// A client over TLS moves from loop to loop, and no byte of it is lost or comes twice.
#define CAF_SUITE net.engine_layer

#include "net/engine_layer.hpp"

#include "net/layered_connection.hpp"
#include "net/open_stream.hpp"
#include "net/tls_engine.hpp"
#include "tests/net/certificates.hpp"
#include "tests/net/loopback.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using namespace mqttzoo::net;
using namespace mqttzoo::net::test;

namespace {

/// A client at one loop; the server's end begins at the same one.
struct fixture {
  void connect(client_certificates wanted,
               const certificate_text& of_client = {.common_name = "a pod", .dns_name = "client"}) {
    auto pair = make_pair();
    detached_socket theirs;
    theirs.fd.reset(::dup(pair.theirs.fd()));
    ::fcntl(theirs.fd.get(), F_SETFL, O_NONBLOCK);
    theirs.peer = pair.ours.peer;
    client = layered_connection::start(
        io, open_stream(io, std::move(theirs)),
        std::make_unique<tls_engine>(ca.context_of(of_client), tls_engine::role::client));
    client->attach_events(at_client);
    auto context = tls_context::load_server(server_files, wanted, "net.tls");
    CAF_REQUIRE(context);
    pair.ours.layers.push_back(std::make_unique<engine_layer>(
        std::make_unique<tls_engine>(std::move(*context), tls_engine::role::server)));
    server = open_stream(io, std::move(pair.ours));
    server->attach_events(at_server);
  }

  static void say(connection& from, std::string_view bytes) {
    from.out() += bytes;
    from.flush_later();
  }

  void move_server() {
    server->detach_events();
    auto socket = server->detach_socket();
    CAF_REQUIRE(socket);
    CAF_CHECK_EQUAL(socket.layers.size(), 1u);
    server = open_stream(other, std::move(socket));
    server->attach_events(at_server);
  }

  void run_both_until(const std::function<bool()>& done) {
    while (!done()) {
      settle(io);
      settle(other);
    }
  }

  authority ca;
  authority stranger;
  tls_files server_files = ca.issue({.common_name = "server", .dns_name = "localhost"});
  core::manual_clock clock;
  loop io{clock};
  loop other{clock};
  recorder at_client;
  recorder at_server;
  std::shared_ptr<layered_connection> client;
  connection_ptr server;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(engine_layer_tests, fixture)

CAF_TEST(what was not consumed and what was not written goes along) {
  connect(client_certificates::not_asked);
  at_server.consume = [](std::string_view) { return 0; };
  say(*client, "kept;");
  run_until(io, [&] { return at_server.offered == "kept;"; });
  say(*server, std::string(300'000, 'x'));
  at_server.consume = nullptr;
  move_server();
  say(*server, "after");
  say(*client, "more");
  run_both_until([&] { return at_client.input.size() >= 300'005; });
  CAF_CHECK(at_client.input.ends_with("xafter"));
  run_both_until([&] { return at_server.input == "kept;more"; });
  CAF_CHECK(!at_client.closed && !at_server.closed);
  CAF_CHECK_EQUAL(io.counters().handshakes.value(), 2u); // both ends of it
  CAF_CHECK_EQUAL(other.counters().handshakes.value(), 0u);
}

CAF_TEST(it may move twice and close in the end) {
  connect(client_certificates::required);
  say(*client, "a");
  run_until(io, [&] { return at_server.input == "a"; });
  move_server();
  move_server();
  say(*client, "b");
  run_both_until([&] { return at_server.input == "ab"; });
  say(*server, "end");
  server->close();
  run_both_until([&] { return at_client.closed.has_value(); });
  CAF_CHECK_EQUAL(at_client.input, "end");
  CAF_CHECK(at_client.closed == close_cause::by_peer);
}

CAF_TEST(the name in the certificate of a client is told and goes along) {
  using core::certificate_identity;
  connect(client_certificates::required, {.common_name = "alice", .dns_name = "other"});
  CAF_CHECK_EQUAL(server->certified(certificate_identity::cn), ""); // nothing is shown yet
  say(*client, "a");
  run_until(io, [&] { return at_server.input == "a"; });
  for (int i = 0; i < 2; ++i) {
    CAF_CHECK_EQUAL(server->certified(certificate_identity::cn), "alice");
    CAF_CHECK_EQUAL(server->certified(certificate_identity::subject), "CN=alice");
    CAF_CHECK_EQUAL(server->certified(certificate_identity::none), "");
    move_server();
  }
}

CAF_TEST(who is not asked for a certificate has no name) {
  connect(client_certificates::not_asked, {.common_name = "alice", .dns_name = "other"});
  say(*client, "a");
  run_until(io, [&] { return at_server.input == "a"; });
  CAF_CHECK_EQUAL(server->certified(core::certificate_identity::cn), "");
}

CAF_TEST(what has not shaken hands does not move) {
  connect(client_certificates::not_asked);
  server->detach_events();
  CAF_CHECK(!server->detach_socket());
}

CAF_TEST(a certificate of a stranger is refused where one is asked for) {
  server_files.authorities = stranger.path("ca.pem");
  connect(client_certificates::asked);
  say(*client, "secret");
  run_until(io, [&] { return at_server.closed.has_value(); });
  CAF_CHECK(at_server.closed == close_cause::io_error);
  CAF_CHECK_EQUAL(at_server.input, "");
  CAF_CHECK_EQUAL(io.counters().handshake_failures.value() > 0, true);
}

CAF_TEST(files of a server are named with their option) {
  server_files.key = ca.path("missing");
  const auto loaded =
      tls_context::load_server(server_files, client_certificates::not_asked, "net.tls");
  CAF_REQUIRE(!loaded);
  CAF_CHECK_NOT_EQUAL(loaded.error().find("'" + ca.path("missing") + "' as net.tls.key"),
                      std::string::npos);
}

CAF_TEST_FIXTURE_SCOPE_END()
