#include "net/framed_link.hpp"

#include <utility>

namespace mqttzoo::net {

void framed_link::close() {
  if (state_ != state::greeting && state_ != state::open)
    return;
  state_ = state::ending;
  loop_.timers().cancel(*this);
  stream_.connection->close();
}

void framed_link::abort() {
  if (state_ == state::closed)
    return;
  state_ = state::ending;
  loop_.timers().cancel(*this);
  stream_.connection->abort();
}

/// A refusal is worth saying; whoever breaks the rules otherwise has no claim to the rest.
void framed_link::end(link_cause cause, link_refusal refusal) {
  end_.cause = cause;
  end_.refusal = refusal;
  if (cause == link_cause::refused_by_us)
    close();
  else
    abort();
}

void framed_link::on_closed(close_cause cause) {
  const auto self = shared_from_this();
  loop_.timers().cancel(*this);
  if (state_ != state::ending)
    note_cause(cause);
  count_end();
  state_ = state::closed;
  if (const auto events = std::exchange(events_, nullptr))
    events->on_closed(end_);
  if (const auto keeper = std::exchange(keeper_, nullptr))
    keeper->on_link_gone(*this, end_);
}

/// Nobody here ended it.
void framed_link::note_cause(close_cause cause) {
  if (stream_.proof && !stream_.proof->failure().empty()) {
    end_.cause = link_cause::not_secured;
    end_.detail = stream_.proof->failure();
    return;
  }
  switch (cause) {
  case close_cause::by_peer:
    end_.cause = link_cause::by_peer;
    break;
  case close_cause::io_error:
    end_.cause = link_cause::io_error;
    break;
  case close_cause::write_stalled:
    end_.cause = link_cause::write_stalled;
    break;
  case close_cause::by_us:
    end_.cause = link_cause::by_us;
    break;
  }
}

void framed_link::count_end() {
  auto& count = counters();
  (was_open_ ? count.closed : count.failed).add();
  switch (end_.cause) {
  case link_cause::refused_by_us:
    (end_.refusal == link_refusal::not_proven ? count.untrusted : count.refused).add();
    break;
  case link_cause::not_secured:
    count.untrusted.add();
    break;
  case link_cause::silent:
    count.silent.add();
    break;
  case link_cause::write_stalled:
    count.stalled.add();
    break;
  case link_cause::bad_frame:
    count.bad_frames.add();
    break;
  case link_cause::by_us:
  case link_cause::by_peer:
  case link_cause::io_error:
  case link_cause::refused_by_peer:
  case link_cause::greeting_timeout:
    break;
  }
}

} // namespace mqttzoo::net
