#include "net/seat_refusal.hpp"

#include <sys/socket.h>

namespace mqttzoo::net {

std::string_view bounded_by(seat_refusal why) noexcept {
  switch (why) {
  case seat_refusal::all_taken:
    return {};
  case seat_refusal::address_has_too_many:
    return "limits.address.connections.max";
  case seat_refusal::address_too_fast:
    return "limits.address.connections.rate";
  }
  return {};
}

void count(seat_refusal why, io_counters& in) noexcept {
  switch (why) {
  case seat_refusal::all_taken:
    return in.connections_refused.add();
  case seat_refusal::address_has_too_many:
    return in.refused_by_count.add();
  case seat_refusal::address_too_fast:
    return in.refused_by_rate.add();
  }
}

void reset_at_close(int fd) noexcept {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

} // namespace mqttzoo::net
