// One hashed password in the forms that mosquitto writes: what it takes to accept a password.
//
//   $6$<salt>$<digest>                                       SHA-512 of password and salt
//   $7$<iterations>$<salt>$<digest>                          PBKDF2 with HMAC-SHA-512
//   $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<digest>
//
// A value, immutable; any thread. accepts() takes as long as the hash is meant to take, up to
// seconds: never on an I/O thread.
#pragma once

#include "core/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::auth {

class password_hash {
public:
  /// The error says what is wrong without quoting any of it.
  static expected<password_hash, const char*> parse(std::string_view text);

  /// Slow on purpose.
  bool accepts(std::string_view password) const;

  /// Whether accepts() of both takes the same time.
  bool costs_as_much_as(const password_hash& other) const noexcept {
    return scheme_ == other.scheme_ && costs_ == other.costs_;
  }
  /// What accepts() costs, roughly, in passes of PBKDF2.
  std::uint64_t work() const noexcept;

  /// Tells hashes apart without being of use to guess a password: 64 bits of a digest of the text.
  std::uint64_t fingerprint() const noexcept { return fingerprint_; }

private:
  enum class scheme : std::uint8_t { sha512, pbkdf2, argon2id };
  struct costs {
    std::uint32_t passes = 1;
    std::uint32_t memory_kib = 0; ///< argon2id only
    std::uint32_t lanes = 0;      ///< argon2id only

    bool operator==(const costs&) const = default;
  };

  static expected<password_hash, const char*> parse_argon2id(std::string_view rest);
  static expected<password_hash, const char*> parse_sha512(scheme how, std::string_view rest);
  bool digest(std::string_view password, std::string& out) const;

  scheme scheme_ = scheme::sha512;
  costs costs_;
  std::string salt_;
  std::string digest_;
  std::uint64_t fingerprint_ = 0;
};

} // namespace mqttzoo::auth
