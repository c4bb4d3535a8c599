// Accepts connections on one address and deals them to the loops in turn.
//
// Made on the thread of its accepting loop or before that runs, stopped and destroyed there too.
// Bounds: the seats of `seating`, and a burst of accepts in each turn.
#pragma once

#include "core/expected.hpp"
#include "net/detached_socket.hpp"
#include "net/loop.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::net {

struct listen_options {
  std::string address = "127.0.0.1"; ///< IPv4 or IPv6, numeric
  std::uint16_t port = 1883;         ///< 0 takes a free one
  int backlog = 4096;                ///< the kernel caps it
  /// The option that bounds the seats; for the log.
  std::string_view seats_option = "net.connections.max";
};

/// Why nobody listens.
struct listen_error {
  enum class kind : std::uint8_t {
    bad_address,    ///< not a numeric address
    address_in_use, ///< another process listens there
    not_permitted,  ///< for example a port below 1024
    not_available,  ///< no interface has this address
    system,         ///< anything else
  };
  kind what = kind::system;
  std::string
      message; ///< names address and port; complete enough to be the last line an operator reads
};

class listener final : private timer_client {
  struct private_tag {};
  // [MQTT-4.2-1] [MQTT-7.1.1-1 v3] ordered, lossless and in both directions
  using tcp_acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, loop::executor>;

public:
  /// Gets each accepted socket on the thread of the loop it is meant for.
  using accept_handler = std::function<void(loop&, detached_socket)>;

  /// Binds and listens; accepting begins with start(). `loops` outlive the listener.
  static expected<std::unique_ptr<listener>, listen_error>
  open(const listen_options& options, loop& accepting, std::vector<loop*> loops, ref<seating> seats,
       accept_handler on_accept);

  listener(private_tag, tcp_acceptor acceptor, std::string_view seats_option, loop& accepting,
           std::vector<loop*> loops, ref<seating> seats, accept_handler on_accept);
  ~listener() override;

  /// On the accepting loop's thread, or before it runs.
  void start();
  /// Closes the listening socket: the port is free at once. Sockets that were already dealt still
  /// arrive. Accepting loop's thread, or after it was joined.
  void stop();

  std::uint16_t local_port() const noexcept { return local_port_; }

private:
  void on_due(time_point now) override;

  void wait();
  void accept_some();
  bool accept_one();
  void deal(detached_socket socket);
  void back_off(const boost::system::error_code& error);

  loop& accepting_;
  std::vector<loop*> loops_;
  std::size_t next_loop_ = 0;
  ref<seating> seats_;
  std::string_view seats_option_;
  std::shared_ptr<const accept_handler> on_accept_;
  tcp_acceptor acceptor_;
  std::uint16_t local_port_ = 0;
  bool waiting_ = false;
  bool exhaustion_logged_ = false;
  std::shared_ptr<listener*> self_; ///< what Asio waits for may outlive us
};

} // namespace mqttzoo::net
