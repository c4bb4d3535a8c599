// When which publisher of `mqttzoo bench` publishes what: at a fixed rate, or as fast as promises
// come.
//
// Part of a bench_run, on its thread. At a fixed rate messages are due in bursts every half
// millisecond, publishers in turn; one that finds no room is sent later, and its time counts from
// when it was due. Otherwise each publisher has `inflight` messages under way: until their promise,
// or at QoS 0 until a subscriber has seen them, or until they are written if there is none. At QoS
// 0 it goes on when a quarter of them has landed, so that messages leave together.
#pragma once

#include "core/random.hpp"
#include "tools/cli/bench/figures.hpp"
#include "tools/cli/bench/plan.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace mqttzoo::cli {

class pacer {
public:
  using clients = std::vector<std::shared_ptr<load_client>>;

  pacer(const bench_options& o, load_context& context, bench_plan& plan, bench_figures& figures)
      : o_(o), plan_(plan), figures_(figures), timer_(context.loop), context_(context) {}

  /// `all` are the clients of the plan.
  void begin(const clients& all, std::int64_t now_ns);
  /// Nothing is published any more.
  void stop();
  /// Publishes an empty retained message to each topic.
  void clear();
  bool is_clearing() const noexcept { return clearing_; }
  bool has_cleared() const noexcept { return cleared_ >= plan_.streams.size(); }
  /// True if all that is to be published has left, where that has an end.
  bool is_complete() const noexcept { return figures_.sent >= total_; }

  /// Client `who` got a promise, or an error.
  void promised(std::size_t who, std::int64_t now_ns);
  /// Client `who` has written so many QoS 0 messages.
  void written(std::size_t who, std::size_t messages);
  /// A message of `stream` was seen.
  void seen(std::uint32_t stream, std::int64_t now_ns);
  /// Once a second: opens the windows of publishers whose QoS 0 messages got lost.
  void look_at();

private:
  struct publisher {
    load_client* by = nullptr;
    std::uint64_t sent = 0, due = 0, most = 0; ///< `most`: to be sent in all
    std::uint32_t under_way = 0;
    std::uint32_t to_clear = 0; ///< its next stream
    bool heard = false;         ///< since look_at()
  };

  bool at_fixed_rate() const noexcept { return o_.rate > 0; }
  bool waits_for_sight() const noexcept {
    return o_.qos == qos::at_most_once && !plan_.subscribers.empty() && !plan_.once_each;
  }
  void tick();
  void fill(std::size_t number, std::int64_t now_ns);
  void send(std::size_t number, std::int64_t due_ns);
  void clear_some(std::size_t number);
  std::int64_t due_ns(std::uint64_t k) const noexcept;
  void landed(std::size_t number, std::size_t messages, std::int64_t now_ns);

  const bench_options& o_;
  bench_plan& plan_;
  bench_figures& figures_;
  boost::asio::steady_timer timer_;
  load_context& context_;
  core::random_source random_{core::random_source::from_system()};
  std::vector<publisher> publishers_;
  std::int64_t began_ns_ = 0;
  std::uint64_t next_due_ = 0; ///< of all publishers
  std::uint64_t total_ = 0, cleared_ = 0;
  bool stopped_ = true, clearing_ = false;
};

} // namespace mqttzoo::cli
