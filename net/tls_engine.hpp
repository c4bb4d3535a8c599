// TLS without a socket: ciphertext goes in and comes out, and so does plaintext.
//
// Part of a tls_connection, on its loop's thread. OpenSSL reads from the view it is given and
// writes behind the string it is given, so nothing is copied on the way. Bounded: of what is
// received it keeps one record that is incomplete, at most 16 KiB.
#pragma once

#include "net/tls_context.hpp"

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class tls_engine {
public:
  enum class role : std::uint8_t { client, server };
  enum class progress : std::uint8_t {
    waiting,     ///< for more of the peer's handshake
    established, ///< and the peer's certificate is valid
    failed,      ///< see failure()
  };

  /// Plaintext in one record; more in one write becomes several.
  static constexpr std::size_t record_bytes_max = 16 * 1024;

  tls_engine(std::shared_ptr<const tls_context> context, role r);
  tls_engine(const tls_engine&) = delete;
  tls_engine& operator=(const tls_engine&) = delete;
  ~tls_engine();

  // Each call appends to `out` what the peer shall get, also when it fails: then it is an alert.

  /// Takes from the front of `in` what belongs to the handshake.
  progress shake_hands(std::string_view& in, std::string& out);
  /// Once established: takes all of `in` and appends what it says to `plain`. False if it failed.
  bool read(std::string_view in, std::string& plain, std::string& out);
  /// Once established. False if it failed.
  bool write(std::string_view plain, std::string& out);
  /// Says that nothing follows.
  void end(std::string& out);

  /// Whether the peer's certificate was made out to exactly `name`: its DNS names count, or its
  /// common name if it has none. No wildcard counts.
  bool proves(std::string_view name) const;
  const std::string& failure() const noexcept { return failure_; }

private:
  friend struct tls_engine_bio;

  /// What OpenSSL may read and write during one call of ours.
  class call;

  void note_failure();

  std::shared_ptr<const tls_context> context_;
  SSL* ssl_;
  std::string_view in_;
  std::string* out_ = nullptr;
  std::string failure_;
};

} // namespace mqttzoo::net
