#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace mqttzoo::net {

namespace {

unexpected<std::string> failure(const char* what, const std::string& path) {
  const auto code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  if (ERR_SYSTEM_ERROR(code))
    reason = "cannot be read";
  return unexpected<std::string>{std::string{"cannot use '"} + path + "' as " + what + ": " +
                                 (reason ? reason : "unknown error")};
}

/// Asked for a password, when the key has one: nobody is there to type it.
int no_password(char*, int, int, void*) {
  return -1;
}

} // namespace

expected<std::shared_ptr<const tls_context>, std::string>
tls_context::load(const tls_files& files) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_method());
  if (!context)
    return unexpected<std::string>{"cannot set up TLS: out of memory"};
  auto self = std::make_shared<const tls_context>(private_tag{}, context);
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // What waits is written from wherever it stands by then, and an idle connection owns no buffer.
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return failure("links.tls.certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1)
    return failure("links.tls.key", files.key);
  if (SSL_CTX_load_verify_locations(context, files.authorities.c_str(), nullptr) != 1)
    return failure("links.tls.ca", files.authorities);
  return self;
}

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

} // namespace mqttzoo::net
