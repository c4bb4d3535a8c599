// From a host's name to a connected socket, through a proxy if there is one.
//
// Part of one transport, on its client's strand; lives until the socket is connected or closed. An
// address that fails, in whatever way, gives way to the next one; each may take an equal share of
// the time that is left.
#pragma once

#include "sdk/transport.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
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

  explicit dialer(const boost::asio::any_io_executor& executor)
      : resolver_(executor), timer_(executor) {}

  /// Tries the addresses of the name one after the other, beginning with number `turn`. Calls
  /// `done(boost::system::error_code)`, never inside of this; `socket` and this stay until then.
  template<class Done>
  void dial(tcp::socket& socket, const transport_parts& parts, std::size_t turn, Done done) {
    local_address_ = parts.local_address;
    until_ = parts.until;
    if (!parts.proxy)
      return reach(socket, parts.to.host, parts.to.port, turn, std::move(done));
    reach(socket, parts.proxy->host, parts.proxy->port, turn,
          [&socket, proxy = *parts.proxy, host = parts.to.host, port = parts.to.port,
           done = std::move(done)](const boost::system::error_code& error) mutable {
            if (error)
              return done(error);
            std::make_shared<socks5_handshake>(socket, std::move(proxy), std::move(host), port,
                                               std::move(done))
                ->start();
          });
  }

  /// The part of dial() that follows the look-up of a name: `endpoints` are not empty, and tried in
  /// their order.
  template<class Done>
  void connect(tcp::socket& socket, std::vector<tcp::endpoint> endpoints,
               const std::string& local_address, std::chrono::steady_clock::time_point until,
               Done done) {
    endpoints_ = std::move(endpoints);
    local_address_ = local_address;
    until_ = until;
    next_ = 0;
    try_next(socket, std::move(done));
  }

  void cancel() {
    cancelled_ = true;
    resolver_.cancel();
    timer_.cancel();
  }

private:
  /// Of one address; its timer may look at this when the dialer is gone.
  enum class outcome : std::uint8_t { open, late, over };

  template<class Done>
  void reach(tcp::socket& socket, const std::string& host, std::uint16_t port, std::size_t turn,
             Done done) {
    boost::system::error_code no_number;
    const auto number = boost::asio::ip::make_address(host, no_number);
    if (!no_number) // which needs no resolver, and so no thread for it
      return connect(socket, {{number, port}}, local_address_, until_, std::move(done));
    resolver_.async_resolve(
        host, std::to_string(port),
        [this, &socket, turn,
         done = std::move(done)](const boost::system::error_code& error,
                                 const tcp::resolver::results_type& found) mutable {
          if (error || cancelled_)
            return done(error ? error : boost::asio::error::operation_aborted);
          std::vector<tcp::endpoint> all;
          for (const auto& each : found)
            all.push_back(each.endpoint());
          std::ranges::rotate(all, all.begin() + static_cast<std::ptrdiff_t>(turn % all.size()));
          connect(socket, std::move(all), local_address_, until_, std::move(done));
        });
  }

  template<class Done>
  void try_next(tcp::socket& socket, Done done) {
    boost::system::error_code error;
    do
      error = prepare(socket, endpoints_[next_]);
    while (error && ++next_ < endpoints_.size());
    if (error)
      return boost::asio::post(socket.get_executor(),
                               [error, done = std::move(done)]() mutable { done(error); });
    const auto to = endpoints_[next_++];
    const auto how = limit(socket);
    socket.async_connect(to, [this, &socket, how, done = std::move(done)](
                                 const boost::system::error_code& failed) mutable {
      const bool late = std::exchange(*how, outcome::over) == outcome::late;
      timer_.cancel();
      if ((failed || late) && !cancelled_ && next_ < endpoints_.size())
        return try_next(socket, std::move(done));
      done(failed);
    });
  }

  /// A socket that can connect to `to`.
  boost::system::error_code prepare(tcp::socket& socket, const tcp::endpoint& to) const {
    boost::system::error_code error;
    if (socket.is_open())
      socket.close(error);
    socket.open(to.protocol(), error);
    if (!error && !local_address_.empty()) {
      const auto from = boost::asio::ip::make_address(local_address_, error);
      // So that one local port may serve connections to several servers.
      if (const int on = 1; !error)
        ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      if (!error)
        socket.bind({from, 0}, error);
    }
    if (!error)
      socket.set_option(tcp::no_delay{true}, error);
    return error;
  }

  /// Closes the socket when the address has had its share. The last one has all that is left, which
  /// whoever dials looks after.
  std::shared_ptr<outcome> limit(tcp::socket& socket) {
    auto how = std::make_shared<outcome>(outcome::open);
    const auto after_this = static_cast<std::int64_t>(endpoints_.size() - next_);
    if (after_this == 0 || until_ == std::chrono::steady_clock::time_point::max())
      return how;
    const auto left = until_ - std::chrono::steady_clock::now();
    timer_.expires_after(left / (after_this + 1));
    timer_.async_wait([how, &socket](const boost::system::error_code& error) {
      if (error || *how != outcome::open)
        return;
      *how = outcome::late;
      boost::system::error_code ignored;
      socket.close(ignored);
    });
    return how;
  }

  tcp::resolver resolver_;
  boost::asio::steady_timer timer_; ///< of the address that is tried
  std::vector<tcp::endpoint> endpoints_;
  std::size_t next_ = 0;
  std::string local_address_;
  std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::time_point::max();
  bool cancelled_ = false;
};

} // namespace mqttzoo::sdk
