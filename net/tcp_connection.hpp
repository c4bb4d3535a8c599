// A connection over TCP.
//
// Owned through a shared_ptr by whoever attached events to it; dropped without close(), it closes
// at once. After close() it needs no owner: its loop keeps it until the last bytes are written.
// Loop thread only, destruction included; the loop outlives it. Asio waits until the socket is
// readable and only then a buffer is needed, the loop's: an idle connection owns none. Input is
// kept while on_input() leaves it, and grows with what arrives, never with what a packet claims:
// who gets the events bounds it, by closing. Standard: section 4.2.
#pragma once

#include "net/connection.hpp"
#include "net/detached_socket.hpp"
#include "net/loop.hpp"
#include "net/outbox.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class tcp_connection final : public connection,
                             public std::enable_shared_from_this<tcp_connection>,
                             private flushable,
                             private timer_client {
  struct private_tag {};
  using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, loop::executor>;

public:
  /// Takes over a socket that was accepted, or detached from another loop; call it on `on`'s
  /// thread. Reading starts with attach_events(). If Asio cannot take the socket, the connection
  /// is closed with io_error in the next turn. Without `limits` the loop's count.
  static std::shared_ptr<tcp_connection>
  adopt(loop& on, detached_socket socket,
        std::shared_ptr<const connection_limits> limits = nullptr);

  tcp_connection(private_tag, loop& on, detached_socket socket,
                 std::shared_ptr<const connection_limits> limits);
  ~tcp_connection() override;

  detached_socket detach_socket() override;

  void attach_events(connection_events& events) override;
  void detach_events() override;

  std::string& out() override { return outbox_.tail(loop_.buffers()); }
  void send_payload(mqtt::message_ref m) override;
  void flush_later() override;
  std::size_t outbox_bytes() const noexcept override { return outbox_.size_bytes(); }

  std::string last_input() override;
  void pause_reading() override;
  void resume_reading() override;

  void close() override;
  void abort() override;

  std::string peer() const override;
  std::string listener() const override;

private:
  enum class state : std::uint8_t {
    open,
    closing,   ///< writes what is left
    lingering, ///< has sent its end of stream and waits for the peer's
    closed,
  };

  // what the loop calls
  void take_turn();
  void on_readable();
  void on_writable();
  void flush() override;
  void on_due(time_point now) override;

  // what it is asked for; each at most once at a time, and none keeps the connection alive
  void ask_for_turn();
  void wait_until_readable();
  void wait_until_writable();

  // input: tcp_connection_input.cpp
  bool may_read() const noexcept { return events_ && !paused_; }
  void go_on_reading();
  void read(std::size_t size);
  std::size_t receive();
  void take_input(std::size_t size);
  std::size_t offer(std::string_view input);
  void discard_input();

  // output: tcp_connection_output.cpp
  void write();
  void on_blocked();
  void on_write_failed();
  void note_level() noexcept;
  void tell_drained();
  void drop_output() noexcept;

  // the end: tcp_connection.cpp
  void shut_down_sending();
  void end(close_cause cause);
  void finish(close_cause cause);
  void tell_closed();
  void release_socket() noexcept;

  const connection_limits& limits() const noexcept { return limits_ ? *limits_ : loop_.limits(); }

  loop& loop_;
  std::shared_ptr<const connection_limits> limits_; ///< null: the loop's
  connection_events* events_ = nullptr;
  std::string kept_; ///< input that was not consumed
  outbox outbox_;
  time_point progress_at_{}; ///< when the peer last took something; valid while blocked
  tcp_socket socket_;
  endpoint peer_;
  seat seat_;
  std::shared_ptr<const entrance> by_; ///< null: none is known
  state state_ = state::open;
  close_cause cause_ = close_cause::by_us;
  close_cause input_end_ = close_cause::by_peer;
  bool counted_ : 1 = false;     ///< as opened
  bool carried_ : 1 = false;     ///< for a client whose address `peer_`, a proxy, does not say
  bool paused_ : 1 = false;      ///< pause_reading()
  bool turn_asked_ : 1 = false;  ///< take_turn() is owed
  bool waiting_ : 1 = false;     ///< for the socket to become readable
  bool input_ended_ : 1 = false; ///< the end of stream came, or an error; input_end_ says how
  bool offer_kept_ : 1 = false;  ///< kept input is to be offered without waiting for more
  bool in_input_ : 1 = false;    ///< on_input() is being called
  bool blocked_ : 1 = false;     ///< the socket takes nothing for now; waits until it is writable
  bool write_failed_ : 1 =
      false; ///< the socket takes nothing any more; what was received is still read
  bool above_low_water_ : 1 = false; ///< on_drained() is owed
  bool closed_untold_ : 1 = false;   ///< on_closed() is owed
};

} // namespace mqttzoo::net
