#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace mqttzoo::net {

namespace {

using context_ptr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

unexpected<std::string> failure(const std::string& what, const std::string& path) {
  const auto code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  if (ERR_SYSTEM_ERROR(code))
    reason = "cannot be read";
  return unexpected<std::string>{"cannot use '" + path + "' as " + what + ": " +
                                 (reason ? reason : "unknown error")};
}

/// Asked for a password, when the key has one: nobody is there to type it.
int no_password(char*, int, int, void*) {
  return -1;
}

/// With all files and nothing decided.
expected<context_ptr, std::string> load_files(const tls_files& files, const std::string& options) {
  ERR_clear_error();
  context_ptr context{SSL_CTX_new(TLS_method()), SSL_CTX_free};
  if (!context)
    return unexpected<std::string>{"cannot set up TLS: out of memory"};
  auto* const c = context.get();
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  // What waits is written from wherever it stands by then, and an idle connection owns no buffer.
  SSL_CTX_set_mode(c, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(c, no_password);
  if (SSL_CTX_use_certificate_chain_file(c, files.certificate.c_str()) != 1)
    return failure(options + ".certificate", files.certificate);
  if (SSL_CTX_use_PrivateKey_file(c, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(c) != 1)
    return failure(options + ".key", files.key);
  if (!files.authorities.empty() &&
      SSL_CTX_load_verify_locations(c, files.authorities.c_str(), nullptr) != 1)
    return failure(options + ".ca", files.authorities);
  return context;
}

/// Tells clients which authorities are trusted, so that one with several certificates can choose.
bool announce_authorities(SSL_CTX* context, const std::string& path) {
  auto* const names = SSL_load_client_CA_file(path.c_str());
  SSL_CTX_set_client_CA_list(context, names);
  return names != nullptr;
}

} // namespace

expected<std::shared_ptr<const tls_context>, std::string>
tls_context::load(const tls_files& files) {
  auto loaded = load_files(files, "links.tls");
  if (!loaded)
    return unexpected{loaded.error()};
  auto* const c = loaded->get();
  if (files.authorities.empty())
    return failure("links.tls.ca", files.authorities);
  SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(c, 0);
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return std::make_shared<const tls_context>(private_tag{}, loaded->release());
}

namespace {

expected<context_ptr, std::string>
load_for_clients(const tls_files& files, client_certificates wanted, const std::string& options) {
  auto loaded = load_files(files, options);
  if (!loaded)
    return loaded;
  auto* const c = loaded->get();
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  // A client may not make us repeat the expensive part on a connection that stands.
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (wanted == client_certificates::not_asked) {
    SSL_CTX_set_num_tickets(c, 1);
    return loaded;
  }
  SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(c, 0);
  if (!announce_authorities(c, files.authorities))
    return failure(options + ".ca", files.authorities);
  const int mode = wanted == client_certificates::required
                       ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                       : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(c, mode, nullptr);
  return loaded;
}

} // namespace

expected<std::shared_ptr<const tls_context>, std::string>
tls_context::load_server(const tls_files& files, client_certificates wanted,
                         std::string_view options, const std::vector<tls_named_files>& by_name) {
  auto loaded = load_for_clients(files, wanted, std::string{options});
  if (!loaded)
    return unexpected{loaded.error()};
  auto made = std::make_shared<tls_context>(private_tag{}, loaded->release());
  for (const auto& n : by_name) {
    // Authorities and demands are the same: what is verified by is the context that was chosen.
    auto own = load_for_clients({n.certificate, n.key, files.authorities}, wanted,
                                std::string{options} + ".names");
    if (!own)
      return unexpected{own.error()};
    const auto context = std::make_shared<const tls_context>(private_tag{}, own->release());
    for (const auto& name : n.names)
      made->by_name_.emplace(name, context);
  }
  if (!made->by_name_.empty()) {
    SSL_CTX_set_tlsext_servername_callback(made->context_, choose);
    SSL_CTX_set_tlsext_servername_arg(made->context_, &made->by_name_);
  }
  return made;
}

/// OpenSSL has read which server the client asks for. The context and its table live as long as the
/// engine that asks.
int tls_context::choose(SSL* ssl, int*, void* by_name) {
  const auto& table = *static_cast<const named*>(by_name);
  const char* const asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!asked)
    return SSL_TLSEXT_ERR_NOACK;
  std::string name{asked};
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  auto found = table.find(name);
  if (const auto dot = name.find('.'); found == table.end() && dot != name.npos)
    found = table.find('*' + name.substr(dot));
  if (found == table.end())
    return SSL_TLSEXT_ERR_NOACK;
  return SSL_set_SSL_CTX(ssl, found->second->get()) ? SSL_TLSEXT_ERR_OK
                                                    : SSL_TLSEXT_ERR_ALERT_FATAL;
}

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

} // namespace mqttzoo::net
