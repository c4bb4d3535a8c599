// A SOCKS5 proxy (RFC 1928, and RFC 1929 for user names): its address, and how a socket that is
// connected to it gets connected to a server behind it.
//
// The handshake lives for one attempt to connect, on its client's strand.
#pragma once

#include "core/expected.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace mqttzoo::sdk {

struct proxy_address {
  std::string host;
  std::uint16_t port = 1080;
  std::string user_name, password; ///< both empty: none
  bool operator==(const proxy_address&) const = default;
};

/// `socks5h://[user[:password]@]host[:port]`.
expected<proxy_address, std::error_code> parse_proxy(std::string_view url);

/// Asks the proxy at the other end of `socket` for a connection to `host`, which the proxy looks
/// up. Calls `done` once; `socket` stays until then.
class socks5_handshake : public std::enable_shared_from_this<socks5_handshake> {
public:
  using tcp = boost::asio::ip::tcp;
  using finished = std::function<void(const boost::system::error_code&)>;

  socks5_handshake(tcp::socket& socket, proxy_address through, std::string host, std::uint16_t port,
                   finished done);
  void start();

private:
  using step = void (socks5_handshake::*)();
  void exchange(std::string request, std::size_t answer_bytes, step then);
  void receive(std::size_t bytes, step then);
  void chosen();
  void ask();
  void identified();
  void answered();
  void named();
  void end(const boost::system::error_code& error);

  tcp::socket& socket_;
  proxy_address through_;
  std::string host_;
  std::uint16_t port_;
  finished done_;
  std::string out_, in_;
};

} // namespace mqttzoo::sdk
