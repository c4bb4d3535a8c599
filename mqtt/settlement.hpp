// How a promise ended, and what its publisher may want to know of a refusal.
//
// A value, made by whoever keeps or refuses a promise, carried by tickets and receipts. Any thread.
#pragma once

#include "mqtt/reason_code.hpp"

#include <cstdint>
#include <string_view>

namespace mqttzoo::mqtt {

/// The bound that a refusal is due to.
enum class limit : std::uint8_t {
  none,          ///< a failure, or success
  bank,          ///< no credit
  client_share,  ///< of the bank's credit
  store,         ///< it has no room
  message_bytes, ///< of the store
  session_queue, ///< of a session that should get the message
  retained,      ///< messages or their bytes
  link_frame,    ///< between pods
};
inline constexpr limit last_limit = limit::link_frame;

/// For a reason string: what is full, and the option that says so.
std::string_view describe(limit which) noexcept;

struct settlement {
  // From a reason alone, which is all there is to say of most.
  constexpr settlement(reason_code why = reason_code::success) noexcept // NOLINT(*-explicit-*)
      : reason(why) {}
  constexpr settlement(reason_code why, limit hit_limit, std::uint32_t retry_s) noexcept
      : reason(why), hit(hit_limit), retry_after_s(retry_s) {}

  reason_code reason;
  limit hit = limit::none;
  std::uint32_t retry_after_s = 0; ///< when to try again; 0: nobody can tell

  bool operator==(const settlement&) const = default;
};

constexpr bool is_failure(const settlement& s) noexcept {
  return is_failure(s.reason);
}

} // namespace mqttzoo::mqtt
