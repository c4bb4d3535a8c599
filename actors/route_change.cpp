#include "actors/route_change.hpp"

namespace mqttzoo::actors {

void route_change::add(route_step s) {
  steps_.push_back(std::move(s));
  if (by_filter_)
    return enter(steps_.size() - 1);
  if (steps_.size() <= unindexed_max)
    return;
  by_filter_ = std::make_unique<numbers_by_filter>();
  for (std::size_t n = 0; n < steps_.size(); ++n)
    enter(n);
}

void route_change::enter(std::size_t number) {
  by_filter_->insert(steps_[number].filter, {})
      .first->push_back(static_cast<std::uint32_t>(number));
}

} // namespace mqttzoo::actors
