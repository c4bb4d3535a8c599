#include "admin/access.hpp"

#include "core/secret_file.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/crypto.h>

#include <cstddef>

namespace mqttzoo::admin {

namespace {

constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t token_bytes_max = 4096;

expected<std::string, std::string> read_token(const std::string& file) {
  auto token = core::read_secret("admin.token", file);
  if (token && (token->size() < token_bytes_min || token->size() > token_bytes_max))
    return unexpected("admin.token: " + file + " must hold a word of 16 to 4096 bytes");
  return token;
}

/// Without its port.
std::string_view name_of(std::string_view host) noexcept {
  if (host.starts_with('['))
    return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_loopback(std::string_view name) noexcept {
  boost::system::error_code bad;
  const auto address = boost::asio::ip::make_address(name, bad);
  return name == "localhost" || (!bad && address.is_loopback());
}

} // namespace

expected<access, std::string> access::from(const core::admin_settings& settings) {
  access made;
  if (!settings.token.empty()) {
    auto token = read_token(settings.token);
    if (!token)
      return unexpected(token.error());
    made.token_ = *std::move(token);
  }
  made.by_certificate_ = !settings.tls_ca.empty();
  if (made.token_.empty() && !made.by_certificate_ && !is_loopback(settings.address))
    return unexpected("admin.address: anybody who reaches " + settings.address +
                      " could look into this pod: set admin.token or admin.tls.ca");
  return made;
}

standing access::judge(const credentials& c) const noexcept {
  if (by_certificate_ && !c.certificate)
    return standing::unknown;
  if (token_.empty() && by_certificate_)
    return standing::admitted;
  if (token_.empty()) // a name that leads here must be one of this machine, or it is a trick
    return is_loopback(name_of(c.host)) ? standing::admitted : standing::unknown;
  constexpr std::string_view scheme = "Bearer ";
  if (!c.authorization.starts_with(scheme))
    return standing::unknown;
  const auto word = c.authorization.substr(scheme.size());
  return word.size() == token_.size() &&
                 CRYPTO_memcmp(word.data(), token_.data(), token_.size()) == 0
             ? standing::admitted
             : standing::unknown;
}

} // namespace mqttzoo::admin
