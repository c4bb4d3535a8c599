// A connected socket that belongs to no loop: just accepted, or on its way to another thread.
//
// Moves from hand to hand with everything that the receiving loop must know; dropped, it closes.
// Any thread.
#pragma once

#include "net/endpoint.hpp"
#include "net/seat.hpp"
#include "net/unique_fd.hpp"

#include <string>

namespace mqttzoo::net {

struct detached_socket {
  unique_fd fd; ///< non-blocking, without Nagle's delay
  endpoint peer;
  seat place;           ///< in the count of open connections
  std::string input;    ///< received and not consumed
  std::string output;   ///< accepted by the connection and not sent
  bool counted = false; ///< a loop has counted its connection as opened

  explicit operator bool() const noexcept { return static_cast<bool>(fd); }
};

} // namespace mqttzoo::net
