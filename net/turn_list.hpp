// Things a loop has to do once, later: connections to flush at the end of this turn, connections to
// look at in the next.
//
// Intrusive and doubly linked, so that an entry is added and removed in constant time without
// memory, and can vanish at any moment, also while the list is being worked off. Loop thread only.
#pragma once

#include <cassert>

namespace mqttzoo::net {

/// Member of what can stand in one turn_list. Leaves the list when it is destroyed.
class turn_entry {
public:
  turn_entry() = default;
  turn_entry(const turn_entry&) = delete;
  turn_entry& operator=(const turn_entry&) = delete;
  ~turn_entry() { unlink(); }

  bool linked() const noexcept { return next_ != nullptr; }

  void unlink() noexcept {
    if (!linked())
      return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

private:
  friend class turn_list_base;
  turn_entry* previous_ = nullptr;
  turn_entry* next_ = nullptr;
};

class turn_list_base {
public:
  turn_list_base() noexcept { clear(); }
  turn_list_base(const turn_list_base&) = delete;
  turn_list_base& operator=(const turn_list_base&) = delete;
  ~turn_list_base() {
    while (pop_front()) {
    }
    head_.previous_ = head_.next_ = nullptr;
  }

  bool empty() const noexcept { return head_.next_ == &head_; }

  void push_back(turn_entry& entry) noexcept {
    assert(!entry.linked());
    entry.previous_ = head_.previous_;
    entry.next_ = &head_;
    head_.previous_->next_ = &entry;
    head_.previous_ = &entry;
  }

  /// Null when empty.
  turn_entry* pop_front() noexcept {
    if (empty())
      return nullptr;
    auto* first = head_.next_;
    first->unlink();
    return first;
  }

  /// Takes all entries of `other`, which becomes empty.
  void take(turn_list_base& other) noexcept {
    assert(empty());
    if (other.empty())
      return;
    head_.next_ = other.head_.next_;
    head_.previous_ = other.head_.previous_;
    head_.next_->previous_ = head_.previous_->next_ = &head_;
    other.clear();
  }

private:
  void clear() noexcept { head_.previous_ = head_.next_ = &head_; }

  turn_entry head_; ///< of a ring
};

/// A list of objects of class T, each linked by its base `Entry` (a class derived from turn_entry).
template<class T, class Entry>
class turn_list {
public:
  bool empty() const noexcept { return list_.empty(); }

  /// An object that stands in the list already keeps its place.
  void add(T& object) noexcept {
    auto& entry = static_cast<Entry&>(object);
    if (!entry.linked())
      list_.push_back(entry);
  }

  /// Calls `f` for every object that stood in the list when it began; what `f` adds waits for the
  /// next time.
  template<class F>
  void work_off(F f) {
    turn_list_base now;
    now.take(list_);
    while (auto* entry = now.pop_front())
      f(static_cast<T&>(static_cast<Entry&>(*entry)));
  }

private:
  turn_list_base list_;
};

} // namespace mqttzoo::net
