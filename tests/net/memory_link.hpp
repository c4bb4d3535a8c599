// Two ends of a link without a network: frames arrive when the test says so.
#pragma once

#include "net/pod_link.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace mqttzoo::net::test {

class memory_link;

/// What is on its way between the two ends of the last link made, in the order it was sent.
class memory_wire {
public:
  /// Delivers until nothing is on its way.
  void run() {
    while (deliver(1) > 0) {
    }
  }
  /// Delivers at most `count` frames; returns how many.
  std::size_t deliver(std::uint64_t count);
  /// The link fails at both ends; what is on its way is lost.
  void cut();
  /// As if the right end had sent it.
  void inject_left(link_kind kind, std::string body);

  std::size_t frames_max = std::numeric_limits<std::size_t>::max(); ///< on their way, each end
  std::size_t frame_bytes_max = std::numeric_limits<std::size_t>::max();

private:
  friend class memory_link;
  friend std::pair<pod_link_ptr, pod_link_ptr> make_memory_links(memory_wire& on, link_peer left,
                                                                 link_peer right);
  struct frame {
    std::size_t to = 0;
    link_kind kind{};
    std::string body;
  };
  std::array<std::weak_ptr<memory_link>, 2> ends_;
  std::deque<frame> frames_;
};

class memory_link final : public pod_link {
public:
  memory_link(memory_wire& on, std::size_t end, link_peer who)
      : wire_(on), end_(end), peer_(std::move(who)) {}

  void attach_events(link_events& events) override { events_ = &events; }
  void detach_events() override { events_ = nullptr; }
  bool is_open() const noexcept override { return open_; }
  const link_peer& peer() const noexcept override { return peer_; }
  std::size_t frame_bytes_max() const noexcept override { return wire_.frame_bytes_max; }

  link_sent send(link_kind kind, std::span<const link_piece> body) override {
    if (!open_)
      return link_sent::not_open;
    std::string all;
    for (const auto& piece : body) {
      all += piece.bytes;
      if (piece.payload)
        all += piece.payload->payload();
    }
    if (all.size() > wire_.frame_bytes_max)
      return link_sent::too_long;
    if (queued_frames() >= wire_.frames_max) {
      full_ = true;
      return link_sent::full;
    }
    wire_.frames_.push_back({1 - end_, kind, std::move(all)});
    return link_sent::queued;
  }

  bool full() const noexcept override { return full_; }
  std::size_t queued_bytes() const noexcept override { return 0; }
  std::size_t queued_frames() const noexcept override {
    std::size_t n = 0;
    for (const auto& f : wire_.frames_)
      n += f.to != end_;
    return n;
  }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override { paused_ = false; }
  void close() override { abort(); }
  void abort() override {
    if (std::exchange(open_, false))
      wire_.cut();
  }
  std::string address() const override { return "memory"; }

private:
  friend class memory_wire;
  void fail() {
    open_ = false;
    if (auto* events = std::exchange(events_, nullptr))
      events->on_closed({link_cause::io_error, link_refusal::none, {}});
  }
  void taken() {
    if (std::exchange(full_, false) && events_)
      events_->on_drained();
  }

  memory_wire& wire_;
  const std::size_t end_;
  const link_peer peer_;
  link_events* events_ = nullptr;
  bool open_ = true;
  bool full_ = false;
  bool paused_ = false;
};

inline std::size_t memory_wire::deliver(std::uint64_t count) {
  std::size_t done = 0;
  for (; done < count; ++done) {
    // Whoever has not attached its events yet, or pauses, gets its frames later.
    const auto next = std::find_if(frames_.begin(), frames_.end(), [&](const frame& f) {
      const auto to = ends_[f.to].lock();
      return to && to->events_ && !to->paused_;
    });
    if (next == frames_.end())
      break;
    const auto f = std::move(*next);
    frames_.erase(next);
    if (const auto sender = ends_[1 - f.to].lock())
      sender->taken();
    if (const auto to = ends_[f.to].lock(); to && to->events_)
      to->events_->on_frame(f.kind, f.body);
  }
  return done;
}

inline void memory_wire::cut() {
  frames_.clear();
  for (auto& end : std::exchange(ends_, {}))
    if (const auto link = end.lock())
      link->fail();
}

inline void memory_wire::inject_left(link_kind kind, std::string body) {
  frames_.push_back({0, kind, std::move(body)});
}

/// Both ends of a new link in place of the one before; each knows who is at the other.
inline std::pair<pod_link_ptr, pod_link_ptr> make_memory_links(memory_wire& on, link_peer left = {},
                                                               link_peer right = {}) {
  on.cut();
  auto a = std::make_shared<memory_link>(on, 0, std::move(right));
  auto b = std::make_shared<memory_link>(on, 1, std::move(left));
  on.ends_ = {a, b};
  return {a, b};
}

} // namespace mqttzoo::net::test
