// What an end of TLS needs: its certificate, its key, and the authorities it trusts.
//
// Loaded once, immutable, shared by the connections of all loops; new files need a new one, which
// connections to come use.
//
// Between pods: mutual, so a peer without a certificate that one of the authorities signed is
// refused; TLS 1.3 only, because both ends are ours; no session is resumed, so that every
// certificate is looked at. For clients: TLS 1.2 and 1.3, sessions resumed by tickets unless
// certificates are asked for.
#pragma once

#include "core/expected.hpp"

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mqttzoo::net {

/// Paths of PEM files. Between pods the certificate must do for a client and for a server.
struct tls_files {
  std::string certificate; ///< and those between it and the authority
  std::string key;         ///< without a password
  std::string authorities; ///< for clients also empty: none is trusted
};

/// A server's certificate for clients that ask for one of `names`, in lower case: a host's, or
/// "*.example.org" for each one level below.
struct tls_named_files {
  std::vector<std::string> names;
  std::string certificate;
  std::string key;
};

/// What a server wants of its clients. One that is shown and not valid is refused in any case.
enum class client_certificates : std::uint8_t { not_asked, asked, required };

class tls_context {
  struct private_tag {};

public:
  /// The error is a sentence that names the file; complete enough to be the last line an operator
  /// reads.
  static expected<std::shared_ptr<const tls_context>, std::string> load(const tls_files& files);

  /// The server's end for clients. `options` is what the options' names begin with, for errors.
  /// Who asks for a server that stands in `by_name` gets that certificate, everybody else that of
  /// `files`.
  static expected<std::shared_ptr<const tls_context>, std::string>
  load_server(const tls_files& files, client_certificates wanted, std::string_view options,
              const std::vector<tls_named_files>& by_name = {});

  tls_context(private_tag, SSL_CTX* context) noexcept : context_(context) {}
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;
  ~tls_context();

  /// For SSL_new(), from any thread.
  SSL_CTX* get() const noexcept { return context_; }

private:
  /// Contexts of their own, by a server's name; without them OpenSSL does not ask.
  using named = std::unordered_map<std::string, std::shared_ptr<const tls_context>>;

  static int choose(SSL* ssl, int* alert, void* by_name);

  SSL_CTX* context_;
  named by_name_;
};

} // namespace mqttzoo::net
