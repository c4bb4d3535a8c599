// The promise a broker makes to a publisher, in the hands of those who must keep it.
//
// A PUBLISH that at least one persistent session should get has a ticket. Each such session holds a
// reference until the message is safe with it: acknowledged by its client, or committed to the
// store. The last reference to go settles the promise, which sends PUBACK or PUBREC. Whoever cannot
// keep it calls refuse() first. Thread-safe.
#pragma once

#include "core/ref.hpp"
#include "mqtt/settlement.hpp"

#include <atomic>
#include <cstdint>

namespace mqttzoo::mqtt {

class ticket : public ref_counted {
public:
  /// When a message must be in the store.
  enum class policy : std::uint8_t {
    /// QoS 1: only if its subscriber does not acknowledge in time.
    store_if_needed,
    /// QoS 2: before it is sent on, together with the publisher's packet id, so that exactly once
    /// holds across a crash. [MQTT-4.3.3-2]
    store_first,
  };

  explicit ticket(policy p) noexcept : policy_(p) {}

  policy storage() const noexcept { return policy_; }
  bool store_first() const noexcept { return policy_ == policy::store_first; }

  /// The promise cannot be kept; the first refusal counts.
  void refuse(settlement why) noexcept {
    std::uint64_t none = 0;
    outcome_.compare_exchange_strong(none, packed(why), std::memory_order_acq_rel);
  }

  /// What to tell the publisher, success unless refused.
  settlement outcome() const noexcept {
    const auto bits = outcome_.load(std::memory_order_acquire);
    return {reason_code{static_cast<std::uint8_t>(bits)},
            limit{static_cast<std::uint8_t>(bits >> 8)}, static_cast<std::uint32_t>(bits >> 32)};
  }

private:
  static constexpr std::uint64_t packed(const settlement& s) noexcept {
    return static_cast<std::uint64_t>(s.reason) | static_cast<std::uint64_t>(s.hit) << 8 |
           static_cast<std::uint64_t>(s.retry_after_s) << 32;
  }

  const policy policy_;
  std::atomic<std::uint64_t> outcome_{0}; ///< packed; 0 is success
};

} // namespace mqttzoo::mqtt
