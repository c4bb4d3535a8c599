// What became of the connections to one listener, for metrics.
//
// Shared by the listener, the loops it deals sockets to and whoever reads it; lives as long as any
// of them. Thread-safe; values of different counters may be of different instants.
#pragma once

#include "net/seat.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mqttzoo::net {

/// Why a connection was closed before it came to its client's first word.
enum class listener_refusal : std::uint8_t {
  full,         ///< too many are open
  address,      ///< its address has too many, or opens them too fast
  untrusted,    ///< not from a proxy that may speak for others
  proxy_header, ///< what should be a header of the PROXY protocol is none
  proxy_late,   ///< it did not come in time
};

/// The words of metrics, by value.
inline constexpr std::array<std::string_view, 5> listener_refusal_words{
    "full", "address", "untrusted", "proxy_header", "proxy_late"};

struct listener_figures {
  explicit listener_figures(ref<seating> its_seats) : seats(std::move(its_seats)) {}

  void count(listener_refusal why) noexcept {
    refused[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }

  std::string name;         ///< before it accepts: then others read it
  const ref<seating> seats; ///< those that are taken are its open connections
  std::atomic<std::uint64_t> accepted{0};
  std::array<std::atomic<std::uint64_t>, listener_refusal_words.size()> refused{};
};

} // namespace mqttzoo::net
