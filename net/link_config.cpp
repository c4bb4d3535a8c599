#include "net/link_config.hpp"

#include "net/tcp_connection.hpp"

#include <utility>

namespace mqttzoo::net {

namespace {

bool is_loopback(const endpoint& e) {
  const auto address = e.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .is_loopback();
  return address.is_loopback();
}

} // namespace

link_stream open_link_stream(loop& on, detached_socket socket, link_greeting::role,
                             const link_config& config) {
  if (!config.plain_anywhere && !is_loopback(socket.peer))
    return {};
  return {tcp_connection::adopt(on, std::move(socket), config.stream_limits), nullptr};
}

} // namespace mqttzoo::net
