// Tells systemd how far the program is, by its notification protocol (sd_notify(3)): a line in a
// datagram to the socket that the variable NOTIFY_SOCKET names.
//
// Without that variable nothing is done: most pods have no service manager. Any thread.
#pragma once

#include <cstdint>

namespace mqttzoo::tools {

enum class service_state : std::uint8_t {
  ready,    ///< It serves.
  stopping, ///< It drains, or stores what is left; it will end.
};

/// Best effort: a manager that does not listen is no reason not to serve.
void tell_service_manager(service_state state) noexcept;

} // namespace mqttzoo::tools
