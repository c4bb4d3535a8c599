// Why somebody may not sit down, and what a listener does about it.
//
// Values and functions; on the thread of the loop whose counters they get.
#pragma once

#include "net/io_counters.hpp"

#include <cstdint>
#include <string_view>

namespace mqttzoo::net {

enum class seat_refusal : std::uint8_t {
  all_taken,
  address_has_too_many,
  address_too_fast,
};

/// The option that refused an address; empty for all_taken, which more than one may bound.
std::string_view bounded_by(seat_refusal why) noexcept;

void count(seat_refusal why, io_counters& in) noexcept;

/// An address that asks for too much is reset: orderly ends of a flood would stay with the kernel
/// for a minute each. `fd` is a socket that is about to be closed.
void reset_at_close(int fd) noexcept;

} // namespace mqttzoo::net
