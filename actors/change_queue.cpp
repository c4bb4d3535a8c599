#include "actors/change_queue.hpp"

#include <utility>

namespace mqttzoo::actors {

pending_change::pending_change(std::shared_ptr<const subscription_change> c, answer whom)
    : what(std::move(c)), to(whom), routes(make_ref<route_change>(what->session)) {}

void pending_change::take_back(const std::vector<std::string>& by_now_unsubscribed) {
  if (what->add.empty())
    return;
  if (!still_wanted) {
    still_wanted = std::make_unique<core::name_view_set>();
    for (const auto& s : what->add)
      still_wanted->insert(s.filter);
  }
  for (const auto& filter : by_now_unsubscribed)
    still_wanted->erase(filter);
}

void change_queue::push(std::unique_ptr<pending_change> c) {
  const auto session = c->what->session->number;
  auto& queue = sessions_[session];
  if (queue.empty())
    turns_.push_back(session);
  queue.push_back(std::move(c));
}

pending_change& change_queue::next() {
  return *sessions_.at(turns_.front()).front();
}

void change_queue::had_turn() {
  turns_.push_back(turns_.front());
  turns_.pop_front();
}

std::unique_ptr<pending_change> change_queue::pop() {
  const auto session = turns_.front();
  const auto queue = sessions_.find(session);
  auto done = std::move(queue->second.front());
  queue->second.pop_front();
  if (queue->second.empty()) {
    sessions_.erase(queue);
    turns_.pop_front();
  } else {
    had_turn();
  }
  return done;
}

void change_queue::take_back(session_number session, const std::vector<std::string>& filters) {
  const auto queue = sessions_.find(session);
  if (queue == sessions_.end())
    return;
  for (auto& c : queue->second)
    c->take_back(filters);
}

change_queue::changes change_queue::replace(std::unique_ptr<pending_change> c) {
  auto& queue = sessions_.at(c->what->session->number);
  auto all = std::exchange(queue, {});
  queue.push_back(std::move(c));
  return all;
}

} // namespace mqttzoo::actors
