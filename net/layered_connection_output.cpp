#include "net/layered_connection.hpp"

#include <array>
#include <limits>
#include <utility>

namespace mqttzoo::net {

void layered_connection::send_payload(mqtt::message_ref m) {
  outbox_.append(std::move(m), loop_.buffers());
}

void layered_connection::flush_later() {
  if (state_ == state::closing || state_ == state::closed)
    outbox_.clear(loop_.buffers());
  else
    loop_.flush_at_end(*this);
}

void layered_connection::flush() {
  const auto self = shared_from_this();
  if (outbox_bytes() > limits().outbox_bytes_max / 2)
    above_low_water_ = true;
  if (state_ == state::open)
    wrap(limits().outbox_bytes_max);
}

/// Until so many bytes wait below: the rest stays shared with other outboxes and unwrapped.
void layered_connection::wrap(std::size_t below_bytes_max) {
  if (outbox_.empty())
    return;
  while (!outbox_.empty() && below_->outbox_bytes() < below_bytes_max)
    if (!wrap_record())
      return fail(engine_->failure());
  below_->flush_later();
}

/// One record of what stands first; short parts are put together, each record costs 22 bytes.
bool layered_connection::wrap_record() {
  std::array<boost::asio::const_buffer, 16> parts;
  const auto n = outbox_.gather(parts);
  const auto text = [](const boost::asio::const_buffer& part) {
    return std::string_view{static_cast<const char*>(part.data()), part.size()};
  };
  constexpr auto most = stream_engine::record_bytes_max;
  char joined[most];
  auto record = text(parts[0]).substr(0, most);
  if (record.size() < most && n > 1) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < n && size < most; ++i)
      size += text(parts[i]).copy(joined + size, most - size);
    record = {joined, size};
  }
  const bool good = engine_->write(record, below_->out());
  outbox_.consume(record.size(), loop_.buffers());
  return good;
}

/// What stood below counts here, too, whether it came from our outbox, from wrapping it, or from
/// the engine alone.
void layered_connection::on_drained() {
  const auto self = shared_from_this();
  above_low_water_ = true;
  if (state_ == state::open)
    answer_peer();
  if (state_ == state::open)
    wrap(limits().outbox_bytes_max);
  tell_drained();
}

void layered_connection::tell_drained() {
  if (!above_low_water_ || outbox_bytes() > limits().outbox_bytes_max / 2)
    return;
  above_low_water_ = false;
  if (events_ && state_ == state::open)
    events_->on_drained();
}

/// Behind all that waits. False if wrapping that failed.
bool layered_connection::say_end() {
  wrap(std::numeric_limits<std::size_t>::max());
  if (state_ != state::open)
    return false;
  engine_->end(below_->out());
  below_->flush_later();
  return true;
}

} // namespace mqttzoo::net
