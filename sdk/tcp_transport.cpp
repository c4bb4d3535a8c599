// MQTT over a bare socket: TCP, or one of the machine's own. An idle connection owns no buffer: it
// waits until the socket can be read, and reads into memory that all connections of a thread share.
#include "sdk/dialer.hpp"
#include "sdk/transport.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <sys/un.h>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using local = asio::local::stream_protocol;

constexpr std::size_t read_bytes_max = 64 * 1024;

/// What both have in common, once they are connected.
template<class Socket>
class socket_transport : public transport,
                         public std::enable_shared_from_this<socket_transport<Socket>> {
public:
  explicit socket_transport(transport_parts parts)
      : port_(std::move(parts.port)), socket_(parts.executor) {}

  void start_reading() override {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    wait();
  }

  void write(std::string_view bytes) override {
    asio::async_write(
        socket_, asio::buffer(bytes.data(), bytes.size()),
        [self = this->shared_from_this()](const boost::system::error_code& error, std::size_t) {
          if (const auto port = self->port_)
            port->on_written(error);
        });
  }

  void close() override {
    port_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

protected:
  void opened(const boost::system::error_code& error) {
    if (const auto port = port_)
      port->on_opened(error);
  }

  std::shared_ptr<transport_port> port_;
  Socket socket_;

private:
  void wait() {
    socket_.async_wait(Socket::wait_read,
                       [self = this->shared_from_this()](const boost::system::error_code& error) {
                         self->read(error);
                       });
  }

  void read(boost::system::error_code error) {
    thread_local std::array<char, read_bytes_max> scratch;
    const auto port = port_;
    if (!port)
      return;
    std::size_t size = 0;
    if (!error)
      size = socket_.read_some(asio::buffer(scratch), error);
    if (error && error != asio::error::would_block && error != asio::error::try_again)
      return port->on_lost(error);
    if (size > 0)
      port->on_bytes({scratch.data(), size});
    if (port_)
      wait();
  }
};

class tcp_transport final : public socket_transport<tcp::socket> {
public:
  explicit tcp_transport(transport_parts parts)
      : socket_transport(parts), attempt_(std::make_unique<attempt>(std::move(parts))) {}

  void open(std::size_t turn) override {
    attempt_->by.dial(socket_, attempt_->parts, turn,
                      [self = shared_from_this(), this](const boost::system::error_code& error) {
                        opened(error);
                      });
  }
  void start_reading() override {
    attempt_.reset();
    socket_transport::start_reading();
  }
  void close() override {
    if (attempt_)
      attempt_->by.cancel();
    socket_transport::close();
  }

private:
  struct attempt {
    explicit attempt(transport_parts p) : parts(std::move(p)), by(parts.executor) {
      parts.port.reset(); // or close() would not let it go
    }
    transport_parts parts;
    dialer by;
  };

  std::unique_ptr<attempt> attempt_; ///< what nobody needs once the socket is connected
};

class local_transport final : public socket_transport<local::socket> {
public:
  explicit local_transport(transport_parts parts)
      : socket_transport(parts), path_(std::move(parts.to.path)) {}

  void open(std::size_t) override {
    if (path_.size() >= sizeof(sockaddr_un::sun_path)) {
      asio::post(socket_.get_executor(), [self = shared_from_this(), this] {
        opened(asio::error::make_error_code(asio::error::name_too_long));
      });
      return;
    }
    socket_.async_connect({path_}, [self = shared_from_this(), this](
                                       const boost::system::error_code& error) { opened(error); });
  }

private:
  std::string path_;
};

} // namespace

std::shared_ptr<transport> make_local_transport(transport_parts parts) {
  return std::make_shared<local_transport>(std::move(parts));
}

std::shared_ptr<transport> make_tcp_transport(transport_parts parts) {
  return std::make_shared<tcp_transport>(std::move(parts));
}

} // namespace mqttzoo::sdk
