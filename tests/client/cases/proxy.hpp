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
#include <utility>
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
      : acceptor_(std::make_shared<tcp::acceptor>(
            w.io, tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0})) {
    asio::co_spawn(w.io, accept(acceptor_, state_, w.broker()), asio::detached);
  }
  ~proxy() {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    cut();
  }

  std::string url() const {
    return "mqtt://127.0.0.1:" + std::to_string(acceptor_->local_endpoint().port());
  }
  void behave(manner m) { state_->how = m; }
  /// Breaks all connections.
  void cut() { state_->cut(); }
  /// Breaks all connections whenever `bytes` more have passed from client to broker, `times` times.
  void cut_every(std::size_t bytes, int times) {
    state_->every = state_->left = bytes;
    state_->cuts = times;
  }
  int accepted() const { return state_->accepted; }

private:
  using socket_ptr = std::shared_ptr<tcp::socket>;
  static constexpr std::size_t no_limit = ~std::size_t{0};

  /// What the pumps know; they may outlive the proxy by a turn.
  struct state {
    std::vector<socket_ptr> sockets;
    manner how = manner::plain;
    std::size_t left = no_limit, every = no_limit;
    int cuts = 0;
    int accepted = 0;

    void cut() {
      for (const auto& socket : std::exchange(sockets, {})) {
        boost::system::error_code ignored;
        socket->close(ignored);
      }
    }
    /// Counts what passes; true if it was time to cut.
    bool passes(std::size_t bytes) {
      if (left == no_limit || (left > bytes && (left -= bytes) > 0))
        return false;
      left = --cuts > 0 ? every : no_limit;
      cut();
      return true;
    }
  };
  using state_ptr = std::shared_ptr<state>;
  enum class direction : std::uint8_t { to_broker, to_client };

  static awaitable<void> accept(std::shared_ptr<tcp::acceptor> at, state_ptr all,
                                tcp::endpoint broker) {
    for (;;) {
      auto [error, socket] = co_await at->async_accept(asio::as_tuple(asio::use_awaitable));
      if (error)
        co_return;
      ++all->accepted;
      const auto client = std::make_shared<tcp::socket>(std::move(socket));
      const auto server = std::make_shared<tcp::socket>(client->get_executor());
      boost::system::error_code failed;
      server->connect(broker, failed);
      if (failed)
        continue;
      server->set_option(tcp::no_delay{true});
      client->set_option(tcp::no_delay{true});
      all->sockets.push_back(client);
      all->sockets.push_back(server);
      const auto executor = client->get_executor();
      asio::co_spawn(executor, pump(client, server, all, direction::to_broker), asio::detached);
      asio::co_spawn(executor, pump(server, client, all, direction::to_client), asio::detached);
    }
  }

  static awaitable<void> pump(socket_ptr from, socket_ptr to, state_ptr all, direction way) {
    std::array<char, 4096> bytes{};
    for (;;) {
      auto [error, size] =
          co_await from->async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
      if (error)
        break;
      if (all->how == manner::mute)
        continue;
      if (all->how == manner::slow) {
        asio::steady_timer pause{from->get_executor(), 5ms};
        co_await pause.async_wait(asio::use_awaitable);
      }
      const auto piece = all->how == manner::drip ? 1 : size;
      for (std::size_t at = 0; at < size; at += piece) {
        if (way == direction::to_broker && all->passes(piece))
          co_return;
        auto [failed, written] = co_await asio::async_write(
            *to, asio::buffer(bytes.data() + at, piece), asio::as_tuple(asio::use_awaitable));
        if (failed)
          break;
      }
    }
    if (all->how == manner::mute && way == direction::to_client)
      co_return; // the end of the broker's side is not passed on either
    boost::system::error_code ignored;
    to->close(ignored);
  }

  std::shared_ptr<tcp::acceptor> acceptor_;
  state_ptr state_ = std::make_shared<state>();
};

} // namespace mqttzoo::test
