// TLS of a client: its context from tls_options, and what is said and checked about the server's
// name.
//
// Functions; a context belongs to one transport, or to many on the same thread.
#pragma once

#include "sdk/include/mqttzoo/options.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <system_error>

namespace mqttzoo::sdk {

/// Null with an error if a file cannot be read. TLS 1.2 and newer.
std::shared_ptr<boost::asio::ssl::context> make_client_tls(const tls_options& options,
                                                           std::error_code& error);

/// Names the server in the handshake (SNI) and has its certificate checked for that name, as
/// `options` say. `Stream` is an ssl::stream.
template<class Stream>
void expect_host(Stream& stream, const std::string& host, const tls_options& options) {
  SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
  if (options.check == peer_check::name && options.psk_key.empty())
    stream.set_verify_callback(boost::asio::ssl::host_name_verification(host));
}

} // namespace mqttzoo::sdk
