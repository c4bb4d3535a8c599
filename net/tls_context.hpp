// What a pod needs for TLS: its certificate, its key, and the authorities it trusts.
//
// Loaded once, immutable, shared by the connections of all loops. Mutual: a peer without a
// certificate that one of the authorities signed is refused. TLS 1.3 only, because both ends are
// ours; no session is resumed, so that every certificate is looked at.
#pragma once

#include "core/expected.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>

namespace mqttzoo::net {

/// Paths of PEM files. The certificate must do for a client and for a server.
struct tls_files {
  std::string certificate; ///< and those between it and the authority
  std::string key;         ///< without a password
  std::string authorities;
};

class tls_context {
  struct private_tag {};

public:
  /// The error is a sentence that names the file; complete enough to be the last line an operator
  /// reads.
  static expected<std::shared_ptr<const tls_context>, std::string> load(const tls_files& files);

  tls_context(private_tag, SSL_CTX* context) noexcept : context_(context) {}
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;
  ~tls_context();

  /// For SSL_new(), from any thread.
  SSL_CTX* get() const noexcept { return context_; }

private:
  SSL_CTX* context_;
};

} // namespace mqttzoo::net
