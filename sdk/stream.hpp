// One subscription of the application: the messages that wait to be taken, or the handler they go
// to.
//
// Shared by the registry of its client and the handle of the application; used on the client's
// strand but for what is said to be for any thread. Bounded: QoS 1 and 2 messages of a session by
// the receive maximum; others, and those of sessions that the server lost, by
// inbox_options::stream_messages_max.
#pragma once

#include "sdk/alarms.hpp"
#include "sdk/inbox.hpp"
#include "sdk/include/mqttzoo/client.hpp"
#include "sdk/include/mqttzoo/detail/callback.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <system_error>

namespace mqttzoo::sdk {

class client_core;

/// A message that the application acknowledges itself; counts once. Any thread.
class receipt {
public:
  receipt(std::weak_ptr<client_core> core, receipt_number number)
      : core_(std::move(core)), number_(number) {}
  void acknowledge();

private:
  std::weak_ptr<client_core> core_;
  receipt_number number_;
  std::atomic<bool> given_{false};
};

class stream : public std::enable_shared_from_this<stream> {
public:
  using taken = callback<void(std::error_code, received)>;
  enum class outcome : std::uint8_t { kept, dropped };

  stream(std::weak_ptr<client_core> core, std::string filter, const subscribe_options& options,
         client::message_handler handler, std::size_t messages_max);

  // ---- any thread
  const std::string& filter() const noexcept { return filter_; }
  std::shared_ptr<client_core> core() const noexcept { return core_.lock(); }
  qos granted() const noexcept { return granted_.load(std::memory_order_relaxed); }

  // ---- the client's strand
  const subscribe_options& options() const noexcept { return options_; }
  void grant(qos level) noexcept { granted_.store(level, std::memory_order_relaxed); }
  /// A message, held under `number` if that is not none.
  outcome push(const received& m, receipt_number number);
  /// Asks for one. `number` is unique, for cancel_next().
  void next(std::uint64_t number, alarms::handle alarm, taken done);
  void cancel_next(std::uint64_t number, std::error_code why);
  /// A connection stands whose session is the one before: the server sends QoS 1 messages that wait
  /// to be taken again, so these go. QoS 2 ones stay; they will be recognised.
  void resumed();
  /// The server has lost the session, and sends nothing again: what waits stays, but no more than
  /// inbox_options::stream_messages_max, the newest. Returns how many are gone.
  std::size_t restarted();
  /// No more messages; what waits to be taken is released.
  void end(std::error_code why);

private:
  struct waiting {
    std::uint64_t number;
    alarms::handle alarm;
    taken done;
  };
  struct queued {
    received what;
    receipt_number number;
  };

  void hand_over(queued&& q, waiting&& to);
  void release(receipt_number number);
  bool acknowledges() const noexcept { return options_.acknowledge == acknowledging::automatic; }

  std::weak_ptr<client_core> core_;
  std::string filter_;
  subscribe_options options_;
  client::message_handler handler_;
  std::size_t messages_max_;
  std::atomic<qos> granted_{qos::at_most_once};
  std::deque<queued> queue_;
  std::deque<waiting> waiting_;
  receipt_number handled_next_ = receipt_number::none; ///< released by the next call of next()
  received current_; ///< of the handler; used again, for its memory
  std::error_code ended_;
};

} // namespace mqttzoo::sdk
