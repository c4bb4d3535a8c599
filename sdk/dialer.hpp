// From a host's name to a connected socket, through a proxy if there is one.
//
// Part of one transport, on its client's strand; lives until the socket is connected or closed.
#pragma once

#include "sdk/transport.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace mqttzoo::sdk {

class dialer {
public:
  using tcp = boost::asio::ip::tcp;

  explicit dialer(const boost::asio::any_io_executor& executor) : resolver_(executor) {}

  /// Tries the addresses of the name one after the other, beginning with number `turn`. Calls
  /// `done(boost::system::error_code)`.
  template<class Done>
  void dial(tcp::socket& socket, const transport_parts& parts, std::size_t turn, Done done) {
    if (!parts.proxy)
      return reach(socket, parts.to.host, parts.to.port, parts.local_address, turn,
                   std::move(done));
    reach(socket, parts.proxy->host, parts.proxy->port, parts.local_address, turn,
          [&socket, proxy = *parts.proxy, host = parts.to.host, port = parts.to.port,
           done = std::move(done)](const boost::system::error_code& error) mutable {
            if (error)
              return done(error);
            std::make_shared<socks5_handshake>(socket, std::move(proxy), std::move(host), port,
                                               std::move(done))
                ->start();
          });
  }

  void cancel() { resolver_.cancel(); }

private:
  template<class Done>
  void reach(tcp::socket& socket, const std::string& host, std::uint16_t port,
             const std::string& local_address, std::size_t turn, Done done) {
    boost::system::error_code no_number;
    const auto number = boost::asio::ip::make_address(host, no_number);
    if (!no_number) { // which needs no resolver, and so no thread for it
      endpoints_ = {{number, port}};
      at_ = 0;
      return try_next(socket, local_address, std::move(done));
    }
    resolver_.async_resolve(
        host, std::to_string(port),
        [this, &socket, local = local_address, turn,
         done = std::move(done)](const boost::system::error_code& error,
                                 const tcp::resolver::results_type& found) mutable {
          if (error)
            return done(error);
          endpoints_.clear();
          for (const auto& each : found)
            endpoints_.push_back(each.endpoint());
          std::ranges::rotate(endpoints_, endpoints_.begin() + static_cast<std::ptrdiff_t>(
                                                                   turn % endpoints_.size()));
          at_ = 0;
          try_next(socket, local, std::move(done));
        });
  }

  template<class Done>
  void try_next(tcp::socket& socket, const std::string& local, Done done) {
    const auto to = endpoints_[at_++];
    boost::system::error_code error;
    if (socket.is_open())
      socket.close(error);
    socket.open(to.protocol(), error);
    if (!error && !local.empty()) {
      const auto from = boost::asio::ip::make_address(local, error);
      // So that one local port may serve connections to several servers.
      if (const int on = 1; !error)
        ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      if (!error)
        socket.bind({from, 0}, error);
    }
    if (!error)
      socket.set_option(tcp::no_delay{true}, error);
    if (error)
      return done(error);
    socket.async_connect(to, [this, &socket, local, done = std::move(done)](
                                 const boost::system::error_code& failed) mutable {
      const bool given_up = failed == boost::asio::error::operation_aborted;
      if (failed && !given_up && at_ < endpoints_.size())
        return try_next(socket, local, std::move(done));
      done(failed);
    });
  }

  tcp::resolver resolver_;
  std::vector<tcp::endpoint> endpoints_;
  std::size_t at_ = 0;
};

} // namespace mqttzoo::sdk
