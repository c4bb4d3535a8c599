// MQTT over WebSocket, bare or over TLS: section 6.
#include "sdk/client_tls.hpp"
#include "sdk/include/mqttzoo/error.hpp"
#include "sdk/layered_transport.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using plain = websocket::stream<asio::ip::tcp::socket>;
using secure = websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>>;

template<class Stream>
class websocket_transport final : public layered_transport<Stream> {
  using base = layered_transport<Stream>;

public:
  using base::base;

  void keep(std::shared_ptr<asio::ssl::context> context) { context_ = std::move(context); }

  void write(std::string_view bytes) override {
    this->stream_.async_write(
        asio::buffer(bytes.data(), bytes.size()),
        [self = this->shared_from_this(), this](const boost::system::error_code& error,
                                                std::size_t) { this->written(error); });
  }

private:
  void shake_hands() override {
    if constexpr (std::is_same_v<Stream, secure>) {
      auto& tls = this->stream_.next_layer();
      expect_host(tls, this->parts_.to.host, this->parts_.tls);
      tls.async_handshake(
          asio::ssl::stream_base::client,
          [self = this->shared_from_this(), this](const boost::system::error_code& error) {
            if (error)
              this->opened(error);
            else
              upgrade();
          });
    } else {
      upgrade();
    }
  }

  void upgrade() {
    auto& stream = this->stream_;
    stream.binary(true);
    stream.auto_fragment(false);
    stream.read_message_max(0); // a message may hold any number of packets; those have a bound
    stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(boost::beast::http::field::sec_websocket_protocol, "mqtt");
    }));
    const auto& to = this->parts_.to;
    stream.async_handshake(host_and_port(to), to.path,
                           [self = this->shared_from_this(),
                            this](const boost::system::error_code& error) { this->opened(error); });
  }

  std::shared_ptr<asio::ssl::context> context_;
};

} // namespace

std::shared_ptr<transport> make_websocket_transport(transport_parts parts) {
  return std::make_shared<websocket_transport<plain>>(std::move(parts));
}

std::shared_ptr<transport> make_secure_websocket_transport(transport_parts parts,
                                                           std::error_code& error) {
  auto context = parts.shared_tls ? parts.shared_tls : make_client_tls(parts.tls, error);
  if (!context)
    return nullptr;
  auto made = std::make_shared<websocket_transport<secure>>(std::move(parts), *context);
  made->keep(std::move(context));
  return made;
}

} // namespace mqttzoo::sdk
