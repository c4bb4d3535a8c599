#include "sdk/registry.hpp"

#include <algorithm>
#include <utility>

namespace mqttzoo::sdk {

registry::entry& registry::add(std::shared_ptr<stream> s, std::string_view matched) {
  auto& slot = by_filter_[s->filter()];
  if (!slot) {
    slot = std::make_unique<entry>();
    slot->filter = s->filter();
    slot->matched = matched;
    do
      last_identifier_ = last_identifier_ % identifier_max + 1;
    while (by_identifier_.contains(last_identifier_));
    slot->identifier = last_identifier_;
    by_identifier_.emplace(slot->identifier, slot.get());
    if (!by_topic_)
      by_topic_ = std::make_unique<topics>();
    by_topic_->insert(matched, {}).first->push_back(slot.get());
  }
  slot->streams.push_back(std::move(s));
  return *slot;
}

bool registry::remove(const std::shared_ptr<stream>& s) {
  const auto at = by_filter_.find(s->filter());
  if (at == by_filter_.end() || std::erase(at->second->streams, s) == 0 ||
      !at->second->streams.empty())
    return false;
  const auto gone = std::move(at->second);
  by_filter_.erase(at);
  by_identifier_.erase(gone->identifier);
  auto* same = by_topic_->find(gone->matched);
  std::erase(*same, gone.get());
  if (same->empty())
    by_topic_->erase(gone->matched);
  return true;
}

std::vector<std::shared_ptr<stream>> registry::of(const std::string& filter) const {
  const auto at = by_filter_.find(filter);
  return at == by_filter_.end() ? std::vector<std::shared_ptr<stream>>{} : at->second->streams;
}

std::vector<std::shared_ptr<stream>> registry::take_all() {
  std::vector<std::shared_ptr<stream>> all;
  for (const auto& [filter, e] : by_filter_)
    all.insert(all.end(), e->streams.begin(), e->streams.end());
  for (const auto& s : all)
    remove(s);
  return all;
}

void registry::find(const mqtt::publish_packet& p, std::vector<std::shared_ptr<stream>>& out) {
  const auto add = [&](const entry& e) {
    out.insert(out.end(), e.streams.begin(), e.streams.end());
  };
  for (const auto identifier : p.properties.subscription_identifiers) {
    const auto at = by_identifier_.find(identifier);
    // An earlier life of the session may have given the number to another filter.
    if (at != by_identifier_.end() && mqtt::matches(at->second->matched, p.topic))
      add(*at->second);
  }
  if (!out.empty() || !by_topic_)
    return;
  by_topic_->for_each_match(p.topic, [&](const std::vector<entry*>& entries) {
    for (const auto* e : entries)
      add(*e);
  });
}

} // namespace mqttzoo::sdk
