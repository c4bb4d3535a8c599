#include "net/link_config.hpp"

#include "net/layered_connection.hpp"
#include "net/tcp_connection.hpp"
#include "net/tls_engine.hpp"

#include <utility>

namespace mqttzoo::net {

link_stream open_link_stream(loop& on, detached_socket socket, link_greeting::role role,
                             const link_config& config) {
  if (!config.tls && !config.plain_anywhere && !is_loopback(socket.peer))
    return {};
  auto plain = tcp_connection::adopt(on, std::move(socket), config.stream_limits);
  if (!config.tls)
    return {std::move(plain), nullptr};
  const auto side =
      role == link_greeting::role::dials ? tls_engine::role::client : tls_engine::role::server;
  auto secure = layered_connection::start(
      on, std::move(plain), std::make_unique<tls_engine>(config.tls, side), config.stream_limits);
  const peer_proof* const proof = secure.get();
  return {std::move(secure), proof};
}

} // namespace mqttzoo::net
