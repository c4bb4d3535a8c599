#include "net/tcp_connection.hpp"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace mqttzoo::net {

void tcp_connection::pause_reading() {
  paused_ = true;
}

void tcp_connection::resume_reading() {
  paused_ = false;
  offer_kept_ = true; // it may hold more than the beginning of a packet
  if (events_ && (readable_ || input_ended_ || in_input_ || !kept_.empty()))
    loop_.look_again(*this);
}

/// One receive a turn, so that a peer that floods us leaves the turn to others.
void tcp_connection::read() {
  if (!may_read())
    return;
  const auto size = readable_ ? receive() : 0;
  if (size > 0 || (offer_kept_ && !kept_.empty()))
    take_input(size);
  offer_kept_ = offer_kept_ && !kept_.empty();
  if (state_ != state::open || !may_read())
    return;
  if (input_ended_) {
    if (!blocked_)
      write(); // it may have closed one direction only
    if (state_ == state::open)
      finish(input_end_);
  } else if (readable_ || offer_kept_) {
    loop_.look_again(*this);
  }
}

/// Receives once into the loop's scratch. Returns the number of bytes; 0 also at the end, which it
/// notes.
std::size_t tcp_connection::receive() {
  auto& counters = loop_.counters();
  counters.read_calls.add();
  const auto n = ::recv(fd_.get(), loop_.scratch(), loop::scratch_bytes, 0);
  if (n > 0) {
    const auto size = static_cast<std::size_t>(n);
    counters.bytes_in.add(size);
    // Less than there was room for: the socket is empty, and epoll tells when it no longer is. But
    // the end of the stream may have been told already, with the bytes before it.
    readable_ = end_is_near_ || size == loop::scratch_bytes;
    return size;
  }
  if (n < 0 && errno == EINTR)
    return 0;
  readable_ = false;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && !write_failed_) {
    end_is_near_ = false;
    return 0;
  }
  input_ended_ = true;
  input_end_ = n == 0 || errno == ECONNRESET || errno == EPIPE ? close_cause::by_peer
                                                               : close_cause::io_error;
  return 0;
}

/// Offers what was kept and the `size` bytes in the scratch, joined by copying the shorter of the
/// two, and keeps what is not consumed. So each byte of a packet is copied a few times, however
/// many pieces it comes in, and memory grows with what arrived, never with what a packet claims to
/// be.
void tcp_connection::take_input(std::size_t size) {
  const char* const received = loop_.scratch();
  if (kept_.size() > size) {
    auto all = std::exchange(kept_, {}); // stays while on_input() reads it, even if that closes us
    all.append(received, size);
    const auto consumed = offer(all);
    if (consumed == 0)
      kept_ = std::move(all);
    else
      kept_.assign(all, consumed); // gives memory back
    return;
  }
  std::string_view all{received, size};
  if (!kept_.empty()) {
    char* const begin = loop_.scratch() - kept_.size();
    std::memcpy(begin, kept_.data(), kept_.size());
    all = {begin, kept_.size() + size};
  }
  const auto rest = all.substr(offer(all));
  if (!rest.empty())
    kept_.assign(rest);
  else if (!kept_.empty())
    kept_ = {};
}

/// Returns how much was consumed: everything once the connection is no longer open.
std::size_t tcp_connection::offer(std::string_view input) {
  offer_kept_ = false;
  in_input_ = true;
  const auto consumed = events_->on_input(input);
  in_input_ = false;
  assert(consumed <= input.size());
  return state_ == state::open ? consumed : input.size();
}

/// While closing: what still comes is of no interest, but left unread it would turn the end into a
/// reset.
void tcp_connection::discard_input() {
  if (!readable_)
    return;
  receive();
  if (readable_)
    loop_.look_again(*this);
  else if (input_ended_ && state_ == state::lingering)
    finish(close_cause::by_us);
}

} // namespace mqttzoo::net
