// MQTT over bare TCP. An idle connection owns no buffer: it waits until the socket can be read, and
// reads into memory that all connections of a thread share.
#include "sdk/dialer.hpp"
#include "sdk/transport.hpp"

#include <boost/asio/write.hpp>

#include <array>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t read_bytes_max = 64 * 1024;

class tcp_transport final : public transport, public std::enable_shared_from_this<tcp_transport> {
public:
  explicit tcp_transport(transport_parts parts)
      : parts_(std::move(parts)), dialer_(parts_.executor), socket_(parts_.executor) {}

  void open(std::size_t turn) override {
    dialer_.dial(socket_, parts_, turn,
                 [self = shared_from_this()](const boost::system::error_code& error) {
                   if (const auto port = self->parts_.port)
                     port->on_opened(error);
                 });
  }

  void start_reading() override {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    wait();
  }

  void write(std::string_view bytes) override {
    asio::async_write(
        socket_, asio::buffer(bytes.data(), bytes.size()),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
          if (const auto port = self->parts_.port)
            port->on_written(error);
        });
  }

  void close() override {
    parts_.port.reset();
    dialer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

private:
  void wait() {
    socket_.async_wait(
        tcp::socket::wait_read,
        [self = shared_from_this()](const boost::system::error_code& error) { self->read(error); });
  }

  void read(boost::system::error_code error) {
    thread_local std::array<char, read_bytes_max> scratch;
    const auto port = parts_.port;
    if (!port)
      return;
    std::size_t size = 0;
    if (!error)
      size = socket_.read_some(asio::buffer(scratch), error);
    if (error && error != asio::error::would_block && error != asio::error::try_again)
      return port->on_lost(error);
    if (size > 0)
      port->on_bytes({scratch.data(), size});
    if (parts_.port)
      wait();
  }

  transport_parts parts_;
  dialer dialer_;
  tcp::socket socket_;
};

} // namespace

std::shared_ptr<transport> make_tcp_transport(transport_parts parts) {
  return std::make_shared<tcp_transport>(std::move(parts));
}

} // namespace mqttzoo::sdk
