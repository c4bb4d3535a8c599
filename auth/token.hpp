// A signed token (JWT, RFC 7519) that a client brings as its password.
//
// Pure; checking one takes up to a millisecond of a worker's time.
#pragma once

#include "auth/token_keys.hpp"
#include "core/expected.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

/// What a token must say to count.
struct token_demands {
  std::string user_claim;
  std::string issuer;   ///< empty: any
  std::string audience; ///< empty: any
  std::chrono::seconds leeway{0};
};

struct token_claims {
  std::string user;
  std::int64_t expires_at_unix_s = 0; ///< leeway included
  std::uint64_t signer = 0;           ///< its key's fingerprint
};

enum class token_fault : std::uint8_t {
  refused, ///< not a token, not signed by a key of ours, or not meant for here
  expired, ///< or not valid yet
};

/// Whether a password has a token's form, which no person's has.
bool looks_like_token(std::string_view password) noexcept;

expected<token_claims, token_fault> check_token(std::string_view token, const token_keys& keys,
                                                const token_demands& wanted,
                                                std::int64_t now_unix_s);

} // namespace mqttzoo::auth
