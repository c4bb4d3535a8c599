#include "net/tcp_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <array>
#include <span>

namespace mqttzoo::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t parts_per_write_max = 64;
/// Of one connection in one turn.
constexpr int writes_per_turn_max = 4;

} // namespace

void tcp_connection::send_payload(mqtt::message_ref m) {
  outbox_.append(std::move(m), loop_.buffers());
}

void tcp_connection::flush_later() {
  if (state_ == state::closed || write_failed_)
    drop_output();
  else
    loop_.flush_at_end(*this);
}

void tcp_connection::flush() {
  const auto self = shared_from_this(); // events may drop the last owner
  note_level();
  if (blocked_)
    return;
  write();
  if (state_ == state::closing && outbox_.empty())
    shut_down_sending();
}

void tcp_connection::write() {
  std::array<asio::const_buffer, parts_per_write_max> parts;
  for (int i = 0; i < writes_per_turn_max && !outbox_.empty() && !blocked_; ++i) {
    loop_.counters().write_calls.add();
    boost::system::error_code error;
    const auto n = socket_.write_some(std::span{parts.data(), outbox_.gather(parts)}, error);
    if (!error) {
      loop_.counters().bytes_out.add(n);
      outbox_.consume(n, loop_.buffers());
      if (loop_.timers().scheduled(*this))
        progress_at_ = loop_.now();
    } else if (error == asio::error::would_block) {
      on_blocked();
    } else {
      return on_write_failed();
    }
  }
  if (outbox_.empty()) {
    if (state_ == state::open)
      loop_.timers().cancel(*this);
  } else if (!blocked_) {
    loop_.flush_at_end(*this);
  }
  tell_drained();
}

void tcp_connection::on_blocked() {
  blocked_ = true;
  wait_until_writable();
  if (loop_.timers().scheduled(*this))
    return;
  progress_at_ = loop_.now();
  loop_.timers().schedule(*this, progress_at_ + limits().outbox_stall_timeout);
}

/// The peer takes nothing any more, but what it sent before is still read: a DISCONNECT may be the
/// last of it.
void tcp_connection::on_write_failed() {
  drop_output();
  write_failed_ = true;
  if (state_ != state::open)
    return finish(close_cause::by_us);
  loop_.timers().cancel(*this);
  if (may_read())
    wait_until_readable();
  tell_drained();
}

void tcp_connection::note_level() noexcept {
  if (outbox_.size_bytes() > limits().outbox_bytes_max / 2)
    above_low_water_ = true;
}

void tcp_connection::tell_drained() {
  if (!above_low_water_ || outbox_.size_bytes() > limits().outbox_bytes_max / 2)
    return;
  above_low_water_ = false;
  if (events_ && state_ == state::open)
    events_->on_drained();
}

void tcp_connection::drop_output() noexcept {
  loop_.counters().bytes_dropped.add(outbox_.size_bytes());
  outbox_.clear(loop_.buffers());
}

} // namespace mqttzoo::net
