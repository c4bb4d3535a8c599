// What the tracer tells people of its traces.
//
// Values, made on the tracer's thread, read by whoever asked.
#pragma once

#include "actors/trace_life.hpp"
#include "actors/trace_terms.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

enum class trace_state : std::uint8_t {
  following,
  finishing, ///< no further message is followed; those that are have some time left
  ended,
};
std::string_view to_string(trace_state s) noexcept;

/// Another pod's part in a trace.
struct trace_part {
  std::string pod; ///< its life
  bool takes_part = true;
};

struct trace_summary {
  trace_id id{};
  trace_terms terms;
  trace_state state = trace_state::following;
  const char* ended_by = ""; ///< a literal; empty while it runs
  std::int64_t started_unix_us = 0;
  std::uint64_t followed = 0; ///< messages, at all pods
  std::uint64_t skipped = 0;  ///< beyond trace.messages.rate
  std::uint64_t lost = 0;     ///< steps that were not noted or not kept
  std::size_t steps = 0;
  std::vector<trace_part> others;
};

/// Steps of a trace, and the messages that they are of.
struct trace_page {
  trace_summary of;
  std::size_t first = 0; ///< which step of the trace the first one is, from 0
  std::vector<trace_step> steps;
  std::vector<std::pair<std::uint32_t, trace_life>> messages; ///< by number, as they are now
};

} // namespace mqttzoo::actors
