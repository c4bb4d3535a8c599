#include "sdk/dial_plan.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {

dial_plan::dial_plan(std::vector<address> servers, const backoff_options& backoff,
                     std::uint64_t seed)
    : servers_(std::move(servers)), seed_(seed), backoff_(backoff) {
  next_ = random().below(servers_.size());
  first_turn_ = random().below(0xFFFF'FFFF);
}

const address& dial_plan::current() const noexcept {
  return detour_.empty() ? servers_[next_] : detour_.back();
}

void dial_plan::succeeded() noexcept {
  failures_ = round_ = 0;
}

std::chrono::milliseconds dial_plan::failed() {
  using std::chrono::milliseconds;
  if (!detour_.empty()) {
    detour_.pop_back();
    return milliseconds{0};
  }
  references_ = 0;
  next_ = (next_ + 1) % servers_.size();
  if (++failures_ % servers_.size() != 0)
    return milliseconds{0};
  const auto doublings = std::min<std::size_t>(round_++, 20);
  const auto least = std::max<std::int64_t>(backoff_.least.count(), 1);
  const auto wait = std::clamp<std::int64_t>(least << doublings, least,
                                             std::max<std::int64_t>(backoff_.most.count(), least));
  return milliseconds{random().between(static_cast<std::uint64_t>(wait - wait / 2),
                                       static_cast<std::uint64_t>(wait))};
}

bool dial_plan::redirected(std::vector<address> to, reference how) {
  if (to.empty() || references_ >= references_in_a_row_max)
    return false;
  ++references_;
  if (how == reference::for_good) {
    servers_ = std::move(to);
    detour_.clear();
    next_ = 0;
  } else {
    std::ranges::reverse(to);
    detour_ = std::move(to);
  }
  return true;
}

} // namespace mqttzoo::sdk
