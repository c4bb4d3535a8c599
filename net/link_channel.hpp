// What one pod says to another in order and exactly once, however often the link between them goes
// and comes back.
//
// Part of a peer (actors/peer.hpp), for as long as the other pod lives; on its loop's thread. Owns
// the link while there is one, and every frame until the other side has confirmed it. Both sides
// say first how many frames they have had so far; what is above is sent again. What nobody waits
// for any more is not sent. Who uses it looks at backlog_bytes() and holds back what can wait; that
// bounds it.
#pragma once

#include "core/clock.hpp"
#include "mqtt/message.hpp"
#include "net/pod_link.hpp"
#include "net/timer_queue.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <queue>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqttzoo::net {

/// Hears what comes through a channel.
class channel_events {
public:
  virtual ~channel_events() = default;

  /// Each frame once and in order; `body` is gone when the call returns.
  virtual void on_frame(link_kind kind, std::string_view body) = 0;
  /// The other side confirmed frames: backlog_bytes() fell.
  virtual void on_confirmed() = 0;
  /// The link is gone; the channel waits for another one.
  virtual void on_link_lost(const link_end& why) = 0;
};

class link_channel final : private link_events, private timer_client {
public:
  /// The channel's own kinds; the user's are any others.
  static constexpr auto resume = link_kind::first_of_user;
  static constexpr auto received = static_cast<link_kind>(static_cast<int>(resume) + 1);
  /// In place of a frame that is longer than the other side takes, or whose time was over.
  static constexpr auto skipped = static_cast<link_kind>(static_cast<int>(resume) + 2);

  link_channel(timer_queue& timers, const core::clock& clock, channel_events& events) noexcept
      : timers_(timers), clock_(clock), events_(events) {}
  ~link_channel() override;
  link_channel(const link_channel&) = delete;
  link_channel& operator=(const link_channel&) = delete;

  /// Goes on with `link`, which is open, instead of what it had.
  void open(pod_link_ptr link);
  /// Ends the link. What was not confirmed is sent on the next one.
  void abort();
  /// Ends the link and forgets what was not confirmed.
  void discard();
  bool is_open() const noexcept { return link_ != nullptr; }

  /// Nothing is heard until resume_reading(), through whichever link.
  void pause_reading();
  void resume_reading();

  /// The payload of `payload`, if there is one, follows `body` in the frame. From `until` on it is
  /// not given to a link any more.
  void send(link_kind kind, std::string body, mqtt::message_ref payload = nullptr,
            time_point until = time_point::max());
  /// Forgets what is in frames whose time is over.
  void drop_late();

  /// What is not confirmed.
  std::size_t backlog_bytes() const noexcept { return backlog_bytes_; }
  /// Of that, what has a time.
  std::size_t timed_bytes() const noexcept { return timed_bytes_; }
  std::size_t backlog_frames() const noexcept { return frames_.size(); }
  /// The largest body that the other side takes, as far as known; a longer one is not sent.
  std::size_t frame_bytes_max() const noexcept { return frame_bytes_max_; }

private:
  /// It may take so long to tell the other side what has come.
  static constexpr std::chrono::milliseconds confirm_after{20};
  static constexpr std::uint64_t confirm_frames = 64;

  struct frame {
    link_kind kind{};
    std::string body;
    mqtt::message_ref payload;
    bool timed = false; ///< is in timed_
    std::size_t bytes() const noexcept {
      return sizeof(frame) + body.size() + (payload ? payload->payload().size() : 0);
    }
  };

  void on_frame(link_kind kind, std::string_view body) override;
  void on_drained() override { pump(); }
  void on_closed(const link_end& end) override;
  void on_due(time_point now) override;

  void on_count(link_kind kind, std::string_view body);
  bool drop_confirmed(std::uint64_t count);
  void drop_link();
  void pump();
  bool write(const frame& f);
  void confirm();

  timer_queue& timers_;
  const core::clock& clock_;
  channel_events& events_;
  pod_link_ptr link_;
  bool resumed_ = false; ///< the other side has said where to go on
  bool paused_ = false;  ///< nothing is read
  std::deque<frame> frames_;
  std::size_t written_ = 0;     ///< the first so many of frames_ are with the link
  std::uint64_t confirmed_ = 0; ///< so many came before frames_
  /// Frames that have a time, by it: how many came before each. They may be confirmed.
  using timed = std::pair<time_point, std::uint64_t>;
  std::priority_queue<timed, std::vector<timed>, std::greater<>> timed_;
  std::size_t backlog_bytes_ = 0;
  std::size_t timed_bytes_ = 0;
  std::size_t frame_bytes_max_ = std::numeric_limits<std::size_t>::max();
  std::uint64_t heard_ = 0;      ///< frames from the other side
  std::uint64_t heard_told_ = 0; ///< as the other side knows
};

} // namespace mqttzoo::net
