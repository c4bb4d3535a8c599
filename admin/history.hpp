// What the pod did in the last hour: a sample every five seconds of its main rates, latencies and
// balances, for the page's charts.
//
// Part of the admin service, on its thread. Reads counters that units write; asks no actor. A ring
// of fixed size, about 100 KiB: the oldest sample makes room for the newest.
#pragma once

#include "actors/inspector.hpp"
#include "admin/json.hpp"
#include "core/clock.hpp"
#include "mqtt/latency_histogram.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mqttzoo::admin {

class history : public std::enable_shared_from_this<history> {
public:
  static constexpr std::chrono::seconds interval{5};
  static constexpr std::size_t samples_max = 720; ///< an hour

  using latencies = std::array<std::uint64_t, mqtt::latency_histogram::buckets>;

  /// What is counted since the pod's start, and what is so now, at one instant.
  struct readings {
    core::clock::time_point at{};
    std::int64_t unix_ms = 0;
    std::uint64_t publishes_received = 0;
    std::uint64_t publishes_sent = 0;
    std::uint64_t publish_received_bytes = 0;
    std::uint64_t publish_sent_bytes = 0;
    std::uint64_t publishes_refused = 0;
    std::uint64_t publishes_delayed = 0;
    std::uint64_t publishes_dropped = 0;
    double cpu_s = 0;
    latencies acknowledge{};
    latencies store{};
    std::uint64_t clients_connected = 0;
    std::uint64_t bank_free_credits = 0;
    std::uint64_t bank_leased_credits = 0;
    std::uint64_t bank_held_credits = 0;
    std::uint64_t resident_bytes = 0;
  };

  history(boost::asio::io_context& on, const actors::inspector& in, const core::clock& clock);

  void start();
  void stop();

  /// The difference to what was taken before becomes a sample; the first one becomes none. start()
  /// sees to it, tests call it.
  void take(const readings& now);

  std::size_t size() const noexcept { return count_; }
  /// Samples after that time, the oldest first: `unix_ms` and, by name, a list for each series;
  /// null where there was nothing to measure.
  json to_json(std::int64_t after_unix_ms) const;

private:
  static constexpr std::size_t series_count = 17;
  struct sample {
    std::int64_t unix_ms = 0;
    std::array<double, series_count> values{}; ///< in the order of their names; NaN: nothing
  };

  readings read() const;
  void plan();
  const sample& nth(std::size_t i) const noexcept; ///< 0 is the oldest

  const actors::inspector& in_;
  const core::clock& clock_;
  boost::asio::steady_timer timer_;
  std::optional<readings> before_;
  std::vector<sample> ring_; ///< never grows
  std::size_t count_ = 0;
  std::size_t next_ = 0; ///< where the next sample goes
};

/// The value that `share` of what was added from `before` to `now` is below, in milliseconds: as
/// exact as the buckets are, evenly spread inside of each. NaN if nothing was added.
double percentile_ms(const history::latencies& before, const history::latencies& now, double share);

} // namespace mqttzoo::admin
