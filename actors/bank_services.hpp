// What the bank lets the rest of the pod know without a message: figures, and the store's clock.
//
// Part of pod_services. The figures may be read by any thread; the bank and the reaper write them.
// The clock belongs to the first unit.
#pragma once

#include "core/clock.hpp"
#include "core/settings.hpp"
#include "mqtt/counters.hpp"
#include "zk/ledger.hpp"

#include <chrono>
#include <cstdint>

namespace mqttzoo::actors {

struct bank_figures {
  mqtt::counter total;        ///< credits there are
  mqtt::counter free;         ///< that nobody held when this pod looked last
  mqtt::counter leased;       ///< drawn by this pod and not spent
  mqtt::counter lent;         ///< of these, to units for what waits in memory
  mqtt::counter loans_cut;    ///< units that got less than they asked for
  mqtt::counter held_credits; ///< of what this pod holds
  mqtt::counter held_bytes;   ///< the same, with what each message takes besides its own
  mqtt::counter held_messages;
  mqtt::counter clients;  ///< that hold something
  mqtt::counter deposits; ///< messages that were accepted for holding
  mqtt::counter returns;  ///< messages that brought their credits back
  mqtt::counter expired;  ///< of these, because their time was over
  mqtt::counter refusals; ///< for want of credit
  mqtt::counter refusals_of_share;
  mqtt::counter reaped;    ///< mail of departed pods that this one removed
  mqtt::counter reclaimed; ///< leases of departed pods that it put back
  mqtt::counter renewals;  ///< of retained messages
  mqtt::counter lapsed;    ///< retained messages that could not be renewed
  mqtt::counter transactions;
  mqtt::counter lost_answers; ///< that were looked up
  mqtt::counter next_expiry_unix_ms;
  mqtt::counter queued;          ///< transactions that wait
  mqtt::latency_histogram store; ///< from a transaction to its answer
};

/// The clock that expiries go by: the store's, as far as this pod can tell from what it stamped
/// last. It is behind by the time an answer takes, and never ahead.
class store_clock {
public:
  /// A transaction was stamped so, and the answer has just come.
  void stamped(std::int64_t unix_ms, const core::clock& here) noexcept {
    offset_ms_ = unix_ms - steady_ms(here.now());
    known_ = true;
  }
  bool known() const noexcept { return known_; }
  std::int64_t unix_ms(const core::clock& here) const noexcept {
    return known_ ? offset_ms_ + steady_ms(here.now()) : here.unix_ms();
  }
  /// When it will say so.
  core::clock::time_point when(std::int64_t unix_ms, const core::clock& here) const noexcept {
    return here.now() + std::chrono::milliseconds{unix_ms - this->unix_ms(here)};
  }

private:
  static std::int64_t steady_ms(core::clock::time_point at) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  }

  std::int64_t offset_ms_ = 0;
  bool known_ = false;
};

inline zk::ttl_bounds ttl_of(const core::bank_settings& s) noexcept {
  return {s.ttl_min, s.ttl_max};
}

} // namespace mqttzoo::actors
