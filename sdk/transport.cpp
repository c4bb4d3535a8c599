#include "sdk/transport.hpp"

#include <utility>

namespace mqttzoo::sdk {

std::shared_ptr<transport> make_transport(transport_parts parts, std::error_code& error) {
  switch (parts.to.how) {
  case scheme::tcp:
    return make_tcp_transport(std::move(parts));
  case scheme::tls:
    return make_tls_transport(std::move(parts), error);
  case scheme::websocket:
    return make_websocket_transport(std::move(parts));
  case scheme::secure_websocket:
    return make_secure_websocket_transport(std::move(parts), error);
  case scheme::local:
    return make_local_transport(std::move(parts));
  }
  return nullptr;
}

} // namespace mqttzoo::sdk
