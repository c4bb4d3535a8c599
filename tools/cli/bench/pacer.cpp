#include "tools/cli/bench/pacer.hpp"

#include "tools/cli/bench/steady_time.hpp"

#include <algorithm>
#include <limits>

namespace mqttzoo::cli {
namespace {

constexpr std::int64_t burst_ns = 500'000;
constexpr std::uint64_t without_end = std::numeric_limits<std::uint64_t>::max();

} // namespace

void pacer::begin(const clients& all, std::int64_t now_ns) {
  began_ns_ = now_ns;
  stopped_ = false;
  total_ = plan_.once_each ? plan_.streams.size() : without_end;
  const auto first = plan_.subscribers.size();
  for (std::size_t i = 0; i < plan_.publishers; ++i) {
    const auto streams = (plan_.streams.size() - i + plan_.publishers - 1) / plan_.publishers;
    publishers_.push_back({all[first + i].get(), 0, 0, plan_.once_each ? streams : without_end, 0,
                           static_cast<std::uint32_t>(i), false});
  }
  if (publishers_.empty())
    return;
  if (at_fixed_rate())
    return tick();
  for (std::size_t i = 0; i < publishers_.size(); ++i)
    fill(i, now_ns);
}

void pacer::stop() {
  if (stopped_)
    return;
  stopped_ = true;
  timer_.cancel();
  for (const auto& p : publishers_)
    figures_.unsent += p.due;
}

/// Of the k-th message of all.
std::int64_t pacer::due_ns(std::uint64_t k) const noexcept {
  const auto exact =
      static_cast<std::int64_t>(static_cast<double>(k) * 1e9 / static_cast<double>(o_.rate));
  return began_ns_ + (exact + burst_ns - 1) / burst_ns * burst_ns;
}

void pacer::tick() {
  const auto now = steady_ns();
  for (; next_due_ < total_ && due_ns(next_due_) <= now; ++next_due_) {
    const auto number = static_cast<std::size_t>(next_due_ % publishers_.size());
    ++publishers_[number].due;
    fill(number, now);
  }
  if (stopped_ || next_due_ >= total_)
    return;
  timer_.expires_at(
      std::chrono::steady_clock::time_point{std::chrono::nanoseconds{due_ns(next_due_)}});
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopped_)
      tick();
  });
}

/// Publishes what publisher `number` may.
void pacer::fill(std::size_t number, std::int64_t now_ns) {
  auto& p = publishers_[number];
  if (clearing_)
    return clear_some(number);
  if (stopped_)
    return;
  if (at_fixed_rate()) {
    for (; p.due > 0 && p.by->has_room(); --p.due)
      send(number, due_ns(p.sent * publishers_.size() + number));
    return;
  }
  const auto few = o_.qos == qos::at_most_once ? o_.inflight - o_.inflight / 4 : o_.inflight;
  if (p.under_way > few)
    return;
  while (p.under_way < o_.inflight && p.sent < p.most && p.by->has_room())
    send(number, now_ns);
}

void pacer::send(std::size_t number, std::int64_t due_ns) {
  auto& p = publishers_[number];
  const auto streams =
      (plan_.streams.size() - number + publishers_.size() - 1) / publishers_.size();
  auto& stream = plan_.streams[number + p.sent % streams * publishers_.size()];
  ++p.sent;
  ++p.under_way;
  ++figures_.sent;
  p.by->publish(stream, o_.sizes.draw(random_), due_ns,
                plan_.once_each ? load_client::retain::yes : load_client::retain::no);
}

void pacer::clear() {
  stop();
  clearing_ = true;
  for (std::size_t i = 0; i < publishers_.size(); ++i)
    clear_some(i);
}

void pacer::clear_some(std::size_t number) {
  auto& p = publishers_[number];
  while (p.to_clear < plan_.streams.size() && p.by->has_room()) {
    p.by->publish(plan_.streams[p.to_clear], 0, 0, load_client::retain::yes,
                  load_client::payload::empty);
    p.to_clear += static_cast<std::uint32_t>(publishers_.size());
  }
}

void pacer::landed(std::size_t number, std::size_t messages, std::int64_t now_ns) {
  auto& p = publishers_[number];
  p.heard = true;
  p.under_way -= static_cast<std::uint32_t>(std::min<std::size_t>(p.under_way, messages));
  fill(number, now_ns);
}

void pacer::promised(std::size_t who, std::int64_t now_ns) {
  cleared_ += clearing_ ? 1 : 0;
  landed(who - plan_.subscribers.size(), 1, now_ns);
}

void pacer::written(std::size_t who, std::size_t messages) {
  const auto number = who - plan_.subscribers.size();
  if (number >= publishers_.size())
    return;
  cleared_ += clearing_ ? messages : 0;
  if (waits_for_sight())
    fill(number, steady_ns()); // there may be room again
  else
    landed(number, o_.qos == qos::at_most_once ? messages : 0, steady_ns());
}

void pacer::seen(std::uint32_t stream, std::int64_t now_ns) {
  if (waits_for_sight())
    landed(stream % publishers_.size(), 1, now_ns);
}

void pacer::look_at() {
  if (at_fixed_rate() || !waits_for_sight() || stopped_)
    return;
  for (std::size_t i = 0; i < publishers_.size(); ++i) {
    auto& p = publishers_[i];
    if (!p.heard)
      p.under_way = 0;
    p.heard = false;
    fill(i, steady_ns());
  }
}

} // namespace mqttzoo::cli
