#include "net/tcp_connection.hpp"

#include <cassert>
#include <sys/socket.h>
#include <utility>

namespace mqttzoo::net {

std::shared_ptr<tcp_connection> tcp_connection::adopt(loop& on, detached_socket socket) {
  auto self = std::make_shared<tcp_connection>(private_tag{}, on, std::move(socket));
  if (!self->counted_)
    on.counters().connections_opened.add();
  self->counted_ = true;
  if (!self->fd_ || on.sockets().watch(self->fd_.get(), trigger::edge, *self))
    self->end(close_cause::io_error);
  else if (!self->outbox_.empty())
    on.flush_at_end(*self);
  return self;
}

tcp_connection::tcp_connection(private_tag, loop& on, detached_socket socket)
    : loop_(on), kept_(std::move(socket.input)), fd_(std::move(socket.fd)), peer_(socket.peer),
      seat_(std::move(socket.place)), counted_(socket.counted) {
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
  iovec part{};
  while (outbox_.gather({&part, 1}) != 0) {
    socket.output.append(static_cast<const char*>(part.iov_base), part.iov_len);
    outbox_.consume(part.iov_len, loop_.buffers());
  }
  loop_.sockets().unwatch(fd_.get(), *this);
  loop_.timers().cancel(*this);
  turn_end::unlink();
  state_ = state::closed;
  socket.fd = std::move(fd_);
  socket.peer = peer_;
  socket.place = std::move(seat_);
  socket.input = std::exchange(kept_, {});
  socket.counted = true;
  return socket;
}

void tcp_connection::attach_events(connection_events& events) {
  events_ = &events;
  offer_kept_ = true;
  if (closed_untold_ || readable_ || input_ended_ || !kept_.empty())
    loop_.look_again(*this);
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
  loop_.timers().schedule(*this, loop_.now() + loop_.limits().close_timeout);
  loop_.flush_at_end(*this);
}

void tcp_connection::abort() {
  if (state_ == state::closed)
    return;
  end(close_cause::by_us);
  if (events_)
    loop_.look_again(*this);
}

void tcp_connection::on_ready(std::uint32_t events) {
  const auto self = shared_from_this(); // events may drop the last owner
  if (state_ == state::closed)
    return tell_closed();
  constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & (EPOLLIN | ends))
    readable_ = true;
  if (events & ends)
    end_is_near_ = true;
  if (blocked_ && (events & (EPOLLOUT | ends))) {
    blocked_ = false;
    flush();
  }
  if (state_ == state::open)
    read();
  else if (state_ != state::closed)
    discard_input();
}

void tcp_connection::on_due(time_point now) {
  const auto self = shared_from_this();
  if (state_ != state::open)
    return finish(close_cause::by_us); // the time for a clean end is over
  const auto due = progress_at_ + loop_.limits().outbox_stall_timeout;
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
  ::shutdown(fd_.get(), SHUT_WR);
  state_ = state::lingering;
  if (readable_)
    loop_.look_again(*this);
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
  if (!outbox_.empty()) {
    // A reset tells the peer that something is missing; an orderly end would not.
    const linger reset{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  drop_output();
  kept_ = {};
  loop_.sockets().forget(*this);
  loop_.timers().cancel(*this);
  turn_end::unlink();
  fd_.reset();
  seat_.release();
  loop_.counters().connections_closed.add();
}

} // namespace mqttzoo::net
