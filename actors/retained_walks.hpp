// Retained messages that are still due to one session's new subscriptions, and which page of them
// it has asked the index for.
//
// Part of a session, which has one while anything is due; its unit's thread. Survives the session's
// connections, and not its pod. A filter has one walk at most, the latest, and goes with its
// subscription: so they are bounded by mqtt.subscriptions.max.
#pragma once

#include "actors/messages.hpp"
#include "core/name_map.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string_view>

namespace mqttzoo::actors {

class retained_walks {
public:
  using cursor = std::shared_ptr<const retained_cursor>;

  /// All that match its filter are due, behind those of other subscriptions.
  void begin(const subscriber& made);
  /// None of that filter's are any more.
  void drop(std::string_view filter);

  /// The next page to ask for; null while one is asked for, or when nothing is due.
  cursor ask();
  /// False if it is no page that is waited for.
  bool take(const retained_page& p);
  /// If it is waited for, it is due as before, to be asked for again.
  void put_back(const retained_page& p);

  bool empty() const noexcept { return due_.empty(); }
  std::size_t size() const noexcept { return due_.size(); }

private:
  std::list<cursor> due_; ///< by age
  /// By filter, which the subscription has.
  core::name_view_map<std::list<cursor>::iterator> by_filter_;
  cursor asked_; ///< the first of due_; or null
};

} // namespace mqttzoo::actors
