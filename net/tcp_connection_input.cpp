#include "net/tcp_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <cassert>
#include <cstring>
#include <utility>

namespace mqttzoo::net {

namespace asio = boost::asio;
using boost::system::error_code;

void tcp_connection::pause_reading() {
  paused_ = true;
}

void tcp_connection::resume_reading() {
  paused_ = false;
  go_on_reading();
}

void tcp_connection::go_on_reading() {
  offer_kept_ = true; // it may hold more than the beginning of a packet
  if (!may_read())
    return;
  if (closed_untold_ || input_ended_ || !kept_.empty())
    ask_for_turn();
  else if (state_ == state::open)
    wait_until_readable();
}

std::string tcp_connection::last_input() {
  assert(!in_input_);
  if (state_ != state::open)
    return {};
  auto input = std::exchange(kept_, {});
  if (!input_ended_)
    input.append(loop_.scratch(), receive());
  return input;
}

/// Offers what was kept and the `size` bytes that were received. One receive a turn, so that a peer
/// that floods us leaves the turn to others.
void tcp_connection::read(std::size_t size) {
  if (size > 0 || (offer_kept_ && !kept_.empty()))
    take_input(size);
  offer_kept_ = offer_kept_ && !kept_.empty();
  if (state_ != state::open || !may_read())
    return;
  if (offer_kept_) {
    ask_for_turn();
  } else if (input_ended_) {
    if (!blocked_)
      write(); // it may have closed one direction only
    if (state_ == state::open)
      finish(input_end_);
  } else {
    wait_until_readable();
  }
}

/// Receives once into the loop's scratch. Returns the number of bytes; 0 also at the end, which it
/// notes.
std::size_t tcp_connection::receive() {
  auto& counters = loop_.counters();
  counters.read_calls.add();
  error_code error;
  const auto size = socket_.read_some(asio::buffer(loop_.scratch(), loop::scratch_bytes), error);
  if (!error) {
    counters.bytes_in.add(size);
    return size;
  }
  if (error == asio::error::would_block && !write_failed_)
    return 0;
  input_ended_ = true;
  input_end_ = error == asio::error::eof || error == asio::error::connection_reset ||
                       error == asio::error::broken_pipe
                   ? close_cause::by_peer
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
  receive();
  if (!input_ended_)
    wait_until_readable();
  else if (state_ == state::lingering)
    finish(close_cause::by_us);
}

} // namespace mqttzoo::net
