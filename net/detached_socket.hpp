// A connected socket that belongs to no loop: just accepted, or on its way to another thread.
//
// Moves from hand to hand with everything that the receiving loop must know; dropped, it closes.
// Any thread.
#pragma once

#include "net/endpoint.hpp"
#include "net/entrance.hpp"
#include "net/seat.hpp"
#include "net/stream_layer.hpp"
#include "net/unique_fd.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mqttzoo::net {

struct detached_socket {
  unique_fd fd;         ///< non-blocking, without Nagle's delay
  endpoint peer;        ///< unspecified: it came by a socket's file
  bool carried = false; ///< for a client whose address `peer`, a proxy, does not say
  seat place;           ///< in the count of open connections
  std::string input;    ///< received and not consumed
  std::string output;   ///< accepted by the connection and not sent
  bool counted = false; ///< a loop has counted its connection as opened
  std::vector<std::unique_ptr<stream_layer>> layers; ///< over the socket, the lowest first
  std::shared_ptr<const entrance> by;                ///< null: no rule of its own

  explicit operator bool() const noexcept { return static_cast<bool>(fd); }
};

} // namespace mqttzoo::net
