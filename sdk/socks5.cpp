#include "sdk/socks5.hpp"

#include "sdk/address.hpp"
#include "sdk/include/mqttzoo/error.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace mqttzoo::sdk {
namespace {

namespace asio = boost::asio;

constexpr std::string_view scheme_prefix = "socks5h://";
constexpr std::size_t field_bytes_max =
    255; ///< of names and passwords, which have a byte as length
constexpr char version = 5;
constexpr char negotiation_version = 1;
constexpr char no_authentication = 0, by_user_name = 2;
constexpr char connect_command = 1;
constexpr char by_ipv4 = 1, by_name = 3, by_ipv6 = 4;

boost::system::error_code refused(char reply) {
  switch (reply) {
  case 2:
    return asio::error::access_denied;
  case 3:
    return asio::error::network_unreachable;
  case 4:
    return asio::error::host_unreachable;
  case 5:
    return asio::error::connection_refused;
  default:
    return asio::error::connection_aborted;
  }
}

std::string field(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}

} // namespace

expected<proxy_address, std::error_code> parse_proxy(std::string_view url) {
  const unexpected<std::error_code> wrong{errc::invalid_address};
  if (!url.starts_with(scheme_prefix))
    return wrong;
  url.remove_prefix(scheme_prefix.size());
  const auto host = url.substr(url.rfind('@') == std::string_view::npos ? 0 : url.rfind('@') + 1);
  const auto parsed = parse_address(url);
  if (!parsed || url.find('/') != std::string_view::npos)
    return wrong;
  proxy_address out;
  out.host = parsed->host;
  const bool has_port = host.rfind(':') != std::string_view::npos && !host.ends_with(']');
  if (has_port)
    out.port = parsed->port;
  out.user_name = parsed->user_name.value_or("");
  out.password = parsed->password.value_or("");
  if (out.user_name.size() > field_bytes_max || out.password.size() > field_bytes_max)
    return wrong;
  return out;
}

socks5_handshake::socks5_handshake(tcp::socket& socket, proxy_address through, std::string host,
                                   std::uint16_t port, finished done)
    : socket_(socket), through_(std::move(through)), host_(std::move(host)), port_(port),
      done_(std::move(done)) {}

void socks5_handshake::start() {
  if (host_.size() > field_bytes_max)
    return end(asio::error::invalid_argument);
  const bool named = !through_.user_name.empty();
  const std::string methods =
      named ? std::string{no_authentication, by_user_name} : std::string{no_authentication};
  exchange(std::string{version} + field(methods), 2, &socks5_handshake::chosen);
}

void socks5_handshake::exchange(std::string request, std::size_t answer_bytes, step then) {
  out_ = std::move(request);
  asio::async_write(socket_, asio::buffer(out_),
                    [self = shared_from_this(), answer_bytes,
                     then](const boost::system::error_code& error, std::size_t) {
                      if (error)
                        return self->end(error);
                      self->receive(answer_bytes, then);
                    });
}

/// So many bytes more.
void socks5_handshake::receive(std::size_t bytes, step then) {
  const auto had = in_.size();
  in_.resize(had + bytes);
  asio::async_read(
      socket_, asio::buffer(in_.data() + had, bytes),
      [self = shared_from_this(), then](const boost::system::error_code& error, std::size_t) {
        if (error)
          return self->end(error);
        ((*self).*then)();
      });
}

/// The proxy chose how we authenticate.
void socks5_handshake::chosen() {
  const char method = in_[1];
  if (in_[0] != version)
    return end(asio::error::connection_aborted);
  in_.clear();
  if (method == no_authentication)
    return ask();
  if (method != by_user_name || through_.user_name.empty())
    return end(asio::error::access_denied);
  exchange(std::string{negotiation_version} + field(through_.user_name) + field(through_.password),
           2, &socks5_handshake::identified);
}

void socks5_handshake::identified() {
  if (in_[1] != 0)
    return end(asio::error::access_denied);
  in_.clear();
  ask();
}

void socks5_handshake::ask() {
  std::string request{version, connect_command, 0, by_name};
  request += field(host_);
  request += static_cast<char>(port_ >> 8);
  request += static_cast<char>(port_ & 0xFF);
  constexpr std::size_t up_to_length = 5; // of the address that the proxy uses, which nobody needs
  exchange(std::move(request), up_to_length, &socks5_handshake::answered);
}

void socks5_handshake::answered() {
  if (in_[0] != version || in_[1] != 0)
    return end(in_[0] == version ? refused(in_[1]) : asio::error::connection_aborted);
  constexpr std::size_t port_bytes = 2;
  const auto first = static_cast<unsigned char>(in_[4]);
  switch (in_[3]) { // a byte of the address has come
  case by_ipv4:
    return receive(3 + port_bytes, &socks5_handshake::named);
  case by_ipv6:
    return receive(15 + port_bytes, &socks5_handshake::named);
  case by_name:
    return receive(first + port_bytes, &socks5_handshake::named);
  default:
    return end(asio::error::connection_aborted);
  }
}

void socks5_handshake::named() {
  end({});
}

void socks5_handshake::end(const boost::system::error_code& error) {
  std::exchange(done_, nullptr)(error);
}

} // namespace mqttzoo::sdk
