// A name with several addresses, of which some are of no use.
#define CAF_SUITE sdk.dialer
#include "sdk/dialer.hpp"

#include <boost/asio/io_context.hpp>
#include <caf/test/dsl.hpp>

#include <list>
#include <optional>
#include <sys/socket.h>

using namespace mqttzoo::sdk;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using answer = std::optional<boost::system::error_code>;
const boost::system::error_code ok;

struct fixture {
  /// Dials until it knows how that ends; within the call it does not.
  void dial(const std::vector<tcp::endpoint>& to, const std::string& from = {},
            std::chrono::milliseconds limit = 10s) {
    how.reset();
    by.connect(socket, to, from, std::chrono::steady_clock::now() + limit,
               [this](const boost::system::error_code& error) { how = error; });
    CAF_CHECK(!how);
    io.restart();
    io.run();
  }
  bool reached(const tcp::acceptor& at) {
    boost::system::error_code error;
    return how == ok && socket.remote_endpoint(error) == at.local_endpoint();
  }
  tcp::endpoint at_port_of_good(const char* host) const {
    return {asio::ip::make_address(host), good.local_endpoint().port()};
  }

  asio::io_context io{1};
  tcp::acceptor good{io, {asio::ip::make_address("127.0.0.1"), 0}};
  tcp::endpoint closed{asio::ip::make_address("127.0.0.1"), 1};
  tcp::socket socket{io};
  dialer by{io.get_executor()};
  answer how;
};

/// Listens and answers nobody: its queue is full, so that the system drops what comes.
class silent_server {
public:
  explicit silent_server(asio::io_context& io) : acceptor_(io, tcp::v4()) {
    acceptor_.bind({asio::ip::make_address("127.0.0.1"), 0});
    acceptor_.listen(0);
    for (int i = 0; i < 4; ++i) {
      auto& one = queued_.emplace_back(io, tcp::v4());
      one.native_non_blocking(true);
      const auto to = acceptor_.local_endpoint();
      ::connect(one.native_handle(), to.data(), static_cast<socklen_t>(to.size())); // Asio's waits
    }
  }
  tcp::endpoint where() const { return acceptor_.local_endpoint(); }

private:
  tcp::acceptor acceptor_;
  std::list<tcp::socket> queued_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(dialer_tests, fixture)

CAF_TEST(an address that cannot be reached from the local one gives way to the next) {
  dial({at_port_of_good("::1"), closed, good.local_endpoint()}, "127.0.0.1");
  CAF_CHECK(reached(good));
}

CAF_TEST(an address that does not answer leaves time for the others) {
  const silent_server silent{io};
  const auto before = std::chrono::steady_clock::now();
  dial({silent.where(), silent.where(), good.local_endpoint()}, {}, 3s);
  const auto took = std::chrono::steady_clock::now() - before;
  CAF_CHECK(reached(good));
  CAF_CHECK(took >= 1800ms); // two shares of three
}

CAF_TEST(the error of the last address counts) {
  dial({at_port_of_good("::1"), closed});
  CAF_CHECK(how && *how == asio::error::connection_refused);
  dial({closed, good.local_endpoint()}, "::1");
  CAF_CHECK(how && *how);
}

CAF_TEST(nothing is tried after cancel) {
  const silent_server silent{io};
  by.connect(socket, {silent.where(), good.local_endpoint()}, {},
             std::chrono::steady_clock::now() + 10s,
             [this](const boost::system::error_code& error) { how = error; });
  asio::post(io, [this] {
    by.cancel();
    socket.close();
  });
  io.run();
  CAF_CHECK(how && *how == asio::error::operation_aborted);
}

CAF_TEST_FIXTURE_SCOPE_END()
