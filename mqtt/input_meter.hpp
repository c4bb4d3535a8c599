// What one client may send a second, and what it has sent.
//
// The meter is part of a session, made with the first input that is limited. For each piece of
// input it opens a budget, the session's state machine spends it packet by packet and stops where
// it is spent, and the meter books what was used. So a packet costs a comparison, and what is read
// at once is never more than the rate allows but for the last packet. On the session's thread.
#pragma once

#include "core/token_bucket.hpp"
#include "mqtt/packet.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mqttzoo::mqtt {

struct input_rates {
  core::rate_limit messages; ///< packets but for those that answer one of ours
  core::rate_limit bytes;    ///< of all packets

  explicit operator bool() const noexcept { return messages || bytes; }
};

/// Packets that ask for nothing: whoever gets many messages has to send as many of these.
constexpr bool is_answer(packet_type t) noexcept {
  return t == packet_type::puback || t == packet_type::pubrec || t == packet_type::pubrel ||
         t == packet_type::pubcomp || t == packet_type::disconnect;
}

class input_budget {
public:
  input_budget(std::uint64_t messages, std::uint64_t bytes) noexcept
      : messages_(messages), bytes_(bytes) {}

  /// False if nothing is left for such a packet: then it is to stay where it is.
  bool spend(packet_type type, std::size_t wire_size_bytes) noexcept {
    const bool counts = !is_answer(type);
    if (used_bytes_ >= bytes_ || (counts && used_messages_ >= messages_)) {
      overspent_ = true;
      return false;
    }
    used_messages_ += counts ? 1 : 0;
    used_bytes_ += wire_size_bytes;
    return true;
  }

private:
  friend class input_meter;

  std::uint64_t messages_;
  std::uint64_t bytes_;
  std::uint64_t used_messages_ = 0;
  std::uint64_t used_bytes_ = 0;
  bool overspent_ = false;
};

class input_meter {
public:
  using time_point = core::token_bucket::time_point;

  input_budget open(const input_rates& rates, time_point now) const noexcept {
    return {messages_.left(rates.messages, now), bytes_.left(rates.bytes, now)};
  }

  /// Books what was used. When more may be read, if something had to stay.
  std::optional<time_point> close(const input_budget& budget, const input_rates& rates,
                                  time_point now) noexcept {
    messages_.take(budget.used_messages_, rates.messages, now);
    bytes_.take(budget.used_bytes_, rates.bytes, now);
    if (!budget.overspent_)
      return std::nullopt;
    ++stops_;
    return std::max(messages_.has(share(rates.messages), rates.messages),
                    bytes_.has(share(rates.bytes), rates.bytes));
  }

  /// How often something had to stay.
  std::uint64_t stops() const noexcept { return stops_; }

private:
  /// A tenth of a second's worth: who is held back is looked at ten times a second, not for each
  /// packet.
  static std::uint64_t share(const core::rate_limit& rate) noexcept {
    return std::max<std::uint64_t>(rate.per_second / 10, 1);
  }

  core::token_bucket messages_;
  core::token_bucket bytes_;
  std::uint64_t stops_ = 0;
};

} // namespace mqttzoo::mqtt
