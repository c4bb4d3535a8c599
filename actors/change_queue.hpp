// Changes of subscriptions that take the index more than one turn.
//
// Those of one session are carried out one after the other, sessions have their turns round robin:
// a client that subscribes to everything keeps nobody waiting. Part of the index, on its thread.
// Bounded by the sessions and by the requests that each may have unanswered (mqtt/session.hpp).
#pragma once

#include "actors/route_change.hpp"
#include "core/name_map.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

/// A change and how far it has come.
struct pending_change {
  /// Whom it is answered to.
  enum class answer : std::uint8_t {
    nobody,
    request, ///< the SUBSCRIBE or UNSUBSCRIBE with the change's packet id
    end,     ///< the session that wants to be forgotten
    adopter,
    directory, ///< which hears that all before it is known to topics
  };

  explicit pending_change(std::shared_ptr<const subscription_change> c, answer whom);

  std::size_t filters() const noexcept { return what->add.size() + what->remove.size(); }
  /// All topics were told.
  bool complete() const noexcept {
    return entered == filters() && walked == routes->steps().size();
  }
  /// The client has taken back all that it asked for: there is no need to go on.
  bool void_by_now() const noexcept { return still_wanted && still_wanted->empty(); }
  /// Whether the client has not taken back what it subscribed with that filter.
  bool wants(const std::string& filter) const {
    return !still_wanted || still_wanted->contains(filter);
  }
  void take_back(const std::vector<std::string>& by_now_unsubscribed);

  const std::shared_ptr<const subscription_change> what;
  const answer to;

  // First all of it is entered where topics that come to life find it.
  std::size_t entered = 0;      ///< so many filters are
  std::vector<subscriber> made; ///< of those
  const ref<route_change> routes;

  // Then the topics that live are told of `routes`: step by step, or all of them are looked at for
  // all steps that are left.
  std::size_t walked = 0; ///< so many steps are done
  std::string walked_to;  ///< and topics up to this one of what is done next; empty: none
  std::size_t looked = 0; ///< at so many topics
  bool looks_at_all = false;

private:
  /// Filters; null as long as it is all of them.
  std::unique_ptr<core::name_view_set> still_wanted;
};

class change_queue {
public:
  using changes = std::deque<std::unique_ptr<pending_change>>;

  /// Behind the session's other changes.
  void push(std::unique_ptr<pending_change> c);
  /// Whether the session has changes under way.
  bool busy(session_number session) const { return sessions_.contains(session); }
  bool empty() const noexcept { return turns_.empty(); }

  /// The change whose turn it is; there is one.
  pending_change& next();
  /// It had its turn: with the rest of it the session waits for its next one.
  void had_turn();
  /// It is done, and with the next one the session waits for its next turn.
  std::unique_ptr<pending_change> pop();

  /// A session unsubscribes: what it has under way of these filters may stop.
  void take_back(session_number session, const std::vector<std::string>& filters);
  /// Puts `c` in place of all that its session, which is busy, has under way; returns that.
  changes replace(std::unique_ptr<pending_change> c);

private:
  std::unordered_map<session_number, changes> sessions_; ///< none of them empty
  std::deque<session_number> turns_;                     ///< every session in it once
};

} // namespace mqttzoo::actors
