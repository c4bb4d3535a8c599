#include "sdk/client_tls.hpp"

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

} // namespace

std::shared_ptr<ssl::context> make_client_tls(const tls_options& o, std::error_code& error) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code failed;
  if (o.check != peer_check::none)
    trust(*context, o, failed);
  if (!failed)
    identify(*context, o, failed);
  if (!o.ciphers.empty() &&
      SSL_CTX_set_cipher_list(context->native_handle(), o.ciphers.c_str()) == 0)
    failed = boost::asio::error::invalid_argument;
  ask_for(context->native_handle(), o.alpn);
  context->set_verify_mode(o.check == peer_check::none ? ssl::verify_none : ssl::verify_peer);
  error = failed;
  return failed ? nullptr : context;
}

} // namespace mqttzoo::sdk
