// What a run of `mqttzoo bench` counts.
//
// A plain value of one thread.
#pragma once

#include "tools/cli/bench/histogram.hpp"

#include <cstdint>
#include <system_error>

namespace mqttzoo::cli {

struct bench_figures {
  std::uint64_t connected = 0;        ///< CONNACKs
  std::uint64_t refused = 0;          ///< not connected, or not subscribed
  std::uint64_t lost_connections = 0; ///< that ended too early
  std::uint64_t sent = 0, promised = 0, failed = 0;
  std::uint64_t unsent = 0;       ///< due, but the server left no room
  std::uint64_t received = 0;     ///< copies that came
  std::uint64_t first_sights = 0; ///< of these, not seen before
  std::uint64_t duplicates = 0, out_of_order = 0;
  std::uint64_t unchecked = 0;             ///< no bench wrote them, or there are too many streams
  std::uint64_t missing = 0;               ///< at the end
  std::int64_t began_ns = 0, ended_ns = 0; ///< publishing
  std::int64_t last_ns = 0;                ///< the last message or promise
  std::int64_t connecting_cpu_us = 0;      ///< of this process, until publishing began
  std::error_code first_error;
  histogram connect_us, promise_us, receive_us;
};

} // namespace mqttzoo::cli
