// What the pod, or one of its listeners, asks of those who come in. Names of a few choices.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mqttzoo::core {

/// Whether a client may come in that does not show who it is (auth.anonymous).
enum class anonymous_rule : std::uint8_t {
  refuse,
  loopback, ///< from this machine
  allow,
};
inline constexpr auto anonymous_rule_words =
    std::to_array<std::string_view>({"refuse", "loopback", "allow"});

/// What of its certificate is a client's user name.
enum class certificate_identity : std::uint8_t {
  none,    ///< nothing: it is asked who it is
  cn,      ///< the common name
  subject, ///< the distinguished name, as RFC 2253 writes it
};
inline constexpr auto certificate_identity_words =
    std::to_array<std::string_view>({"none", "cn", "subject"});

} // namespace mqttzoo::core
