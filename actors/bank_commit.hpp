// What the post office asks of the bank: a transaction, and what it takes out of the bank or brings
// back.
//
// Made by the asker, the bank's until it is answered, then the asker's again. First unit.
#pragma once

#include "actors/interfaces.hpp"
#include "core/ids.hpp"
#include "mqtt/message.hpp"
#include "zk/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// What a transaction changes in the accounts: who holds how much of what, until when.
struct held_change {
  client_id client; ///< who published it; empty: not known here
  mqtt::topic_ref topic;
  std::int64_t credits = 0;       ///< below zero: returned
  std::int64_t until_unix_ms = 0; ///< by the store's clock; the same when it is returned
  std::int64_t bytes = 0;         ///< below zero: not held any more
};

/// Which bound a refusal came from.
enum class bank_limit : std::uint8_t {
  credit,       ///< the bank has none left
  client_share, ///< its publisher holds as much as one may
};
std::string_view to_string(bank_limit l) noexcept;

struct bank_refusal {
  bank_limit limit{};
  std::chrono::seconds retry_after{}; ///< by when enough has returned at the latest
};

/// A refusal is counted with the first.
enum class attempt : std::uint8_t { first, again };

struct bank_commit {
  /// All of them or none; may be empty, if only the accounts change.
  std::vector<zk::op> ops;
  std::int64_t cost = 0; ///< below zero: returned
  std::vector<held_change> held;
  attempt tried = attempt::first;
  /// Who hears `committed`, and what for; the bank leaves `then` alone. Null: nobody, and only the
  /// accounts change, at once. All others go in the order in which they came.
  commit_listener from;
  std::function<void(const bank_commit&)> then;

  /// The answer. Never connection_loss: that was looked up. An index is one of `ops`. When a lost
  /// answer was looked up, the versions of nodes set without an expected version are not known (0).
  zk::multi_result result;
  std::optional<bank_refusal> refused; ///< `result` says storage_full then
};

} // namespace mqttzoo::actors
