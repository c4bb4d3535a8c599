// A socket with all its layers as one connection of a loop.
#pragma once

#include "net/connection.hpp"
#include "net/loop.hpp"

namespace mqttzoo::net {

/// Takes over a socket that was accepted, or detached from another loop; on the thread of `on`. See
/// tcp_connection::adopt().
connection_ptr open_stream(loop& on, detached_socket socket);

} // namespace mqttzoo::net
