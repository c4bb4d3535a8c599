// Accepts connections on one address, or by one socket's file, and deals them to the loops in turn.
//
// Made on the thread of its accepting loop or before that runs, stopped and destroyed there too.
// Bounds: the seats of `seating`, a burst of accepts in each turn, and a pace: whoever comes faster
// waits in the kernel's queue. Those who get no seat do not count for the pace, so that a flood
// that is refused keeps nobody waiting.
#pragma once

#include "core/expected.hpp"
#include "core/token_bucket.hpp"
#include "net/detached_socket.hpp"
#include "net/listen_error.hpp"
#include "net/listener_figures.hpp"
#include "net/loop.hpp"
#include "net/unix_place.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::net {

/// Whose addresses those of a listener's connections are.
enum class peers : std::uint8_t { clients, proxies };

struct listen_options {
  std::string address = "127.0.0.1"; ///< IPv4 or IPv6, numeric
  std::uint16_t port = 1883;         ///< 0 takes a free one
  int backlog = 4096;                ///< the kernel caps it
  /// The option that bounds the seats; for the log.
  std::string_view seats_option = "net.connections.max";
  std::shared_ptr<listener_figures> figures = {}; ///< null: nobody counts them
  std::string unix_path = {}; ///< of a socket's file, in place of address and port
  std::uint16_t unix_mode = 0660;
  core::rate_limit pace = {}; ///< of connections a second
  peers peers_are = peers::clients;
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

  struct opened;
  listener(private_tag, opened place, const listen_options& options, loop& accepting,
           std::vector<loop*> loops, ref<seating> seats, accept_handler on_accept);
  ~listener() override;

  /// On the accepting loop's thread, or before it runs.
  void start();
  /// Closes the listening socket: the port, or the file's path, is free at once. Sockets that were
  /// already dealt still arrive. Accepting loop's thread, or after it was joined.
  void stop();

  /// For connections to come. Any thread, while the listener lives.
  void set_pace(core::rate_limit pace);
  void set_peers(peers are);

  /// 0 by a socket's file.
  std::uint16_t local_port() const noexcept { return local_port_; }

private:
  static expected<opened, listen_error> open_port(const listen_options& options, loop& accepting);
  static expected<opened, listen_error> open_file(const listen_options& options, loop& accepting);

  void on_due(time_point now) override;

  void wait();
  void accept_some();
  bool keeps_pace();
  bool accept_one();
  void deal(detached_socket socket);
  seating::answer seat_for(const endpoint& peer);
  void turn_away(const detached_socket& socket, seat_refusal why);
  std::string bound() const;
  void back_off(const boost::system::error_code& error);

  loop& accepting_;
  std::vector<loop*> loops_;
  std::size_t next_loop_ = 0;
  ref<seating> seats_;
  std::string_view seats_option_;
  std::shared_ptr<listener_figures> figures_; ///< null: nobody counts them
  std::shared_ptr<const accept_handler> on_accept_;
  peers peers_are_;
  tcp_acceptor acceptor_; ///< also of a socket's file: what differs is the peer's address alone
  std::optional<unix_place> file_;
  std::uint16_t local_port_ = 0;
  core::rate_limit pace_;
  core::token_bucket paced_;
  bool waiting_ = false;
  bool exhaustion_logged_ = false;
  std::shared_ptr<listener*> self_; ///< what Asio waits for may outlive us
};

} // namespace mqttzoo::net
