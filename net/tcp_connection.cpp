#include "net/tcp_connection.hpp"

#include "net/listener_figures.hpp"

#include <cassert>
#include <utility>

namespace mqttzoo::net {

using boost::asio::const_buffer;
using boost::system::error_code;

std::shared_ptr<tcp_connection>
tcp_connection::adopt(loop& on, detached_socket socket,
                      std::shared_ptr<const connection_limits> limits) {
  auto self =
      std::make_shared<tcp_connection>(private_tag{}, on, std::move(socket), std::move(limits));
  if (!self->counted_)
    on.counters().connections_opened.add();
  self->counted_ = true;
  if (!self->socket_.is_open())
    self->end(close_cause::io_error);
  else if (!self->outbox_.empty())
    on.flush_at_end(*self);
  return self;
}

tcp_connection::tcp_connection(private_tag, loop& on, detached_socket socket,
                               std::shared_ptr<const connection_limits> limits)
    : loop_(on), limits_(std::move(limits)), kept_(std::move(socket.input)), socket_(on.context()),
      peer_(socket.peer), seat_(std::move(socket.place)), by_(std::move(socket.by)),
      counted_(socket.counted), carried_(socket.carried) {
  error_code error;
  if (!socket_.assign(peer_.protocol(), socket.fd.get(), error))
    static_cast<void>(socket.fd.release());
  if (!error)
    socket_.non_blocking(true, error); // as it is already; Asio wants to know
  if (!socket.output.empty())
    out() = std::move(socket.output);
}

tcp_connection::~tcp_connection() {
  if (state_ != state::closed)
    release_socket();
}

detached_socket tcp_connection::detach_socket() {
  assert(!events_ && !in_input_);
  detached_socket socket;
  if (state_ != state::open)
    return socket;
  if (!blocked_)
    write();
  const_buffer part;
  while (outbox_.gather({&part, 1}) != 0) {
    socket.output.append(static_cast<const char*>(part.data()), part.size());
    outbox_.consume(part.size(), loop_.buffers());
  }
  loop_.timers().cancel(*this);
  unlink();
  state_ = state::closed;
  error_code ignored;
  socket.fd.reset(socket_.release(ignored));
  socket.peer = peer_;
  socket.carried = carried_;
  socket.place = std::move(seat_);
  socket.input = std::exchange(kept_, {});
  socket.counted = true;
  socket.by = std::move(by_);
  return socket;
}

std::string tcp_connection::peer() const {
  return (carried_ ? "proxy " : "") + to_string(peer_);
}

std::string tcp_connection::listener() const {
  return by_ && by_->of ? by_->of->name : std::string{};
}

void tcp_connection::attach_events(connection_events& events) {
  events_ = &events;
  go_on_reading();
}

void tcp_connection::detach_events() {
  events_ = nullptr;
}

void tcp_connection::close() {
  if (state_ != state::open)
    return;
  state_ = state::closing;
  kept_ = {};
  loop_.keep(shared_from_this());
  loop_.timers().schedule(*this, loop_.now() + limits().close_timeout);
  loop_.flush_at_end(*this);
  if (!input_ended_)
    wait_until_readable();
}

void tcp_connection::abort() {
  if (state_ == state::closed)
    return;
  end(close_cause::by_us);
  if (events_)
    ask_for_turn();
}

void tcp_connection::ask_for_turn() {
  if (turn_asked_)
    return;
  turn_asked_ = true;
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->turn_asked_ = false;
      self->take_turn();
    }
  });
}

/// At once if it is readable now, or at its end: Asio asks the kernel anew for each wait.
void tcp_connection::wait_until_readable() {
  if (waiting_)
    return;
  waiting_ = true;
  socket_.async_wait(tcp_socket::wait_read, [weak = weak_from_this()](const error_code& error) {
    if (const auto self = weak.lock()) {
      self->waiting_ = false;
      if (!error)
        self->on_readable();
    }
  });
}

void tcp_connection::wait_until_writable() {
  socket_.async_wait(tcp_socket::wait_write, [weak = weak_from_this()](const error_code& error) {
    if (const auto self = weak.lock(); self && !error)
      self->on_writable();
  });
}

void tcp_connection::take_turn() {
  if (state_ == state::closed)
    tell_closed();
  else if (state_ == state::open && may_read())
    read(0);
}

void tcp_connection::on_readable() {
  if (state_ == state::open) {
    if (may_read())
      read(receive());
  } else if (state_ != state::closed) {
    discard_input();
  }
}

void tcp_connection::on_writable() {
  if (state_ == state::closed)
    return;
  blocked_ = false;
  flush();
}

void tcp_connection::on_due(time_point now) {
  const auto self = shared_from_this();
  if (state_ != state::open)
    return finish(close_cause::by_us); // the time for a clean end is over
  const auto due = progress_at_ + limits().outbox_stall_timeout;
  if (now < due)
    return loop_.timers().schedule(*this, due);
  loop_.counters().stalls.add();
  finish(close_cause::write_stalled);
}

/// Tells the peer that nothing follows and waits until it says the same: closing while input is on
/// its way would send a reset, which may overtake the last packet (a DISCONNECT with its reason).
void tcp_connection::shut_down_sending() {
  if (input_ended_ || write_failed_)
    return finish(close_cause::by_us);
  error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
  state_ = state::lingering;
}

/// Everything but telling: the caller is within a call of the owner.
void tcp_connection::end(close_cause cause) {
  assert(state_ != state::closed);
  const bool kept_by_loop = state_ != state::open;
  release_socket();
  state_ = state::closed;
  cause_ = cause;
  closed_untold_ = true;
  if (kept_by_loop)
    loop_.let_go(shared_from_this());
}

/// The caller is the loop and holds a reference.
void tcp_connection::finish(close_cause cause) {
  end(cause);
  tell_closed();
}

void tcp_connection::tell_closed() {
  if (!events_ || !closed_untold_)
    return;
  closed_untold_ = false;
  std::exchange(events_, nullptr)->on_closed(cause_);
}

void tcp_connection::release_socket() noexcept {
  error_code ignored;
  if (!outbox_
           .empty()) // a reset tells the peer that something is missing; an orderly end would not
    socket_.set_option(tcp_socket::linger{true, 0}, ignored);
  drop_output();
  kept_ = {};
  loop_.timers().cancel(*this);
  unlink();
  socket_.close(ignored);
  seat_.release();
  loop_.counters().connections_closed.add();
}

} // namespace mqttzoo::net
