// Names actors that have waited, or had mail that they do not read, for longer than
// inspect.stuck.after; and units that do not run at all.
//
// Part of the admin service, on its thread. Looks at all actors some times in that period. Each
// episode is one line in the log when it begins and one when it is over; the log's lines and the
// list are bounded, and what is beyond is counted.
#pragma once

#include "actors/inspector.hpp"
#include "core/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace mqttzoo::admin {

class watchdog : public std::enable_shared_from_this<watchdog> {
public:
  /// Actors that are told of; the oldest episodes first.
  static constexpr std::size_t told_max = 100;
  /// Suspects that it remembers from one look to the next.
  static constexpr std::size_t suspects_max = 10'000;

  struct stuck_actor {
    actors::actor_summary actor; ///< when it was looked at last
    std::chrono::milliseconds for_at_least{};
    bool has_mail = false; ///< that it does not read; else it waits
  };

  watchdog(boost::asio::io_context& on, const actors::inspector& in, const core::clock& clock,
           std::chrono::milliseconds stuck_after);

  void start();
  void stop();
  void set_stuck_after(std::chrono::milliseconds t) { stuck_after_ = t; }

  const std::vector<stuck_actor>& stuck() const noexcept { return stuck_; }
  /// More than stuck() has room for.
  std::size_t stuck_count() const noexcept { return count_; }
  /// Episodes since the start.
  std::uint64_t episodes() const noexcept { return episodes_; }
  /// How long the last look has been without an answer of some unit.
  std::chrono::milliseconds silence() const noexcept;

  /// What a look found; start() sees to it, tests call it.
  void take(const actors::actor_page& suspects);

private:
  /// An actor that waits, or has mail, since some look.
  struct suspect {
    core::clock::time_point since;
    std::uint64_t messages = 0;
    bool reported = false;
  };
  using suspects = std::map<actors::actor_number, suspect>;

  void look();
  void plan();
  static void tell(const stuck_actor& a);

  boost::asio::io_context& io_;
  const actors::inspector& in_;
  const core::clock& clock_;
  std::chrono::milliseconds stuck_after_;
  boost::asio::steady_timer timer_;
  core::clock::time_point asked_{};
  bool waits_ = false; ///< for an answer
  suspects suspects_;
  std::vector<stuck_actor> stuck_;
  std::size_t count_ = 0;
  std::uint64_t episodes_ = 0;
};

} // namespace mqttzoo::admin
