// TLS without a socket: ciphertext goes in and comes out, and so does plaintext.
//
// A stream_engine; established means that the peer's certificate is valid, too. OpenSSL reads from
// the view it is given and writes behind the string it is given, so nothing is copied on the way.
// Bounded: of what is received it keeps one record that is incomplete, at most 16 KiB.
#pragma once

#include "net/stream_engine.hpp"
#include "net/tls_context.hpp"

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class tls_engine final : public stream_engine {
public:
  enum class role : std::uint8_t { client, server };

  tls_engine(std::shared_ptr<const tls_context> context, role r);
  ~tls_engine() override;

  progress shake_hands(std::string_view& in, std::string& out) override;
  reading read(std::string_view in, std::string& plain, std::string& out) override;
  bool write(std::string_view plain, std::string& out) override;
  void end(std::string& out) override;

  /// Whether the peer's certificate was made out to exactly `name`: its DNS names count, or its
  /// common name if it has none. No wildcard counts.
  bool proves(std::string_view name) const override;
  std::string certified(core::certificate_identity which) const override;
  const std::string& failure() const noexcept override { return failure_; }

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
