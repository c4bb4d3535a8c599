#include "net/link_channel.hpp"

#include "net/wire_integers.hpp"

#include <array>
#include <span>
#include <utility>

namespace mqttzoo::net {

namespace {

std::string count_body(std::uint64_t count) {
  std::string body;
  append_u64(body, count);
  return body;
}

} // namespace

link_channel::~link_channel() {
  timers_.cancel(*this);
  drop_link();
}

void link_channel::open(pod_link_ptr link) {
  drop_link();
  link_ = std::move(link);
  resumed_ = false;
  written_ = 0;
  frame_bytes_max_ = link_->frame_bytes_max();
  link_->send(resume, count_body(heard_)); // the first frame always finds room
  heard_told_ = heard_;
  if (paused_)
    link_->pause_reading();
  link_->attach_events(*this);
}

void link_channel::pause_reading() {
  if (!std::exchange(paused_, true) && link_)
    link_->pause_reading();
}

void link_channel::resume_reading() {
  if (std::exchange(paused_, false) && link_)
    link_->resume_reading();
}

void link_channel::abort() {
  drop_link();
}

void link_channel::discard() {
  drop_link();
  confirmed_ += frames_.size();
  frames_.clear();
  timed_ = {};
  written_ = 0;
  backlog_bytes_ = timed_bytes_ = 0;
}

void link_channel::drop_link() {
  if (!link_)
    return;
  link_->detach_events();
  link_->abort();
  link_ = nullptr;
}

void link_channel::send(link_kind kind, std::string body, mqtt::message_ref payload,
                        time_point until) {
  const bool has_time = until != time_point::max();
  if (has_time)
    timed_.emplace(until, confirmed_ + frames_.size());
  frames_.push_back({kind, std::move(body), std::move(payload), has_time});
  backlog_bytes_ += frames_.back().bytes();
  timed_bytes_ += has_time ? frames_.back().bytes() : 0;
  if (written_ + 1 == frames_.size())
    pump();
}

/// The frames stay, as both sides count.
void link_channel::drop_late() {
  while (!timed_.empty() && timed_.top().first <= clock_.now()) {
    const auto number = timed_.top().second;
    timed_.pop();
    if (number < confirmed_)
      continue;
    auto& f = frames_[static_cast<std::size_t>(number - confirmed_)];
    backlog_bytes_ -= f.bytes();
    timed_bytes_ -= f.bytes();
    f = {skipped, {}, nullptr, false};
    backlog_bytes_ += f.bytes();
  }
}

void link_channel::pump() {
  drop_late();
  while (link_ && resumed_ && written_ < frames_.size() && write(frames_[written_]))
    ++written_;
}

bool link_channel::write(const frame& f) {
  const std::array pieces{link_piece{f.body, f.payload}};
  const auto sent = link_->send(f.kind, std::span{pieces});
  if (sent == link_sent::too_long) // both sides count
    return link_->send(skipped, std::string_view{}) != link_sent::full;
  return sent != link_sent::full;
}

void link_channel::on_frame(link_kind kind, std::string_view body) {
  if (kind == resume || kind == received)
    return on_count(kind, body);
  if (!resumed_)
    return on_closed({link_cause::bad_frame, link_refusal::none, "a frame before their count"});
  ++heard_;
  const auto through = link_; // the user may not like what comes and end it
  if (kind != skipped)
    events_.on_frame(kind, body);
  if (link_ != through)
    return;
  if (heard_ - heard_told_ >= confirm_frames)
    confirm();
  else if (!timers_.scheduled(*this))
    timers_.schedule(*this, clock_.now() + confirm_after);
}

void link_channel::on_count(link_kind kind, std::string_view body) {
  const auto keep = link_;
  const bool in_place = body.size() == 8 && (kind == resume) != resumed_;
  if (!in_place || !drop_confirmed(read_u64(body.data())))
    return on_closed({link_cause::bad_frame, link_refusal::none, "a count of frames"});
  if (kind == resume) {
    resumed_ = true;
    written_ = 0;
  }
  pump();
  events_.on_confirmed();
}

/// False if the other side cannot have had so many.
bool link_channel::drop_confirmed(std::uint64_t count) {
  if (count < confirmed_ || count - confirmed_ > frames_.size())
    return false;
  for (; confirmed_ < count; ++confirmed_) {
    const auto& f = frames_.front();
    backlog_bytes_ -= f.bytes();
    timed_bytes_ -= f.timed ? f.bytes() : 0;
    frames_.pop_front();
    if (written_ > 0)
      --written_;
  }
  return true;
}

void link_channel::on_closed(const link_end& end) {
  drop_link();
  events_.on_link_lost(end);
}

void link_channel::on_due(time_point) {
  confirm();
}

void link_channel::confirm() {
  if (!link_ || heard_ == heard_told_)
    return;
  if (link_->send(received, count_body(heard_)) == link_sent::full)
    timers_.schedule(*this, clock_.now() + confirm_after);
  else
    heard_told_ = heard_;
}

} // namespace mqttzoo::net
