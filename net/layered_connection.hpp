// A connection over another one: TLS or WebSocket, as its engine says.
//
// Owned as a connection is; owns the one below. Loop thread only. Reading and writing begin when
// the handshake is done; what is sent before waits. Plaintext stands in an outbox like a
// tcp_connection's, payloads by reference, and is wrapped only as fast as the socket takes it.
// Bounded like the connection below: plaintext is offered as it is unwrapped, and what is not
// consumed is kept, so who gets the events bounds it, by closing or by pausing. When the peer says
// that nothing follows, that counts once what it said before is consumed. What the peer asks and
// we answer here waits while it takes nothing, and only the newest answer does; one that cannot
// wait (TLS 1.2's to a handshake that nobody wants) ends the connection then.
#pragma once

#include "net/connection.hpp"
#include "net/connection_limits.hpp"
#include "net/loop.hpp"
#include "net/outbox.hpp"
#include "net/peer_proof.hpp"
#include "net/stream_engine.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class layered_connection final : public connection,
                                 public peer_proof,
                                 public std::enable_shared_from_this<layered_connection>,
                                 private connection_events,
                                 private flushable {
  struct private_tag {};

public:
  /// Takes over `below`, which nobody has attached to, and begins the handshake. `limits` are
  /// those of `below`; without them the loop's count. A failed handshake closes with io_error, and
  /// failure() says more; nothing bounds its time but the owner.
  static std::shared_ptr<layered_connection>
  start(loop& on, connection_ptr below, std::unique_ptr<stream_engine> engine,
        std::shared_ptr<const connection_limits> limits = nullptr);

  /// Goes on where another loop's connection was detached: `below` is over its socket, and `plain`
  /// was unwrapped and not consumed; `last` is how reading went there.
  static std::shared_ptr<layered_connection> go_on(loop& on, connection_ptr below,
                                                   std::unique_ptr<stream_engine> engine,
                                                   std::string plain, stream_engine::reading last);

  layered_connection(private_tag, loop& on, connection_ptr below,
                     std::unique_ptr<stream_engine> engine,
                     std::shared_ptr<const connection_limits> limits);
  ~layered_connection() override;

  void attach_events(connection_events& events) override;
  void detach_events() override;

  std::string& out() override { return outbox_.tail(loop_.buffers()); }
  void send_payload(mqtt::message_ref m) override;
  void flush_later() override;
  std::size_t outbox_bytes() const noexcept override {
    return outbox_.size_bytes() + below_->outbox_bytes();
  }

  std::string last_input() override;
  void pause_reading() override;
  void resume_reading() override;

  void close() override;
  void abort() override;

  detached_socket detach_socket() override;

  std::string peer() const override { return below_->peer(); }
  std::string listener() const override { return below_->listener(); }

  std::string certified(core::certificate_identity which) const override;
  bool proves(std::string_view name) const override;
  const std::string& failure() const noexcept override { return failure_; }

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
  bool keeps_input() const noexcept override { return !plain_.empty(); }
  void flush() override;
  void take_turn();

  void shake_hands(std::string_view& in);
  void unwrap(std::string_view in);
  void answer_peer();
  void offer();
  void end_when_consumed();
  bool may_offer() const noexcept { return state_ == state::open && events_ && !paused_; }
  void choose_reading();
  void ask_for_turn();

  void wrap(std::size_t below_bytes_max);
  bool wrap_record();
  bool say_end();
  void tell_drained();

  const connection_limits& limits() const noexcept { return limits_ ? *limits_ : loop_.limits(); }
  bool much_waits_below() const noexcept {
    return below_->outbox_bytes() > limits().outbox_bytes_max / 2;
  }

  void fail(std::string why);
  void end(close_cause cause);
  void tell_closed();

  loop& loop_;
  connection_ptr below_;
  std::unique_ptr<stream_engine> engine_;           ///< null: detached
  std::shared_ptr<const connection_limits> limits_; ///< null: the loop's
  connection_events* events_ = nullptr;
  std::string plain_; ///< unwrapped and not consumed
  std::string failure_;
  outbox outbox_;
  state state_ = state::shaking_hands;
  close_cause cause_ = close_cause::by_us;
  bool paused_ : 1 = false;
  bool input_ended_ : 1 = false;     ///< the peer said that nothing follows `plain_`
  bool answer_held_ : 1 = false;     ///< until the peer takes what it got
  bool turn_asked_ : 1 = false;      ///< take_turn() is owed
  bool above_low_water_ : 1 = false; ///< on_drained() is owed
  bool closed_untold_ : 1 = false;   ///< on_closed() is owed
};

} // namespace mqttzoo::net
