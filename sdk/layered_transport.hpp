// What TLS and WebSocket transports share: a stream above a socket that is read into a buffer of
// its own. `Stream` is the uppermost layer.
#pragma once

#include "sdk/dialer.hpp"
#include "sdk/transport.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace mqttzoo::sdk {

template<class Stream>
class layered_transport : public transport,
                          public std::enable_shared_from_this<layered_transport<Stream>> {
public:
  template<class... Layers>
  explicit layered_transport(transport_parts parts, Layers&&... layers)
      : parts_(std::move(parts)), dialer_(parts_.executor),
        stream_(parts_.executor, std::forward<Layers>(layers)...) {}

  void open(std::size_t turn) override {
    dialer_.dial(socket(), parts_, turn,
                 [self = this->shared_from_this()](const boost::system::error_code& error) {
                   if (!self->parts_.port)
                     return;
                   if (error)
                     self->opened(error);
                   else
                     self->shake_hands();
                 });
  }

  void start_reading() override {
    stream_.async_read_some(boost::asio::buffer(buffer_),
                            [self = this->shared_from_this()](
                                const boost::system::error_code& error, std::size_t size) {
                              const auto port = self->parts_.port;
                              if (!port)
                                return;
                              if (error)
                                return port->on_lost(error);
                              port->on_bytes({self->buffer_.data(), size});
                              if (self->parts_.port)
                                self->start_reading();
                            });
  }

  void close() override {
    parts_.port.reset();
    dialer_.cancel();
    boost::system::error_code ignored;
    socket().close(ignored);
  }

protected:
  /// Ends with opened().
  virtual void shake_hands() = 0;

  void opened(const boost::system::error_code& error) {
    if (const auto port = parts_.port)
      port->on_opened(error);
  }
  void written(const boost::system::error_code& error) {
    if (const auto port = parts_.port)
      port->on_written(error);
  }
  boost::asio::ip::tcp::socket& socket() { return boost::beast::get_lowest_layer(stream_); }

  /// A TLS record, so that one read takes what one write of the server was.
  static constexpr std::size_t buffer_bytes = 16 * 1024;

  transport_parts parts_;
  dialer dialer_;
  Stream stream_;
  std::vector<char> buffer_ = std::vector<char>(buffer_bytes);
};

} // namespace mqttzoo::sdk
