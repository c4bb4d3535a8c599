#include "admin/tls.hpp"

#include <openssl/ssl.h>

namespace mqttzoo::admin {

namespace ssl = boost::asio::ssl;

std::string set_up_tls(ssl::context& context, const core::admin_settings& from) {
  boost::system::error_code failed;
  const auto fails = [&](const char* option, const std::string& file) {
    return std::string{option} + ": " + file + ": " + failed.message();
  };
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.use_certificate_chain_file(from.tls_certificate, failed);
  if (failed)
    return fails("admin.tls.certificate", from.tls_certificate);
  context.use_private_key_file(from.tls_key, ssl::context::pem, failed);
  if (failed)
    return fails("admin.tls.key", from.tls_key);
  // A key of another kind than the certificate's is taken above, and fails each client only.
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return "admin.tls.key: " + from.tls_key + ": is not the key of admin.tls.certificate";
  if (from.tls_ca.empty())
    return {};
  context.load_verify_file(from.tls_ca, failed);
  if (failed)
    return fails("admin.tls.ca", from.tls_ca);
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, failed);
  // No session is resumed, so that every certificate is looked at.
  SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_TICKET);
  return {};
}

} // namespace mqttzoo::admin
