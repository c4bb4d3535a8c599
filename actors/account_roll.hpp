// How many sessions the clients of each account have here.
//
// Part of the home, on its unit. Each of its sessions holds a place, which counts as long as it
// lives; an account without one is not remembered, so that the roll is no longer than the list of
// sessions. Anonymous clients have no account and no place.
#pragma once

#include "core/name_map.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace mqttzoo::actors {

class account_roll {
  using sessions_of = core::name_map<std::uint32_t>;

public:
  /// Counts one session of an account, or none. The roll outlives it.
  class place {
  public:
    place() = default;
    place(place&& other) noexcept
        : roll_(std::exchange(other.roll_, nullptr)), at_(std::exchange(other.at_, nullptr)) {}
    place& operator=(place&& other) noexcept {
      std::swap(roll_, other.roll_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~place() {
      if (at_ && --at_->second == 0)
        roll_->erase(roll_->find(at_->first));
    }

    bool is_of(const std::string& account) const noexcept { return at_ && at_->first == account; }

  private:
    friend class account_roll;
    place(sessions_of& roll, sessions_of::value_type& at) noexcept : roll_(&roll), at_(&at) {
      ++at.second;
    }

    sessions_of* roll_ = nullptr;
    sessions_of::value_type* at_ = nullptr;
  };

  place enter(const std::string& account) {
    return {sessions_, *sessions_.try_emplace(account, 0).first};
  }

  std::uint32_t sessions(const std::string& account) const {
    const auto found = sessions_.find(account);
    return found == sessions_.end() ? 0 : found->second;
  }
  std::size_t accounts() const noexcept { return sessions_.size(); }

private:
  sessions_of sessions_;
};

} // namespace mqttzoo::actors
