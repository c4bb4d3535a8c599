#include "actors/far_connection.hpp"

#include "actors/cluster_view.hpp"
#include "actors/porter.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::actors {

far_connection::far_connection(porter& at, member_ref pod, stream_address there, client_origin from)
    : porter_(&at), pod_(std::move(pod)), there_(there), from_(std::move(from)) {}

far_connection::~far_connection() {
  events_ = nullptr;
  if (state_ == state::open)
    end(stream_close::at_once);
}

void far_connection::leave_porter() noexcept {
  porter_ = nullptr;
  if (state_ == state::open)
    state_ = state::ended;
}

void far_connection::attach_events(net::connection_events& events) {
  events_ = &events;
  ask_for_turn();
}

void far_connection::send_payload(mqtt::message_ref m) {
  if (state_ == state::open)
    out_ += m->payload();
}

void far_connection::flush_later() {
  if (state_ != state::open)
    return out_.clear();
  flush_asked_ = true;
  ask_for_turn();
}

void far_connection::resume_reading() {
  paused_ = false;
  ask_for_turn();
}

void far_connection::close() {
  if (state_ == state::open)
    flush();
  end(stream_close::after_flush);
}

void far_connection::abort() {
  end(stream_close::at_once);
}

std::string far_connection::peer() const {
  return from_.address + " via " + pod_->life.str();
}

std::string far_connection::listener() const {
  return from_.listener;
}

// --- input ---

bool far_connection::take(std::string_view bytes) {
  if (bytes.size() > stream_window_bytes - unwelcome_)
    return false;
  unwelcome_ += static_cast<std::uint32_t>(bytes.size());
  kept_ += bytes;
  offer();
  return true;
}

/// What the other pod has not read is not waited for.
std::string far_connection::last_input() {
  return state_ != state::closed ? std::exchange(kept_, {}) : std::string{};
}

void far_connection::offer() {
  if (!may_read() || state_ == state::closed)
    return;
  if (!kept_.empty()) {
    auto all = std::exchange(kept_, {}); // stays while on_input() reads it
    const auto consumed = events_->on_input(all);
    if (state_ == state::closed)
      return;
    if (consumed == 0)
      kept_ = std::move(all);
    else
      kept_.assign(all, consumed);
  }
  if (state_ == state::ended && may_read())
    return tell_closed(cause_);
  welcome_more();
}

/// Also for the bytes of a packet that is not complete: it may be larger than the window.
void far_connection::welcome_more() {
  if (!may_read() || state_ != state::open || unwelcome_ < stream_window_bytes / 4)
    return;
  porter_->tell(pod_, make_credit(there_, std::exchange(unwelcome_, 0)));
}

void far_connection::end_input(net::close_cause cause) {
  if (state_ != state::open)
    return;
  state_ = state::ended;
  cause_ = cause;
  out_.clear();
  porter_->forget(*this);
  // Nobody will say any more that the client took something: a session that is held back by that,
  // or by what it has not even sent, would never hear of the end.
  untaken_ = 0;
  if (events_)
    events_->on_drained();
  offer();
}

// --- output ---

void far_connection::flush() {
  std::string_view rest = out_;
  for (; !rest.empty(); rest.remove_prefix(std::min(rest.size(), stream_chunk_bytes)))
    porter_->tell(pod_, make_bytes(there_, rest.substr(0, stream_chunk_bytes)));
  untaken_ += out_.size();
  out_.clear();
  note_level();
}

void far_connection::note_level() {
  above_low_water_ = above_low_water_ || outbox_bytes() > porter_->outbox_bytes_max() / 2;
}

bool far_connection::taken(std::uint32_t bytes) {
  if (bytes > untaken_)
    return false;
  note_level(); // with what the session has written and not sent yet
  untaken_ -= bytes;
  if (above_low_water_ && outbox_bytes() <= porter_->outbox_bytes_max() / 2) {
    above_low_water_ = false;
    if (events_)
      events_->on_drained();
  }
  return true;
}

// --- end ---

void far_connection::end(stream_close how) {
  const auto before = std::exchange(state_, state::closed);
  if (before == state::closed)
    return;
  out_.clear();
  kept_.clear();
  if (before == state::open && porter_) {
    porter_->tell(pod_, make_closed(there_, how));
    porter_->forget(*this);
  }
  if (events_) { // not from within its owner's call
    untold_ = true;
    ask_for_turn();
  }
}

void far_connection::tell_closed(net::close_cause cause) {
  state_ = state::closed;
  std::exchange(events_, nullptr)->on_closed(cause);
}

void far_connection::ask_for_turn() {
  if (!porter_ || turn_asked_)
    return;
  turn_asked_ = true;
  porter_->give_turn(weak_from_this());
}

void far_connection::take_turn() {
  turn_asked_ = false;
  if (std::exchange(flush_asked_, false) && state_ == state::open)
    flush();
  if (state_ != state::closed)
    return offer();
  if (std::exchange(untold_, false) && events_)
    tell_closed(net::close_cause::by_us);
}

} // namespace mqttzoo::actors
