// What stands at the front of each payload that `mqttzoo bench` publishes.
//
// A plain value in this machine's byte order: a bench reads what a bench of the same machine wrote.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace mqttzoo::cli {

struct stamp {
  std::uint32_t mark = mark_of_ours;
  std::uint32_t run = 0;    ///< drawn, so that two runs are told apart
  std::uint32_t stream = 0; ///< which publisher, to which topic
  std::uint32_t number = 0; ///< of the message in its stream, from 0
  std::int64_t due_ns = 0;  ///< when it was due, on the machine's steady clock

  static constexpr std::uint32_t mark_of_ours = 0x7A6F6F31;
};

/// Nothing if no bench wrote `payload`.
inline std::optional<stamp> read_stamp(std::string_view payload) noexcept {
  stamp s;
  if (payload.size() < sizeof s)
    return std::nullopt;
  std::memcpy(&s, payload.data(), sizeof s);
  return s.mark == stamp::mark_of_ours ? std::optional{s} : std::nullopt;
}

} // namespace mqttzoo::cli
