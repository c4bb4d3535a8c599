// The keys that sign clients' tokens: a JSON Web Key Set (RFC 7517).
//
// A key's kind decides its algorithm, never the token: `oct` is HS256, `RSA` is RS256, `EC` on
// P-256 is ES256. Keys of other kinds or uses are passed over, as the standard asks. Immutable once
// parsed; any thread.
#pragma once

#include "core/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::auth {

class token_keys {
public:
  /// The error says what is wrong without quoting any of it.
  static expected<token_keys, std::string> parse(std::string_view json);

  struct signed_text {
    std::string_view algorithm; ///< "RS256"
    std::string_view key_id;    ///< empty: any key may have signed it
    std::string_view text;
    std::string_view signature;
  };
  /// The fingerprint of the key that signed it; 0 if none did.
  std::uint64_t find_signer(const signed_text& s) const;
  bool has(std::uint64_t fingerprint) const noexcept;
  std::size_t size() const noexcept { return keys_.size(); }

  class key;

private:
  std::vector<std::shared_ptr<const key>> keys_;
};

} // namespace mqttzoo::auth
