#include "sdk/client_tls.hpp"

#include <cstring>

namespace mqttzoo::sdk {
namespace {

namespace ssl = boost::asio::ssl;

void trust(ssl::context& context, const tls_options& o, boost::system::error_code& error) {
  if (o.authorities_file.empty() && o.authorities_path.empty()) {
    context.set_default_verify_paths(error);
    return;
  }
  if (!o.authorities_file.empty())
    context.load_verify_file(o.authorities_file, error);
  if (!error && !o.authorities_path.empty())
    context.add_verify_path(o.authorities_path, error);
}

void identify(ssl::context& context, const tls_options& o, boost::system::error_code& error) {
  if (!o.certificate_file.empty())
    context.use_certificate_chain_file(o.certificate_file, error);
  if (!error && !o.key_file.empty())
    context.use_private_key_file(o.key_file, ssl::context::pem, error);
}

/// ALPN wants a length in front of each protocol.
void ask_for(SSL_CTX* context, const std::string& alpn) {
  constexpr std::size_t alpn_bytes_max = 255;
  if (alpn.empty() || alpn.size() > alpn_bytes_max)
    return;
  const auto wire = std::string(1, static_cast<char>(alpn.size())) + alpn;
  SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned>(wire.size()));
}

int options_index() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, [](void*, void* options, auto...) {
        delete static_cast<tls_options*>(options);
      });
  return index;
}

/// OpenSSL asks for the key that we share with the server.
unsigned give_key(SSL* connection, const char*, char* identity, unsigned identity_bytes_max,
                  unsigned char* key, unsigned key_bytes_max) {
  const auto* o = static_cast<const tls_options*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), options_index()));
  if (o->psk_identity.size() >= identity_bytes_max || o->psk_key.size() > key_bytes_max)
    return 0;
  identity[o->psk_identity.copy(identity, identity_bytes_max - 1)] = 0;
  std::memcpy(key, o->psk_key.data(), o->psk_key.size());
  return static_cast<unsigned>(o->psk_key.size());
}

/// A key in common stands for certificates on both sides. Nobody is trusted besides, so a server
/// that comes with a certificate instead is refused.
void share_key(SSL_CTX* context, const tls_options& o) {
  SSL_CTX_set_ex_data(context, options_index(), new tls_options{o});
  SSL_CTX_set_psk_client_callback(context, give_key);
  if (o.ciphers.empty())
    SSL_CTX_set_cipher_list(context, "PSK");
}

} // namespace

std::shared_ptr<ssl::context> make_client_tls(const tls_options& o, std::error_code& error) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code failed;
  const bool has_key = !o.psk_key.empty();
  if (has_key)
    share_key(context->native_handle(), o);
  else if (o.check != peer_check::none)
    trust(*context, o, failed);
  if (!failed)
    identify(*context, o, failed);
  if (!o.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context->native_handle(), o.ciphers.c_str()) == 0)
    failed = boost::asio::error::invalid_argument;
  ask_for(context->native_handle(), o.alpn);
  context->set_verify_mode(o.check == peer_check::none && !has_key ? ssl::verify_none
                                                                   : ssl::verify_peer);
  error = failed;
  return failed ? nullptr : context;
}

} // namespace mqttzoo::sdk
