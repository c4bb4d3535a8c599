#include "actors/store_refusal.hpp"

#include <cstdint>

namespace mqttzoo::actors {

mqtt::reason_code to_reason(zk::error e) noexcept {
  switch (e) {
  case zk::error::storage_full:
  case zk::error::overloaded:
  case zk::error::too_large:
    return mqtt::reason_code::quota_exceeded;
  default:
    return mqtt::reason_code::implementation_specific_error;
  }
}

mqtt::settlement to_settlement(zk::error e) noexcept {
  switch (e) {
  case zk::error::storage_full:
  case zk::error::overloaded:
    return {to_reason(e), mqtt::limit::store, static_cast<std::uint32_t>(room_interval.count())};
  case zk::error::too_large:
    return {to_reason(e), mqtt::limit::message_bytes, 0};
  default:
    return to_reason(e);
  }
}

mqtt::settlement to_settlement(const bank_commit& answer) noexcept {
  if (answer.result)
    return {};
  if (!answer.refused)
    return to_settlement(answer.result.error().code);
  const bool share = answer.refused->limit == bank_limit::client_share;
  return {mqtt::reason_code::quota_exceeded, share ? mqtt::limit::client_share : mqtt::limit::bank,
          static_cast<std::uint32_t>(answer.refused->retry_after.count())};
}

bool is_for_now(const mqtt::settlement& refusal) noexcept {
  using mqtt::limit;
  return refusal.hit == limit::store || refusal.hit == limit::bank ||
         refusal.hit == limit::client_share;
}

} // namespace mqttzoo::actors
