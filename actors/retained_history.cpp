#include "actors/retained_history.hpp"

#include "actors/session_card.hpp"

#include <utility>

namespace mqttzoo::actors {

bool retained_history::note(const std::string& topic, std::int64_t zxid, retained_change what) {
  auto& s = topics_[topic];
  if (zxid <= s.zxid)
    return false;
  s = {zxid, what};
  if (what == retained_change::set)
    return true;
  removed_.emplace_back(topic, zxid);
  if (removed_.size() > removed_max) {
    const auto& [oldest, at] = removed_.front();
    if (const auto found = topics_.find(oldest);
        found != topics_.end() && found->second.zxid == at) // nothing came after its removal
      topics_.erase(found);
    removed_.pop_front();
  }
  return true;
}

std::int64_t retained_history::newest(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? 0 : found->second.zxid;
}

void retained_history::own_commit(const std::string& topic, std::int64_t zxid,
                                  net::time_point now) {
  own_.push_back({now, {topic, zxid}});
  if (own_.size() > own_commits_max)
    own_.pop_front();
  drop_old(now);
}

std::vector<retained_commit> retained_history::own_commits(net::time_point now) {
  drop_old(now);
  std::vector<retained_commit> all;
  all.reserve(own_.size());
  for (const auto& o : own_)
    all.push_back(o.commit);
  return all;
}

void retained_history::drop_old(net::time_point now) {
  while (!own_.empty() && own_.front().at + own_commits_kept < now)
    own_.pop_front();
}

void retained_history::announced(const member_ref& from, retained_news news) {
  key k{from->life, news.topic};
  if (announced_.size() >= announced_max && !announced_.contains(k))
    return withhold(std::move(k));
  withheld_.erase(k);
  announced_.insert_or_assign(std::move(k), std::move(news));
}

void retained_history::withheld(const member_ref& from, const std::string& topic) {
  key k{from->life, topic};
  announced_.erase(k);
  withhold(std::move(k));
}

void retained_history::withhold(key k) {
  withheld_[k] = ++last_withheld_;
  withheld_order_.emplace_back(std::move(k), last_withheld_);
  if (withheld_order_.size() <= withheld_max)
    return;
  const auto& [oldest, at] = withheld_order_.front();
  if (const auto found = withheld_.find(oldest); found != withheld_.end() && found->second == at)
    withheld_.erase(found);
  withheld_order_.pop_front();
}

std::optional<retained_news> retained_history::take(const member_ref& from,
                                                    const std::string& topic) {
  const key k{from->life, topic};
  withheld_.erase(k);
  const auto found = announced_.find(k);
  if (found == announced_.end())
    return std::nullopt;
  auto news = std::move(found->second);
  announced_.erase(found);
  return news;
}

std::vector<std::string> retained_history::take_departed(const cluster_view& view) {
  std::vector<std::string> topics;
  const auto take = [&](const auto& a) {
    if (view.contains(a.first.first))
      return false;
    topics.push_back(a.first.second);
    return true;
  };
  std::erase_if(announced_, take);
  std::erase_if(withheld_, take);
  return topics;
}

} // namespace mqttzoo::actors
