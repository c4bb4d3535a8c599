// A pod link over a byte stream: TCP, or TLS over it.
//
// Made by a link_keeper (link_dialer, link_listener), which owns it until it is open and then hands
// it to its user. Loop thread only, destruction included; the loop outlives it. Memory: the
// stream's queue, bounded in bytes and in frames, and of what is received one frame that is
// incomplete.
#pragma once

#include "core/ring.hpp"
#include "net/link_config.hpp"
#include "net/link_counters.hpp"
#include "net/link_greeting.hpp"
#include "net/pod_link.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mqttzoo::net {

class framed_link;

/// Whoever wants to know how a link begins and ends, besides its user.
class link_keeper {
public:
  virtual ~link_keeper() = default;

  /// Gives the link to its user, who attaches events now or later.
  virtual void on_link_open(framed_link& link) = 0;
  /// The last call, after the user's on_closed(); also if it was never open, and from the
  /// destructor of a link that was dropped.
  virtual void on_link_gone(framed_link& link, const link_end& end) = 0;
};

class framed_link final : public pod_link,
                          public std::enable_shared_from_this<framed_link>,
                          private connection_events,
                          private timer_client {
  struct private_tag {};

public:
  /// Begins the greeting. `keeper` is told until forget_keeper().
  static std::shared_ptr<framed_link> start(loop& on, link_stream stream, link_greeting greeting,
                                            const link_limits& limits, link_keeper& keeper);

  framed_link(private_tag, loop& on, link_stream stream, link_greeting greeting,
              const link_limits& limits, link_keeper& keeper);
  ~framed_link() override;

  void forget_keeper() noexcept { keeper_ = nullptr; }

  void attach_events(link_events& events) override;
  void detach_events() override;

  bool is_open() const noexcept override { return state_ == state::open; }
  const link_peer& peer() const noexcept override { return peer_; }
  std::size_t frame_bytes_max() const noexcept override { return peer_terms_.frame_bytes_max; }

  using pod_link::send;
  link_sent send(link_kind kind, std::span<const link_piece> body) override;
  bool full() const noexcept override { return full_; }
  std::size_t queued_bytes() const noexcept override { return stream_.connection->outbox_bytes(); }
  std::size_t queued_frames() const noexcept override;

  void pause_reading() override;
  void resume_reading() override;

  void close() override;
  void abort() override;

  std::string address() const override { return stream_.connection->peer(); }

private:
  enum class state : std::uint8_t {
    greeting,
    open,
    ending, ///< close() or abort() of the stream was called; its end is awaited
    closed,
  };

  // what the stream and the loop call
  std::size_t on_input(std::string_view input) override;
  void on_drained() override;
  void on_closed(close_cause cause) override;
  void on_due(time_point now) override;

  bool may_take() const noexcept;
  void take(const link_frame& frame);
  void greet(const link_frame& frame);
  void open();
  void choose_reading();

  void count_out(std::size_t wire_bytes);
  std::uint64_t written_bytes() const noexcept;

  void end(link_cause cause, link_refusal refusal = link_refusal::none);
  void note_cause(close_cause cause);
  void count_end();
  link_counters& counters() noexcept { return loop_.counters().links; }

  loop& loop_;
  link_stream stream_;
  const link_limits limits_;
  link_keeper* keeper_;
  link_events* events_ = nullptr;
  std::optional<link_greeting> greeting_; ///< until it is open
  link_peer peer_;
  link_terms peer_terms_;
  link_end end_;

  /// Where each frame that may still be queued ends, counted in bytes since the beginning.
  ring<std::uint64_t> frame_ends_;
  std::uint64_t queued_total_bytes_ = 0;

  std::chrono::milliseconds tick_{0};
  time_point ticked_at_{};
  time_point heard_at_{};
  state state_ = state::greeting;
  bool was_open_ = false;
  bool paused_ = false; ///< by the user
  bool full_ = false;   ///< and on_drained() is owed
};

} // namespace mqttzoo::net
