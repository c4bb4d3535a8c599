// Keeps a link to one pod up: dials, greets, hands the open link to its user, and dials again when
// it is gone, after a pause that grows with each failure and is partly random, so that the pods of
// a cluster do not all come at once.
//
// Owned by whoever knows the pod's address, one a peer; made and destroyed on its loop's thread.
// Dials for ever: who stops it knows that the pod is gone. Only the pod with the lesser name dials.
#pragma once

#include "core/random.hpp"
#include "net/endpoint.hpp"
#include "net/framed_link.hpp"
#include "net/link_config.hpp"
#include "net/loop.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mqttzoo::net {

class link_dialer final : private link_keeper, private timer_client {
  using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, loop::executor>;

public:
  /// Gets each link that opened, on the loop's thread; owns it and attaches its events.
  using open_handler = std::function<void(std::shared_ptr<pod_link>)>;

  /// `peer` is a link name greater than the own one.
  link_dialer(loop& on, link_config_ptr config, std::string peer, endpoint to,
              core::random_source random, open_handler on_open);
  ~link_dialer() override;

  void start();
  /// Dials no more and ends an attempt; a link that is open stays with its user.
  void stop();

  /// In a row, since a link was open for as long as the longest pause.
  unsigned failures() const noexcept { return failures_; }

private:
  void on_link_open(framed_link& link) override;
  void on_link_gone(framed_link& link, const link_end& end) override;
  void on_due(time_point now) override;

  void dial();
  void on_connected(const boost::system::error_code& result);
  void failed(const char* why, const std::string& detail);
  void wait();
  void give_up_attempt();

  loop& loop_;
  link_config_ptr config_;
  std::string peer_;
  endpoint to_;
  core::random_source random_;
  open_handler on_open_;
  tcp_socket socket_;          ///< open while connecting
  std::uint64_t attempts_ = 0; ///< to tell an answer to an earlier one
  std::shared_ptr<framed_link> greeting_;
  framed_link* open_ = nullptr; ///< its user's; tells us when it is gone
  time_point opened_at_{};
  unsigned failures_ = 0;
  bool running_ = false;
  std::shared_ptr<link_dialer*> self_; ///< what Asio waits for may outlive us
};

} // namespace mqttzoo::net
