// What tracers say to each other: take part in a trace, what was noted for it, it is over.
//
// Pure functions and values; any thread. Reading trusts nothing.
#pragma once

#include "actors/messages.hpp"
#include "actors/trace_step.hpp"
#include "actors/trace_terms.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// Take part in a trace.
struct trace_call {
  trace_id id{};
  mqtt::trace_tag tag{};
  std::uint8_t pod = 0; ///< which number the other pod has in this trace
  trace_terms terms;    ///< `lasts`: what is left of it
};
pod_frame encode_trace(const trace_call& c);
std::optional<trace_call> decode_trace(std::string_view body);

/// It is over; from a pod that was called: it takes no part (any more).
pod_frame encode_untrace(trace_id id);
std::optional<trace_id> decode_untrace(std::string_view body);

/// What one pod noted, and how much it did not, all in all.
struct trace_report {
  trace_id id{};
  std::uint64_t followed = 0;
  std::uint64_t skipped = 0;
  std::uint64_t lost = 0;
  std::vector<trace_step> steps;
};
pod_frame encode_traced(const trace_report& r);
std::optional<trace_report> decode_traced(std::string_view body);

/// Valid, and not beyond any bound: a client id, a filter that is not shared, a sample of one in
/// at least one.
bool is_sound(const trace_terms& t);

} // namespace mqttzoo::actors
