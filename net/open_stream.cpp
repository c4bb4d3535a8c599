#include "net/open_stream.hpp"

#include "net/tcp_connection.hpp"

#include <utility>

namespace mqttzoo::net {

connection_ptr open_stream(loop& on, detached_socket socket) {
  const auto layers = std::exchange(socket.layers, {});
  connection_ptr stream = tcp_connection::adopt(on, std::move(socket));
  for (const auto& layer : layers)
    stream = layer->raise(on, std::move(stream));
  return stream;
}

} // namespace mqttzoo::net
