// Who holds how many credits, for what, until when: by client and by topic.
//
// Part of the bank, on its thread. Changed when a transaction is committed, so it says what stands
// in the store. Bounded by what is held: an account goes with its last message.
#pragma once

#include "actors/bank_commit.hpp"
#include "actors/session_card.hpp" // which clang wants complete where a message of actors may end
#include "core/name_map.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class bank_accounts {
public:
  struct account {
    std::int64_t credits = 0;
    std::int64_t bytes = 0;
    std::uint64_t messages = 0;
    /// The latest expiry of what it held since it was empty.
    std::int64_t until_unix_ms = 0;
  };

  void apply(const held_change& change);

  /// All zero if it holds nothing.
  account of(const client_id& client) const;
  account of_topic(const std::string& topic) const;
  struct named_account {
    std::string name; ///< a client id or a topic
    account of;
  };
  /// The `n` with the most credits, most first. Looks at all of them.
  std::vector<named_account> largest_clients(std::size_t n) const;
  std::vector<named_account> largest_topics(std::size_t n) const;
  const account& all() const noexcept { return all_.sum; }
  std::size_t clients() const noexcept { return clients_.size(); }
  std::size_t topics() const noexcept { return topics_.size(); }
  /// When something expires next; 0: nothing is held.
  std::int64_t next_expiry_unix_ms() const noexcept;

  /// After what time `credits` of what is held have returned, at the latest; nothing if fewer are
  /// held.
  std::optional<std::chrono::seconds> returned_after(std::int64_t credits,
                                                     std::int64_t now_unix_ms) const;
  std::optional<std::chrono::seconds> returned_after(const client_id& client, std::int64_t credits,
                                                     std::int64_t now_unix_ms) const;

private:
  /// With its expiries, by second: as many entries as there are seconds in the longest TTL.
  struct dated_account {
    account sum;
    std::map<std::int64_t, std::int64_t> by_second;
  };

  static void apply(account& to, const held_change& change);
  static void apply(dated_account& to, const held_change& change);
  static std::optional<std::chrono::seconds>
  returned_after(const dated_account& of, std::int64_t credits, std::int64_t now_unix_ms);

  dated_account all_;
  std::unordered_map<client_id, dated_account> clients_;
  core::name_map<account> topics_;
};

} // namespace mqttzoo::actors
