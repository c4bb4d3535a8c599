#include "net/tls_connection.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <utility>

namespace mqttzoo::net {

std::shared_ptr<tls_connection>
tls_connection::start(loop& on, connection_ptr below, std::shared_ptr<const tls_context> context,
                      tls_engine::role role, std::shared_ptr<const connection_limits> limits) {
  auto self = std::make_shared<tls_connection>(private_tag{}, on, std::move(below),
                                               std::move(context), role, std::move(limits));
  self->below_->attach_events(*self);
  if (std::string_view nothing; role == tls_engine::role::client)
    self->shake_hands(nothing);
  return self;
}

tls_connection::tls_connection(private_tag, loop& on, connection_ptr below,
                               std::shared_ptr<const tls_context> context, tls_engine::role role,
                               std::shared_ptr<const connection_limits> limits)
    : loop_(on), below_(std::move(below)), engine_(std::move(context), role),
      limits_(std::move(limits)) {
  assert(limits_);
}

tls_connection::~tls_connection() {
  below_->detach_events();
}

void tls_connection::attach_events(connection_events& events) {
  events_ = &events;
  choose_reading();
  if (closed_untold_ || !plain_.empty())
    ask_for_turn();
}

void tls_connection::detach_events() {
  events_ = nullptr;
  choose_reading();
}

void tls_connection::pause_reading() {
  paused_ = true;
  choose_reading();
}

void tls_connection::resume_reading() {
  paused_ = false;
  choose_reading();
  if (!plain_.empty())
    ask_for_turn();
}

void tls_connection::choose_reading() {
  if (state_ == state::shaking_hands || may_offer())
    below_->resume_reading();
  else
    below_->pause_reading();
}

void tls_connection::ask_for_turn() {
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

void tls_connection::take_turn() {
  if (state_ == state::closed)
    tell_closed();
  else
    offer();
}

/// All of it: what is no whole record, OpenSSL keeps.
std::size_t tls_connection::on_input(std::string_view input) {
  const auto self = shared_from_this(); // events may drop the last owner
  auto rest = input;
  if (state_ == state::shaking_hands)
    shake_hands(rest);
  if (state_ == state::open)
    decrypt(rest);
  return input.size();
}

void tls_connection::shake_hands(std::string_view& in) {
  const auto progress = engine_.shake_hands(in, below_->out());
  below_->flush_later();
  if (progress == tls_engine::progress::failed)
    return fail();
  if (progress == tls_engine::progress::waiting)
    return;
  state_ = state::open;
  choose_reading();
  flush();
}

void tls_connection::decrypt(std::string_view in) {
  std::string answer; // hardly ever is there one
  const bool good = engine_.read(in, plain_, answer);
  if (!answer.empty()) {
    below_->out() += answer;
    below_->flush_later();
  }
  offer();
  if (!good && state_ == state::open)
    fail();
}

void tls_connection::offer() {
  if (plain_.empty() || !may_offer())
    return;
  auto mine = std::exchange(plain_, {}); // stays while on_input() reads it, whatever that does
  const auto consumed = events_->on_input(mine);
  assert(consumed <= mine.size());
  if (state_ == state::open && consumed < mine.size())
    plain_ = std::move(mine.erase(0, consumed));
}

void tls_connection::send_payload(mqtt::message_ref m) {
  outbox_.append(std::move(m), loop_.buffers());
}

void tls_connection::flush_later() {
  if (state_ == state::closing || state_ == state::closed)
    outbox_.clear(loop_.buffers());
  else
    loop_.flush_at_end(*this);
}

void tls_connection::flush() {
  const auto self = shared_from_this();
  if (outbox_bytes() > limits_->outbox_bytes_max / 2)
    above_low_water_ = true;
  if (state_ == state::open)
    encrypt(limits_->outbox_bytes_max);
}

/// Until so many bytes wait below: the rest stays shared with other outboxes and unencrypted.
void tls_connection::encrypt(std::size_t below_bytes_max) {
  if (outbox_.empty())
    return;
  while (!outbox_.empty() && below_->outbox_bytes() < below_bytes_max)
    if (!encrypt_record())
      return fail();
  below_->flush_later();
}

/// One record of what stands first; short parts are put together, each record costs 22 bytes.
bool tls_connection::encrypt_record() {
  std::array<boost::asio::const_buffer, 16> parts;
  const auto n = outbox_.gather(parts);
  const auto text = [](const boost::asio::const_buffer& part) {
    return std::string_view{static_cast<const char*>(part.data()), part.size()};
  };
  constexpr auto most = tls_engine::record_bytes_max;
  char joined[most];
  auto record = text(parts[0]).substr(0, most);
  if (record.size() < most && n > 1) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < n && size < most; ++i)
      size += text(parts[i]).copy(joined + size, most - size);
    record = {joined, size};
  }
  const bool good = engine_.write(record, below_->out());
  outbox_.consume(record.size(), loop_.buffers());
  return good;
}

void tls_connection::on_drained() {
  const auto self = shared_from_this();
  if (state_ == state::open)
    encrypt(limits_->outbox_bytes_max);
  tell_drained();
}

void tls_connection::tell_drained() {
  if (!above_low_water_ || outbox_bytes() > limits_->outbox_bytes_max / 2)
    return;
  above_low_water_ = false;
  if (events_ && state_ == state::open)
    events_->on_drained();
}

/// Encrypts whatever waits, for its time is bounded from now on; the connection below needs no
/// owner to write it.
void tls_connection::close() {
  if (state_ == state::open) {
    encrypt(std::numeric_limits<std::size_t>::max());
    engine_.end(below_->out());
    below_->flush_later();
  }
  if (state_ != state::open && state_ != state::shaking_hands)
    return; // encrypting may have failed
  state_ = state::closing;
  unlink();
  below_->close();
}

void tls_connection::abort() {
  if (state_ == state::closed)
    return;
  state_ = state::closing;
  unlink();
  below_->abort();
}

/// The peer gets an alert if it listens; we do not wait for that.
void tls_connection::fail() {
  below_->detach_events();
  below_->close();
  end(close_cause::io_error);
  ask_for_turn();
}

void tls_connection::on_closed(close_cause cause) {
  const auto self = shared_from_this();
  end(cause);
  tell_closed();
}

void tls_connection::end(close_cause cause) {
  unlink();
  state_ = state::closed;
  cause_ = cause;
  closed_untold_ = true;
  loop_.counters().bytes_dropped.add(outbox_.size_bytes());
  outbox_.clear(loop_.buffers());
}

void tls_connection::tell_closed() {
  if (!events_ || !closed_untold_)
    return;
  closed_untold_ = false;
  std::exchange(events_, nullptr)->on_closed(cause_);
}

bool tls_connection::proves(std::string_view name) const {
  return state_ == state::open && engine_.proves(name);
}

} // namespace mqttzoo::net
