// What clients are told of a store or a bank that says no, and whether to try again.
//
// Pure functions; any thread.
#pragma once

#include "actors/bank_commit.hpp"
#include "mqtt/reason_code.hpp"
#include "mqtt/settlement.hpp"
#include "zk/error.hpp"

#include <chrono>

namespace mqttzoo::actors {

/// What a publisher or subscriber is told when the store said `e`.
mqtt::reason_code to_reason(zk::error e) noexcept;
mqtt::settlement to_settlement(zk::error e) noexcept;
mqtt::settlement to_settlement(const bank_commit& answer) noexcept;
/// It may be otherwise soon: what was refused is worth another try.
bool is_for_now(const mqtt::settlement& refusal) noexcept;

/// What found no room is tried again so much later.
inline constexpr std::chrono::seconds room_interval{1};

} // namespace mqttzoo::actors
