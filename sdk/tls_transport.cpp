// MQTT over TLS.
#include "sdk/client_tls.hpp"
#include "sdk/layered_transport.hpp"

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;
using stream = asio::ssl::stream<asio::ip::tcp::socket>;

class tls_transport final : public layered_transport<stream> {
public:
  tls_transport(transport_parts parts, std::shared_ptr<asio::ssl::context> context)
      : layered_transport(std::move(parts), *context), context_(std::move(context)) {}

  void write(std::string_view bytes) override {
    asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()),
                      [self = shared_from_this(), this](const boost::system::error_code& error,
                                                        std::size_t) { written(error); });
  }

private:
  void shake_hands() override {
    expect_host(stream_, parts_.to.host, parts_.tls);
    stream_.async_handshake(asio::ssl::stream_base::client,
                            [self = shared_from_this(),
                             this](const boost::system::error_code& error) { opened(error); });
  }

  std::shared_ptr<asio::ssl::context> context_;
};

} // namespace

std::shared_ptr<transport> make_tls_transport(transport_parts parts, std::error_code& error) {
  auto context = parts.shared_tls ? parts.shared_tls : make_client_tls(parts.tls, error);
  return context ? std::make_shared<tls_transport>(std::move(parts), std::move(context)) : nullptr;
}

} // namespace mqttzoo::sdk
