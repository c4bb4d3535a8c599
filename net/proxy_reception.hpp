// Receives the header that a proxy sends ahead of what its client says.
//
// One for each connection that a listener with `proxy` accepted, on the thread of the loop it was
// dealt to, which keeps it until the header is there, or until its time is over, or the connection.
// The socket goes on with the client's address and with what came behind the header. Bounded: the
// connection has its seat, the header a length, and waiting for it a time.
#pragma once

#include "core/ip_network.hpp"
#include "net/connection.hpp"
#include "net/detached_socket.hpp"
#include "net/listener_figures.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace mqttzoo::net {

/// Who may say where its clients are.
struct proxy_rules {
  std::vector<core::ip_network> trusted; ///< for a socket's file everybody is
  std::chrono::milliseconds header_timeout{};
};

class proxy_reception final : public std::enable_shared_from_this<proxy_reception>,
                              private connection_events,
                              private timer_client {
  struct private_tag {};

public:
  /// Gets the socket without its header.
  using handler = std::function<void(detached_socket)>;

  struct parts {
    std::shared_ptr<const proxy_rules> rules;
    std::shared_ptr<listener_figures> figures;
    handler then;
  };

  /// On the thread of `on`. Closes the socket if it is not of a proxy that is trusted.
  static void begin(loop& on, detached_socket socket, parts with);

  proxy_reception(private_tag, loop& on, detached_socket socket, parts with);
  ~proxy_reception() override;

private:
  std::size_t on_input(std::string_view input) override;
  void on_drained() override {}
  void on_closed(close_cause cause) override;
  void on_due(time_point now) override;

  bool tells_where() const;
  void refuse(listener_refusal why, std::string_view what);
  void hand_on();
  bool is_seated(detached_socket& socket);
  void leave();

  loop& loop_;
  parts with_;
  std::shared_ptr<const entrance> by_;
  const bool proxy_is_here_; ///< on this machine
  endpoint source_;
  bool carried_ = false;
  bool known_ = false; ///< `source_` counts
  connection_ptr connection_;
};

} // namespace mqttzoo::net
