// Which connection of a session something belongs to: receipts for an older one are void.
//
// A value. The home counts connections of all its sessions, so epochs rise from one connection of
// a session to the next.
#pragma once

#include <cstdint>

namespace mqttzoo::mqtt {

enum class connection_epoch : std::uint64_t { none = 0 };

/// The next one.
constexpr connection_epoch operator++(connection_epoch& e) noexcept {
  return e = connection_epoch{static_cast<std::uint64_t>(e) + 1};
}

} // namespace mqttzoo::mqtt
