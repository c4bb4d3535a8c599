// What the hook said of clients, for a while.
//
// Owned by the gatekeeper, on its thread. Keys are digests that only this process can make: no
// password can be found from one. Bounded; the longest unused answer goes.
#pragma once

#include "auth/hook_answer.hpp"
#include "auth/login.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

namespace mqttzoo::auth {

class hook_memory {
public:
  using time_point = std::chrono::steady_clock::time_point;

  hook_memory();

  /// Of the client, its user, its password, and the address that it comes from.
  std::string key_of(const login& l) const;

  struct remembered {
    hook_answer answer;
    time_point at{};

    bool valid(time_point now) const noexcept {
      return !answer.valid_for || at + *answer.valid_for > now;
    }
  };
  /// Null if there is none. Valid until the next call.
  const remembered* find(const std::string& key);
  void keep(const std::string& key, hook_answer answer, time_point now, std::size_t entries_max);
  void clear();
  /// How often it was cleared: what was asked before the last time is not to be kept.
  std::uint64_t clears() const noexcept { return clears_; }
  std::size_t size() const noexcept { return entries_.size(); }

private:
  struct entry {
    std::string key;
    remembered what;
  };
  using entries = std::list<entry>;

  std::string secret_; ///< drawn at the start
  entries entries_;    ///< the last used first
  std::unordered_map<std::string, entries::iterator> by_key_;
  std::uint64_t clears_ = 0;
};

} // namespace mqttzoo::auth
