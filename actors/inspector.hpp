// Answers people's questions about a pod's actors, without stalling any of them.
//
// One per pod, as long as its units. Asked from any thread; the answer comes once, on a unit's
// thread, so whoever asks goes on elsewhere. A unit that does not run does not answer: who asks
// needs a deadline. The work is done by the units between their other work, `actors_a_turn` actors
// at a time, so that 100,000 actors take each client a fraction of a millisecond and not all at
// once.
#pragma once

#include "actors/actor_record.hpp"
#include "actors/bank_accounts.hpp"
#include "actors/trace_account.hpp"
#include "actors/unit_services.hpp"
#include "core/ticks.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::actors {

/// A CAF actor id; 0: none.
enum class actor_number : std::uint64_t { none = 0 };

/// One actor at a glance.
struct actor_summary {
  actor_number id{};
  const char* kind = "";
  std::string subject;
  unit_index unit{};
  std::uint64_t messages = 0; ///< taken from its mailbox
  std::uint64_t runs = 0;     ///< turns with mail, and events that it dealt with inline
  std::chrono::nanoseconds busy{};
  std::uint32_t mailbox = 0;
  std::uint32_t mailbox_max = 0;
  std::chrono::milliseconds age{};
  wait_kind waits_on = wait_kind::nothing;
  const char* waits_what = "";
  std::optional<std::chrono::milliseconds> waits_for; ///< absent: not known
  facts glance;
};

/// Which actors, and in which order.
struct actor_query {
  enum class order : std::uint8_t {
    by_id, ///< lowest first; the only one that can be paged
    by_messages,
    by_runs,
    by_busy,
    by_mailbox,
    by_wait, ///< longest first
  };
  std::string kind;             ///< empty: any
  std::string subject_contains; ///< empty: any
  std::optional<unit_index> unit;
  bool waiting = false; ///< only those that wait
  /// Only those that have mail, or have waited at least so long.
  std::optional<std::chrono::milliseconds> suspect_after;
  order by = order::by_id;
  std::size_t limit = 100;
  actor_number after{}; ///< ids above it; by_id only
};

struct actor_page {
  std::vector<actor_summary> actors;
  std::size_t matching = 0; ///< all that the query is for, whatever the page
  std::size_t seen = 0;     ///< all there are
  actor_number next{};      ///< for `after`; none: that was the last page
};

/// One actor in full.
struct actor_details {
  actor_summary summary;
  facts more;
};

class inspector {
public:
  /// Runs a function on a unit's thread, later. Thread-safe.
  using post_function = std::function<void(std::function<void()>)>;
  struct unit_access {
    unit_services* services = nullptr;
    post_function post;
  };

  static constexpr std::size_t actors_a_turn = 256;

  explicit inspector(std::vector<unit_access> units);

  std::size_t unit_count() const noexcept { return units_.size(); }
  std::size_t actor_count() const noexcept;
  const pod_services& pod() const noexcept { return *units_.front().services->pod; }

  void list(actor_query q, std::function<void(actor_page)> then) const;

  /// By id, or by kind and subject (the first of several). Nothing if there is none.
  struct one {
    actor_number id{};
    std::string kind;
    std::string subject;
  };
  void find(one which, std::function<void(std::optional<actor_details>)> then) const;

  /// One of those that there is one of in a pod.
  enum class single : std::uint8_t { home, index, post_office, bank, membership };
  void find(single which, std::function<void(std::optional<actor_details>)> then) const;

  /// What the bank holds for what a client published, or of a topic; all zero if nothing.
  enum class account_of : std::uint8_t { client, topic };
  void account(account_of whose, std::string name,
               std::function<void(bank_accounts::account)> then) const;

  /// Has a client's session end its connection, or end itself with all it has; calls `then` with
  /// what came of it.
  enum class ends : std::uint8_t { connection, session };
  enum class dismissed : std::uint8_t {
    done,
    not_here, ///< there is no session of that client
    moves,    ///< it is on its way to another pod, and goes there with all it has
  };
  void dismiss(std::string client, ends what, std::function<void(dismissed)> then) const;

  /// Removes retained messages of topics that the valid `filter` stands for, as if a client had
  /// published empty ones; looks at `removed_at_once_max` topics behind `after` (empty: from the
  /// start). Calls `then` with how many it removed, and what to go on behind, if there is more.
  static constexpr std::size_t removed_at_once_max = 1'000;
  void remove_retained(std::string filter, std::string after,
                       std::function<void(std::size_t, std::optional<std::string>)> then) const;

  /// Sessions go to their homes, so many a second.
  void rebalance(std::uint32_t rate) const;

  // Traces of messages: inspector_traces.cpp. Nothing, or false: there is none of that id.

  /// Begins one; nothing if as many run as trace.max allows.
  void start_trace(trace_terms what, std::function<void(std::optional<trace_id>)> then) const;
  void traces(std::function<void(std::vector<trace_summary>)> then) const;
  /// Steps behind the first `after` ones, `limit` of them at most.
  void trace(trace_id id, std::size_t after, std::size_t limit,
             std::function<void(std::optional<trace_page>)> then) const;
  void drop_trace(trace_id id, std::function<void(bool)> then) const;

  /// Calls `then` on the thread of each unit.
  void each_unit(std::function<void(unit_services&)> then) const;

private:
  /// Calls `then` with the pod's tracer, on its thread; null if it is over.
  void with_tracer(std::function<void(class tracer*)> then) const;

  struct listing;
  struct search;

  actor_details details(const actor_reader::held& h, unit_services& on) const;
  actor_summary summarize(const actor_reader::held& h, unit_services& on, wait_state w) const;

  std::vector<unit_access> units_;
  core::tick_scale scale_;
};

} // namespace mqttzoo::actors
