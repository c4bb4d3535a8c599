// A connection that carries bytes both ways: TCP, TLS or WebSocket.
//
// Made for one attempt to connect, used on its client's strand, gone when it is closed and its last
// operation has ended. After close() it says nothing more. At most one write at a time.
#pragma once

#include "sdk/address.hpp"
#include "sdk/include/mqttzoo/options.hpp"
#include "sdk/socks5.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

namespace boost::asio::ssl {
class context;
} // namespace boost::asio::ssl

namespace mqttzoo::sdk {

/// What a transport tells its owner, whom it keeps alive until close().
class transport_port {
public:
  transport_port(const transport_port&) = delete;
  transport_port& operator=(const transport_port&) = delete;

  virtual void on_opened(std::error_code error) = 0;
  /// Valid during the call only.
  virtual void on_bytes(std::string_view bytes) = 0;
  virtual void on_written(std::error_code error) = 0;
  /// The other side closed, or reading failed.
  virtual void on_lost(std::error_code error) = 0;

protected:
  transport_port() = default;
  virtual ~transport_port() = default;
};

class transport {
public:
  transport() = default;
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;
  virtual ~transport() = default;

  /// Ends with on_opened(). `turn` says with which address of several to begin.
  virtual void open(std::size_t turn) = 0;
  /// Once opened: on_bytes() from now on.
  virtual void start_reading() = 0;
  /// `bytes` stay until on_written().
  virtual void write(std::string_view bytes) = 0;
  /// At once; the port is let go.
  virtual void close() = 0;
};

/// What a transport is made from.
struct transport_parts {
  boost::asio::any_io_executor executor; ///< the client's strand
  std::shared_ptr<transport_port> port;
  address to;
  std::string local_address; ///< empty: any
  tls_options tls;
  std::optional<proxy_address> proxy;
  /// What many connections with the same `tls` share; null: it is made from that.
  std::shared_ptr<boost::asio::ssl::context> shared_tls = nullptr;
  /// When the attempt is over, so that one address of a name leaves time for the others; max():
  /// each may take as long as the machine gives it.
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

/// With an error if certificates or keys cannot be read.
std::shared_ptr<transport> make_transport(transport_parts parts, std::error_code& error);

std::shared_ptr<transport> make_tcp_transport(transport_parts parts);
std::shared_ptr<transport> make_local_transport(transport_parts parts);
std::shared_ptr<transport> make_tls_transport(transport_parts parts, std::error_code& error);
std::shared_ptr<transport> make_websocket_transport(transport_parts parts);
std::shared_ptr<transport> make_secure_websocket_transport(transport_parts parts,
                                                           std::error_code& error);

} // namespace mqttzoo::sdk
