// What became of a client's wish to come in, as it is counted and logged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mqttzoo::mqtt {

enum class login_outcome : std::uint8_t {
  accepted,          ///< it has shown who it is
  anonymous,         ///< it has not, and need not
  anonymous_refused, ///< it has not, and must
  unknown_user,
  wrong_password,
  token_refused, ///< not signed by a key of ours, or for somebody else
  token_expired, ///< or not valid yet
  hook_refused,
  hook_down,            ///< no answer that could be understood, in time
  busy,                 ///< too many wait for their verdict
  certificate_nameless, ///< it is to say who this is, and does not
};

/// The words of logs and metrics, by value.
inline constexpr std::array<std::string_view, 11> login_outcome_words{
    "accepted",       "anonymous",     "anonymous_refused",   "unknown_user",
    "wrong_password", "token_refused", "token_expired",       "hook_refused",
    "hook_down",      "busy",          "certificate_nameless"};
static_assert(login_outcome_words.size() ==
              static_cast<std::size_t>(login_outcome::certificate_nameless) + 1);

constexpr std::string_view to_string(login_outcome o) noexcept {
  return login_outcome_words[static_cast<std::size_t>(o)];
}

constexpr bool is_admission(login_outcome o) noexcept {
  return o == login_outcome::accepted || o == login_outcome::anonymous;
}

} // namespace mqttzoo::mqtt
