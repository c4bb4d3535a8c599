// From a host's name to a connected socket.
//
// Part of one transport, on its client's strand; lives until the socket is connected or closed.
#pragma once

#include "sdk/transport.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <string>
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
    boost::system::error_code no_number;
    const auto number = boost::asio::ip::make_address(parts.to.host, no_number);
    if (!no_number) { // which needs no resolver, and so no thread for it
      endpoints_ = {{number, parts.to.port}};
      at_ = 0;
      return try_next(socket, parts.local_address, std::move(done));
    }
    resolver_.async_resolve(
        parts.to.host, std::to_string(parts.to.port),
        [this, &socket, local = parts.local_address, turn,
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

  void cancel() { resolver_.cancel(); }

private:
  template<class Done>
  void try_next(tcp::socket& socket, const std::string& local, Done done) {
    const auto to = endpoints_[at_++];
    boost::system::error_code error;
    if (socket.is_open())
      socket.close(error);
    socket.open(to.protocol(), error);
    if (!error && !local.empty()) {
      const auto from = boost::asio::ip::make_address(local, error);
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
