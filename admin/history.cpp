#include "admin/history.hpp"

#include "admin/process_figures.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace mqttzoo::admin {

namespace {

using mqtt::latency_histogram;
using readings = history::readings;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double median = 0.5;
constexpr double nearly_all = 0.99;

/// In the order of history::sample's values.
constexpr const char* names[] = {
    "publishes_received_per_s",
    "publishes_sent_per_s",
    "publish_received_bytes_per_s",
    "publish_sent_bytes_per_s",
    "publishes_refused_per_s",
    "publishes_delayed_per_s",
    "publishes_dropped_per_s",
    "cpu_cores",
    "acknowledge_p50_ms",
    "acknowledge_p99_ms",
    "store_p50_ms",
    "store_p99_ms",
    "clients_connected",
    "bank_free_credits",
    "bank_leased_credits",
    "bank_held_credits",
    "resident_bytes",
};

/// Counters are read one after the other while units go on; none goes back.
double grown(std::uint64_t before, std::uint64_t now) noexcept {
  return now > before ? static_cast<double>(now - before) : 0;
}

history::latencies counts_of(const latency_histogram& h) {
  history::latencies out{};
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = h.count(i);
  return out;
}

/// Three digits behind the point are enough for a chart.
json rounded(double v) {
  return std::isnan(v) ? json(nullptr) : json(std::round(v * 1e3) / 1e3);
}

void add_unit(readings& r, const mqtt::counters& c) {
  r.publishes_received += c.publishes_received.get();
  r.publishes_sent += c.publishes_sent.get();
  r.publish_received_bytes += c.publish_bytes_received.get();
  r.publish_sent_bytes += c.publish_bytes_sent.get();
  r.publishes_refused += c.publishes_refused.get();
  r.publishes_delayed += c.publishes_delayed.get();
  r.publishes_dropped += c.publishes_dropped.get();
  r.clients_connected += c.clients_connected.get();
  for (std::size_t i = 0; i < r.acknowledge.size(); ++i)
    r.acknowledge[i] += c.acknowledge.count(i);
}

} // namespace

double percentile_ms(const history::latencies& before, const history::latencies& now,
                     double share) {
  double all = 0;
  for (std::size_t i = 0; i < now.size(); ++i)
    all += grown(before[i], now[i]);
  if (all == 0)
    return nothing;
  const double wanted = share * all;
  double seen = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    const double here = grown(before[i], now[i]);
    const double from = i == 0 ? 0 : static_cast<double>(latency_histogram::bound_us(i - 1));
    if (i + 1 == now.size()) // it has no upper bound
      return from / 1e3;
    if (here > 0 && seen + here >= wanted) {
      const double to = static_cast<double>(latency_histogram::bound_us(i));
      return (from + (to - from) * (wanted - seen) / here) / 1e3;
    }
    seen += here;
  }
  return nothing;
}

history::history(boost::asio::io_context& on, const actors::inspector& in, const core::clock& clock)
    : in_(in), clock_(clock), timer_(on), ring_(samples_max) {
  static_assert(std::size(names) == series_count);
}

void history::start() {
  take(read());
  plan();
}

void history::stop() {
  timer_.cancel();
}

void history::plan() {
  timer_.expires_after(interval);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
    if (stopped)
      return;
    self->take(self->read());
    self->plan();
  });
}

history::readings history::read() const {
  readings r;
  r.at = clock_.now();
  r.unix_ms = clock_.unix_ms();
  const auto& pod = in_.pod();
  for (const auto* u : pod.units)
    add_unit(r, u->counters);
  const auto& bank = pod.bank_counts;
  r.store = counts_of(bank.store);
  r.bank_free_credits = bank.free.get();
  r.bank_leased_credits = bank.leased.get();
  r.bank_held_credits = bank.held_credits.get();
  const auto process = read_process_usage();
  r.cpu_s = process.cpu_s;
  r.resident_bytes = process.resident_bytes;
  return r;
}

void history::take(const readings& now) {
  const auto was = std::exchange(before_, now);
  if (!was)
    return;
  const double seconds = std::chrono::duration<double>(now.at - was->at).count();
  if (seconds <= 0)
    return;
  const auto rate = [&](std::uint64_t readings::*of) {
    return grown((*was).*of, now.*of) / seconds;
  };
  ring_[next_] = {
      now.unix_ms,
      {rate(&readings::publishes_received), rate(&readings::publishes_sent),
       rate(&readings::publish_received_bytes), rate(&readings::publish_sent_bytes),
       rate(&readings::publishes_refused), rate(&readings::publishes_delayed),
       rate(&readings::publishes_dropped), (now.cpu_s - was->cpu_s) / seconds,
       percentile_ms(was->acknowledge, now.acknowledge, median),
       percentile_ms(was->acknowledge, now.acknowledge, nearly_all),
       percentile_ms(was->store, now.store, median),
       percentile_ms(was->store, now.store, nearly_all), static_cast<double>(now.clients_connected),
       static_cast<double>(now.bank_free_credits), static_cast<double>(now.bank_leased_credits),
       static_cast<double>(now.bank_held_credits), static_cast<double>(now.resident_bytes)}};
  next_ = (next_ + 1) % samples_max;
  count_ = std::min(count_ + 1, samples_max);
}

const history::sample& history::nth(std::size_t i) const noexcept {
  return ring_[(next_ + samples_max - count_ + i) % samples_max];
}

json history::to_json(std::int64_t after_unix_ms) const {
  auto times = json::array();
  auto series = json::object();
  for (const auto* name : names)
    series[name] = json::array();
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& s = nth(i);
    if (s.unix_ms <= after_unix_ms)
      continue;
    times.push_back(s.unix_ms);
    for (std::size_t n = 0; n < series_count; ++n)
      series[names[n]].push_back(rounded(s.values[n]));
  }
  return {{"interval_ms", std::chrono::milliseconds{interval}.count()},
          {"samples_max", samples_max},
          {"unix_ms", std::move(times)},
          {"series", std::move(series)}};
}

} // namespace mqttzoo::admin
