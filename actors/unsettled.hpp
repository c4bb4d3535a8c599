// What a pod sent to another one and has no word of yet: messages by number.
//
// Part of a peer, on its thread. Numbers rise by one; answers come in any order. Bounded by what
// the publishers of this pod may have unacknowledged.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/publish_ticket.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class unsettled {
public:
  struct entry {
    mqtt::message_ref message;
    ref<publish_ticket> ticket;               ///< null: settled, or nobody waits for it
    std::shared_ptr<const std::string> group; ///< its filter in full, if it was for a group
    std::vector<departed_pod> orphans_of;     ///< it was for the sessions adopted from these
    view_ref sent_in;                         ///< the pods there were then; null: nobody else
    bool spoken = false; ///< store-first: the other pod said what it wants stored
  };

  /// The number that the next one gets.
  std::uint64_t next_number() const noexcept { return first_ + entries_.size(); }
  void push(entry e) { entries_.push_back(std::move(e)); }

  /// Null if there is none (any more) that waits.
  entry* find(std::uint64_t number) noexcept {
    if (number < first_ || number - first_ >= entries_.size())
      return nullptr;
    auto& e = entries_[static_cast<std::size_t>(number - first_)];
    return e.ticket ? &e : nullptr;
  }

  /// It is settled: its ticket goes.
  void settle(entry& e) {
    e = {};
    while (!entries_.empty() && !entries_.front().ticket) {
      entries_.pop_front();
      ++first_;
    }
  }

  bool empty() const noexcept { return entries_.empty(); }
  /// Those that are settled included, as long as an earlier one is not.
  std::size_t size() const noexcept { return entries_.size(); }

  /// Takes all of them, in order, and leaves those that `keep` wants to stay.
  template<class F>
  std::deque<entry> extract_unless(F keep) {
    std::deque<entry> taken;
    for (auto& e : entries_)
      if (e.ticket && !keep(e))
        taken.push_back(std::exchange(e, {}));
    while (!entries_.empty() && !entries_.front().ticket) {
      entries_.pop_front();
      ++first_;
    }
    return taken;
  }

private:
  std::deque<entry> entries_;
  std::uint64_t first_ = 1; ///< the number of the first entry; 0 means "none"
};

} // namespace mqttzoo::actors
