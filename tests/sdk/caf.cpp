// Actors that publish and are subscribed, against a server of the test.
#define CAF_SUITE sdk.caf
#include "sdk/include/mqttzoo/caf.hpp"

#include "mqtt/decoder.hpp"
#include "mqtt/encoder.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <caf/test/dsl.hpp>

#include <array>
#include <future>
#include <thread>

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Accepts everything, and sends each message back to whoever sent it.
class echo_server {
public:
  explicit echo_server(asio::io_context& io)
      : acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}) {
    asio::co_spawn(io, serve(), asio::detached);
  }
  std::string url() const {
    return "mqtt://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

private:
  asio::awaitable<void> serve() {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    std::array<char, 4096> bytes{};
    std::string in;
    for (;;) {
      const auto [error, size] =
          co_await socket.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
      if (error)
        co_return;
      in.append(bytes.data(), size);
      const auto out = answer(in);
      co_await asio::async_write(socket, asio::buffer(out), asio::use_awaitable);
    }
  }

  static std::string answer(std::string& in) {
    constexpr auto v5 = mqtt::protocol_version::v5;
    std::string out, scratch;
    mqtt::frame f;
    while (*mqtt::next_frame(in, 0, f) == mqtt::frame_status::complete) {
      const auto packet = mqtt::decode(f, v5, mqtt::peer::client, scratch);
      if (std::holds_alternative<mqtt::connect_packet>(*packet)) {
        mqtt::encode(mqtt::connack_packet{}, v5, 0, out);
      } else if (const auto* s = std::get_if<mqtt::subscribe_packet>(&*packet)) {
        mqtt::encode(mqtt::suback_packet{s->id, {mqtt::reason_code::granted_qos_1}, {}, {}}, v5, 0,
                     out);
      } else if (auto* p = std::get_if<mqtt::publish_packet>(&*packet)) {
        if (p->qos == mqtt::qos::at_least_once)
          mqtt::append_ack(mqtt::packet_type::puback, p->id, mqtt::reason_code::success, v5, out);
        mqtt::encode(*p, v5, 0, out);
      }
      in.erase(0, f.wire_size_bytes);
    }
    return out;
  }

  tcp::acceptor acceptor_;
};

struct fixture {
  fixture() : work{io.get_executor()}, server{io}, thread{[this] { io.run(); }} {}
  ~fixture() {
    work.reset();
    io.stop();
    thread.join();
  }
  std::shared_ptr<client> make_client() {
    client_options options;
    options.servers = {server.url()};
    options.connected_only = true;
    return std::make_shared<client>(io.get_executor(), options);
  }

  caf::actor_system_config config;
  caf::actor_system system{config};
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  echo_server server;
  std::thread thread;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(sdk_caf_tests, fixture)

CAF_TEST(a publish is a request and a subscription brings messages) {
  auto c = make_client();
  caf::scoped_actor self{system};
  const auto pub = self->spawn(publisher, c);
  std::int32_t code = 0;
  const auto publish = [&] {
    code = -1;
    self->request(pub, 10s, actor_message{"a/b", "hello", 1, false})
        .receive([&] { code = 0; },
                 [&](const caf::error& why) {
                   CAF_CHECK(why == caf::sec::runtime_error);
                   code = why.context().get_as<std::int32_t>(0);
                 });
    return code;
  };
  CAF_CHECK_EQUAL(publish(), static_cast<std::int32_t>(errc::not_connected));
  CAF_REQUIRE(!c->connect(asio::use_future).get());
  std::promise<std::error_code> granted;
  subscription s;
  subscribe_actor(*c, "a/#", {}, caf::actor_cast<caf::actor>(self),
                  [&](std::error_code e, subscription made) {
                    s = std::move(made);
                    granted.set_value(e);
                  });
  CAF_REQUIRE(!granted.get_future().get());
  CAF_CHECK_EQUAL(publish(), 0);
  actor_message got;
  self->receive([&](actor_message& m) { got = std::move(m); }, caf::after(10s) >> [] {});
  CAF_CHECK(got.topic == "a/b" && got.payload == "hello" && got.qos == 1);
  self->send_exit(pub, caf::exit_reason::user_shutdown);
  s.close();
  CAF_CHECK(!c->disconnect(asio::use_future).get());
}

CAF_TEST_FIXTURE_SCOPE_END()
