// The mark of a message that a trace follows: which trace, and which of its messages.
//
// Values; any thread.
#pragma once

#include <cstdint>

namespace mqttzoo::mqtt {

/// A trace's short name in marks: no two that run in a cluster have the same.
enum class trace_tag : std::uint8_t { none = 0 };

/// Which message of which trace: the tag, and a number of 24 bits that is unique in that trace.
enum class trace_mark : std::uint32_t { none = 0 };

inline constexpr unsigned trace_number_bits = 24;

constexpr trace_mark make_mark(trace_tag of, std::uint32_t number) noexcept {
  return static_cast<trace_mark>(static_cast<std::uint32_t>(of) << trace_number_bits | number);
}
constexpr trace_tag tag_of(trace_mark m) noexcept {
  return static_cast<trace_tag>(static_cast<std::uint32_t>(m) >> trace_number_bits);
}
constexpr std::uint32_t number_of(trace_mark m) noexcept {
  return static_cast<std::uint32_t>(m) & ((1U << trace_number_bits) - 1);
}

} // namespace mqttzoo::mqtt
