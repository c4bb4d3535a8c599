// Why nobody listens.
#pragma once

#include <cstdint>
#include <string>

namespace mqttzoo::net {

struct listen_error {
  enum class kind : std::uint8_t {
    bad_address,    ///< not a numeric address; a path that is too long
    address_in_use, ///< another process listens there
    not_permitted,  ///< for example a port below 1024
    not_available,  ///< no interface has this address
    not_a_socket,   ///< a file of another kind has the path
    system,         ///< anything else
  };
  kind what = kind::system;
  std::string message; ///< names the place; complete enough to be the last line an operator reads
};

} // namespace mqttzoo::net
