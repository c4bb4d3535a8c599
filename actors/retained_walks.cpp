#include "actors/retained_walks.hpp"

#include "actors/session_card.hpp"

#include <iterator>

namespace mqttzoo::actors {

void retained_walks::begin(const subscriber& made) {
  drop(made->terms.filter);
  due_.push_back(std::make_shared<const retained_cursor>(retained_cursor{made, {}}));
  by_filter_.emplace(made->terms.filter, std::prev(due_.end()));
}

void retained_walks::drop(std::string_view filter) {
  const auto found = by_filter_.find(filter);
  if (found == by_filter_.end())
    return;
  const auto at = found->second;
  by_filter_.erase(found); // before the text that its key views
  if (*at == asked_)
    asked_ = nullptr;
  due_.erase(at);
}

retained_walks::cursor retained_walks::ask() {
  if (asked_ || due_.empty())
    return nullptr;
  asked_ = due_.front();
  return asked_;
}

bool retained_walks::take(const retained_page& p) {
  if (!asked_ || p.of != asked_)
    return false;
  asked_ = nullptr;
  if (p.next)
    due_.front() = p.next; // of the same subscription
  else
    drop(p.of->subscription->terms.filter);
  return true;
}

void retained_walks::put_back(const retained_page& p) {
  if (p.of == asked_)
    asked_ = nullptr;
}

} // namespace mqttzoo::actors
