#include "net/framed_link.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mqttzoo::net {

namespace {

/// Whatever a peer wants, it is not worth more of our time.
constexpr std::chrono::milliseconds tick_min{10};

} // namespace

std::shared_ptr<framed_link> framed_link::start(loop& on, link_stream stream,
                                                link_greeting greeting, const link_limits& limits,
                                                link_keeper& keeper) {
  auto self = std::make_shared<framed_link>(private_tag{}, on, std::move(stream),
                                            std::move(greeting), limits, keeper);
  auto& connection = *self->stream_.connection;
  self->greeting_->start(connection.out());
  connection.flush_later();
  connection.attach_events(*self);
  on.timers().schedule(*self, on.now() + limits.greeting_timeout);
  return self;
}

framed_link::framed_link(private_tag, loop& on, link_stream stream, link_greeting greeting,
                         const link_limits& limits, link_keeper& keeper)
    : loop_(on), stream_(std::move(stream)), limits_(limits), keeper_(&keeper),
      greeting_(std::move(greeting)) {}

framed_link::~framed_link() {
  loop_.timers().cancel(*this);
  if (state_ == state::closed)
    return;
  stream_.connection->detach_events();
  count_end();
  if (keeper_)
    keeper_->on_link_gone(*this, end_);
}

void framed_link::attach_events(link_events& events) {
  events_ = &events;
  choose_reading();
}

void framed_link::detach_events() {
  events_ = nullptr;
  choose_reading();
}

void framed_link::pause_reading() {
  paused_ = true;
  choose_reading();
}

void framed_link::resume_reading() {
  paused_ = false;
  choose_reading();
}

/// What nobody takes stays in the kernel. While we do not listen, silence says nothing.
void framed_link::choose_reading() {
  if (state_ != state::open)
    return;
  heard_at_ = loop_.now();
  if (may_take())
    stream_.connection->resume_reading();
  else
    stream_.connection->pause_reading();
}

bool framed_link::may_take() const noexcept {
  return state_ == state::greeting || (state_ == state::open && events_ && !paused_);
}

std::size_t framed_link::on_input(std::string_view input) {
  const auto self = shared_from_this(); // events may drop the last owner
  heard_at_ = loop_.now();
  std::size_t consumed = 0;
  link_frame frame;
  while (may_take()) {
    const auto bound = state_ == state::open ? limits_.frame_bytes_max : greeting_frame_bytes_max;
    const auto status = next_link_frame(input.substr(consumed), bound, frame);
    if (!status) {
      end(link_cause::bad_frame);
      break;
    }
    if (*status == link_frame_status::need_more)
      break;
    consumed += frame.wire_size_bytes;
    if (state_ == state::open)
      take(frame);
    else
      greet(frame);
  }
  return consumed;
}

void framed_link::take(const link_frame& frame) {
  if (frame.kind == link_kind::heartbeat)
    return;
  if (!is_user_kind(frame.kind))
    return end(link_cause::bad_frame); // the greeting is over
  counters().frames_in.add();
  counters().body_bytes_in.add(frame.body.size());
  events_->on_frame(frame.kind, frame.body);
}

void framed_link::greet(const link_frame& frame) {
  const auto progress = greeting_->on_frame(frame, stream_.proof, stream_.connection->out());
  stream_.connection->flush_later();
  switch (progress) {
  case link_greeting::progress::waiting:
    break;
  case link_greeting::progress::open:
    return open();
  case link_greeting::progress::refused:
    return end(link_cause::refused_by_us, greeting_->refusal());
  case link_greeting::progress::refused_by_peer:
    return end(link_cause::refused_by_peer, greeting_->refusal());
  }
}

void framed_link::open() {
  peer_ = greeting_->peer();
  peer_terms_ = greeting_->peer_terms();
  greeting_.reset();
  state_ = state::open;
  was_open_ = true;
  counters().opened.add();
  // A third, so that a word that is late or lost in a busy turn does not matter.
  tick_ =
      std::max(tick_min,
               std::min({limits_.heartbeat, limits_.silence_max / 3, peer_terms_.silence_max / 3}));
  ticked_at_ = loop_.now();
  loop_.timers().schedule(*this, ticked_at_ + tick_);
  keeper_->on_link_open(*this);
  choose_reading();
}

link_sent framed_link::send(link_kind kind, std::span<const link_piece> body) {
  assert(is_user_kind(kind));
  if (state_ != state::open)
    return link_sent::not_open;
  std::size_t body_bytes = 0;
  for (const auto& piece : body)
    body_bytes += piece.size_bytes();
  if (body_bytes > peer_terms_.frame_bytes_max)
    return link_sent::too_long;
  if (full_) {
    counters().queue_full.add();
    return link_sent::full;
  }
  auto& connection = *stream_.connection;
  auto& out = connection.out();
  append_link_frame_header(out, kind, body_bytes);
  for (const auto& piece : body) {
    out += piece.bytes;
    if (piece.payload)
      connection.send_payload(piece.payload);
  }
  connection.flush_later();
  counters().frames_out.add();
  counters().body_bytes_out.add(body_bytes);
  count_out(link_frame_header_bytes + body_bytes);
  return link_sent::queued;
}

void framed_link::count_out(std::size_t wire_bytes) {
  queued_total_bytes_ += wire_bytes;
  const auto written = written_bytes();
  while (!frame_ends_.empty() && frame_ends_.front() <= written)
    frame_ends_.pop_front();
  frame_ends_.push_back(queued_total_bytes_);
  full_ =
      queued_bytes() >= limits_.queue_bytes_max || frame_ends_.size() >= limits_.queue_frames_max;
}

/// Of frames. What TLS adds stands in the queue too, so it is a little less than the truth.
std::uint64_t framed_link::written_bytes() const noexcept {
  return queued_total_bytes_ - std::min<std::uint64_t>(queued_total_bytes_, queued_bytes());
}

std::size_t framed_link::queued_frames() const noexcept {
  std::size_t least = 0; // frame_ends_ is sorted
  for (auto most = frame_ends_.size(); least < most;) {
    const auto middle = least + (most - least) / 2;
    if (frame_ends_[middle] <= written_bytes())
      least = middle + 1;
    else
      most = middle;
  }
  return frame_ends_.size() - least;
}

void framed_link::on_drained() {
  const auto self = shared_from_this();
  if (std::exchange(full_, false) && events_)
    events_->on_drained();
}

void framed_link::on_due(time_point now) {
  const auto self = shared_from_this();
  if (state_ == state::greeting)
    return end(link_cause::greeting_timeout);
  if (now - ticked_at_ > 2 * tick_)
    heard_at_ = now; // it is us who were held up: what the peer said has not been read
  ticked_at_ = now;
  if (may_take() && now - heard_at_ >= limits_.silence_max)
    return end(link_cause::silent);
  if (stream_.connection->outbox_bytes() == 0) { // otherwise the peer will hear from us
    append_link_frame(stream_.connection->out(), link_kind::heartbeat, {});
    stream_.connection->flush_later();
    queued_total_bytes_ += link_frame_header_bytes;
    counters().heartbeats_out.add();
  }
  loop_.timers().schedule(*this, now + tick_);
}

} // namespace mqttzoo::net
