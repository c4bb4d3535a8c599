// What every actor counts of itself, and the list in which the actors of a unit stand.
//
// A record is part of its actor (`pinned`); it joins the list of its unit with the actor's first
// turn and leaves it when the actor is over. The list is part of unit_services. Counting is done on
// the actor's unit, without a locked instruction but for one a message; reading belongs there too.
// The list's lock is for actors that nobody knows any more, which end on any thread.
//
// Bounded by the number of actors; 64 bytes each.
#pragma once

#include "actors/facts.hpp"
#include "core/ticks.hpp"
#include "net/timer_queue.hpp"

#include <caf/actor_control_block.hpp>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// What an actor waits for.
enum class wait_kind : std::uint8_t {
  nothing,
  store,  ///< ZooKeeper, or the embedded store
  peer,   ///< another pod
  client, ///< its client's acknowledgement
  credit, ///< the bank's
  socket, ///< a client that does not read
  actor,  ///< another actor's answer
};
std::string_view to_string(wait_kind k) noexcept;

struct wait_state {
  wait_kind on = wait_kind::nothing;
  net::time_point since = net::time_point::max(); ///< max(): not known, or for nothing
  const char* what = "";                          ///< a literal: "PUBACK"
};

class actor_list;

namespace detail {
/// An actor's record, or a place in the list where somebody goes on reading.
struct actor_node {
  actor_node* list_next = nullptr;
  actor_node* list_before = nullptr;
  std::uint32_t born_ms = 0; ///< since the list was made
  bool is_record = false;
  bool runs_now = false; ///< a record: its actor runs
};
} // namespace detail

class actor_record : private detail::actor_node {
public:
  actor_record() noexcept { is_record = true; }
  actor_record(const actor_record&) = delete;
  actor_record& operator=(const actor_record&) = delete;
  virtual ~actor_record() = default;

  // --- what others want to know; on the unit's thread ---

  /// What it is: "session", "topic". A literal.
  virtual const char* kind() const noexcept = 0;
  /// What it is for: a client id, a topic. Empty: there is one of its kind.
  virtual std::string subject() const { return {}; }
  virtual wait_state waits() const { return {}; }
  /// The little of describe() that a list shows; cheap.
  virtual void glance(facts& to) const { static_cast<void>(to); }
  /// What is special about its kind.
  virtual void describe(facts& to) const { static_cast<void>(to); }

  std::uint64_t messages() const noexcept { return messages_; }
  std::uint64_t runs() const noexcept { return runs_; }
  /// About: one run in `sample` is measured.
  std::uint64_t busy_ticks() const noexcept { return busy_ticks_; }
  std::uint32_t mailbox() const noexcept {
    return arrived_.load(std::memory_order_relaxed) - static_cast<std::uint32_t>(messages_);
  }
  std::uint32_t mailbox_max() const noexcept { return mailbox_max_; }

  // --- counting, for `pinned` ---

  /// Runs that are measured are one of so many.
  static constexpr std::uint64_t sample = 16;

  /// A message is for it. Any thread.
  void note_arrival() noexcept { arrived_.fetch_add(1, std::memory_order_relaxed); }
  /// It has dealt with one.
  void note_message() noexcept { ++messages_; }
  void note_depth() noexcept { mailbox_max_ = std::max(mailbox_max_, mailbox()); }
  /// For end_run(). An actor that runs is not run inline: its state may be half changed.
  std::uint64_t begin_run() noexcept {
    assert(!runs_now);
    runs_now = true;
    return ++runs_ % sample == 0 ? core::ticks() : 0;
  }
  void end_run(std::uint64_t began) noexcept {
    runs_now = false;
    if (began != 0)
      busy_ticks_ += (core::ticks() - began) * sample;
  }

private:
  friend class actor_list;
  friend class actor_reader;

  /// Null if the actor is over. Any thread, while it stands in the list.
  virtual caf::strong_actor_ptr hold() noexcept = 0;

  std::atomic<std::uint32_t> arrived_{0};
  std::uint32_t mailbox_max_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t runs_ = 0;
  std::uint64_t busy_ticks_ = 0;
};

static_assert(sizeof(actor_record) == 64);

/// The actors of a unit, in the order of their first turns.
class actor_list {
public:
  actor_list() noexcept;
  actor_list(const actor_list&) = delete;
  actor_list& operator=(const actor_list&) = delete;

  void join(actor_record& r, net::time_point now) noexcept;
  /// Nothing happens if it is in no list. Any thread.
  void leave(actor_record& r) noexcept;

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  net::time_point born(const actor_record& r) const noexcept {
    return made_at_ + std::chrono::milliseconds{r.born_ms};
  }

private:
  friend class actor_reader;

  static void link_before(detail::actor_node& at, detail::actor_node& n) noexcept;
  static void unlink(detail::actor_node& n) noexcept;

  std::mutex mutex_;
  detail::actor_node ends_; ///< before the first and behind the last
  std::atomic<std::size_t> size_{0};
  net::time_point made_at_{};
};

/// Reads a unit's actors, some at a time; those that come or go meanwhile may or may not be among
/// them. On the unit's thread.
class actor_reader {
public:
  explicit actor_reader(actor_list& of);
  ~actor_reader();
  actor_reader(const actor_reader&) = delete;
  actor_reader& operator=(const actor_reader&) = delete;

  /// An actor that lives at least as long as this value.
  struct held {
    caf::strong_actor_ptr actor;
    actor_record* record = nullptr;
    net::time_point born;
  };
  /// The next `n` at most; none: it has seen all of them.
  std::vector<held> next(std::size_t n);

private:
  actor_list& list_;
  detail::actor_node place_; ///< those before it were read
};

} // namespace mqttzoo::actors
