// A TCP proxy between a client and a broker that spoils what passes, as it is told.
//
// Part of one case, on its io_context. Each connection is a pair of pumps.
#pragma once

#include "harness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace mqttzoo::test {

class proxy {
public:
  using tcp = asio::ip::tcp;
  enum class manner : std::uint8_t {
    plain,
    drip, ///< one byte a write
    mute, ///< takes everything and passes nothing on: half-open
    slow, ///< each piece waits a little
  };

  explicit proxy(world& w)
      : broker_(w.broker()), acceptor_(w.io, {asio::ip::make_address("127.0.0.1"), 0}) {
    asio::co_spawn(w.io, accept(), asio::detached);
  }
  ~proxy() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    cut();
  }

  std::string url() const {
    return "mqtt://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  void behave(manner m) { manner_ = m; }
  /// Breaks all connections.
  void cut() {
    for (const auto& socket : sockets_) {
      boost::system::error_code ignored;
      socket->close(ignored);
    }
    sockets_.clear();
  }
  /// Breaks all connections whenever `bytes` more have passed from client to broker, `times` times.
  void cut_every(std::size_t bytes, int times) {
    every_ = left_ = bytes;
    cuts_ = times;
  }
  int accepted() const { return accepted_; }

private:
  using socket_ptr = std::shared_ptr<tcp::socket>;

  awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
      if (error)
        co_return;
      ++accepted_;
      const auto client = std::make_shared<tcp::socket>(std::move(socket));
      const auto server = std::make_shared<tcp::socket>(client->get_executor());
      boost::system::error_code failed;
      server->connect(broker_, failed);
      if (failed)
        continue;
      server->set_option(tcp::no_delay{true});
      client->set_option(tcp::no_delay{true});
      sockets_.push_back(client);
      sockets_.push_back(server);
      asio::co_spawn(client->get_executor(), pump(client, server, &left_), asio::detached);
      asio::co_spawn(client->get_executor(), pump(server, client, nullptr), asio::detached);
    }
  }

  awaitable<void> pump(socket_ptr from, socket_ptr to, std::size_t* left) {
    std::array<char, 4096> bytes{};
    for (;;) {
      auto [error, size] =
          co_await from->async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
      if (error)
        break;
      if (manner_ == manner::mute)
        continue;
      if (manner_ == manner::slow) {
        asio::steady_timer pause{from->get_executor(), 5ms};
        co_await pause.async_wait(asio::use_awaitable);
      }
      const auto piece = manner_ == manner::drip ? 1 : size;
      for (std::size_t at = 0; at < size; at += piece) {
        if (left && *left != no_limit && (*left < piece || (*left -= piece) == 0)) {
          *left = --cuts_ > 0 ? every_ : no_limit;
          cut();
          co_return;
        }
        auto [failed, written] = co_await asio::async_write(
            *to, asio::buffer(bytes.data() + at, piece), asio::as_tuple(asio::use_awaitable));
        if (failed)
          break;
      }
    }
    boost::system::error_code ignored;
    to->close(ignored);
  }

  static constexpr std::size_t no_limit = ~std::size_t{0};

  tcp::endpoint broker_;
  tcp::acceptor acceptor_;
  std::vector<socket_ptr> sockets_;
  manner manner_ = manner::plain;
  std::size_t left_ = no_limit, every_ = no_limit;
  int cuts_ = 0;
  int accepted_ = 0;
};

} // namespace mqttzoo::test
