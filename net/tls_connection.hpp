// A connection that is TLS over another connection.
//
// Owned as a connection is; owns the one below. Loop thread only. Reading and writing begin when
// the handshake is done; what is sent before waits. Plaintext stands in an outbox like a
// tcp_connection's, payloads by reference, and is encrypted only as fast as the socket takes it.
// Bounded like the connection below: plaintext is offered as it is decrypted, and what is not
// consumed is kept, so who gets the events bounds it, by closing or by pausing.
#pragma once

#include "net/connection.hpp"
#include "net/connection_limits.hpp"
#include "net/loop.hpp"
#include "net/outbox.hpp"
#include "net/peer_proof.hpp"
#include "net/tls_engine.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class tls_connection final : public connection,
                             public peer_proof,
                             public std::enable_shared_from_this<tls_connection>,
                             private connection_events,
                             private flushable {
  struct private_tag {};

public:
  /// Takes over `below`, which nobody has attached to, and begins the handshake. `limits` are
  /// those of `below`, and never null. A failed handshake closes with io_error, and failure() says
  /// more; nothing bounds its time but the owner.
  static std::shared_ptr<tls_connection> start(loop& on, connection_ptr below,
                                               std::shared_ptr<const tls_context> context,
                                               tls_engine::role role,
                                               std::shared_ptr<const connection_limits> limits);

  tls_connection(private_tag, loop& on, connection_ptr below,
                 std::shared_ptr<const tls_context> context, tls_engine::role role,
                 std::shared_ptr<const connection_limits> limits);
  ~tls_connection() override;

  void attach_events(connection_events& events) override;
  void detach_events() override;

  std::string& out() override { return outbox_.tail(loop_.buffers()); }
  void send_payload(mqtt::message_ref m) override;
  void flush_later() override;
  std::size_t outbox_bytes() const noexcept override {
    return outbox_.size_bytes() + below_->outbox_bytes();
  }

  void pause_reading() override;
  void resume_reading() override;

  void close() override;
  void abort() override;

  /// Always empty: keys do not move from thread to thread.
  detached_socket detach_socket() override { return {}; }

  std::string peer() const override { return below_->peer(); }

  bool proves(std::string_view name) const override;
  const std::string& failure() const noexcept override { return engine_.failure(); }

private:
  enum class state : std::uint8_t {
    shaking_hands,
    open,
    closing, ///< close() or abort() of the connection below was called
    closed,
  };

  // what the connection below and the loop call
  std::size_t on_input(std::string_view input) override;
  void on_drained() override;
  void on_closed(close_cause cause) override;
  void flush() override;
  void take_turn();

  void shake_hands(std::string_view& in);
  void decrypt(std::string_view in);
  void offer();
  bool may_offer() const noexcept { return state_ == state::open && events_ && !paused_; }
  void choose_reading();
  void ask_for_turn();

  void encrypt(std::size_t below_bytes_max);
  bool encrypt_record();
  void tell_drained();

  void fail();
  void end(close_cause cause);
  void tell_closed();

  loop& loop_;
  connection_ptr below_;
  tls_engine engine_;
  std::shared_ptr<const connection_limits> limits_;
  connection_events* events_ = nullptr;
  std::string plain_; ///< decrypted and not consumed
  outbox outbox_;
  state state_ = state::shaking_hands;
  close_cause cause_ = close_cause::by_us;
  bool paused_ : 1 = false;
  bool turn_asked_ : 1 = false;      ///< take_turn() is owed
  bool above_low_water_ : 1 = false; ///< on_drained() is owed
  bool closed_untold_ : 1 = false;   ///< on_closed() is owed
};

} // namespace mqttzoo::net
