// A unit's allowance as the bank lends it: credits in advance, so that a session has its answer at
// once.
//
// One a unit, part of its unit_services, on its thread. Sessions reserve and release; the bank is
// asked by message and answers through the unit's courier. What waits costs its KiB for the least
// TTL, the credits stay in the pod's lease, and come back when it was written or dropped.
//
// What it has ahead of need: its part of a 16th of the capacity, which all units of all pods share,
// or as much as waits already, four times its part at most. That is 4 MiB of 64: 20,000 small
// messages, or eight full outboxes, within one turn; while a bank of 64 KiB lends 4 KiB. It asks
// when a quarter of that is gone, once at a time, so a flood doubles what it has with each answer
// of the bank. Every few seconds it gives back what it did not need meanwhile.
#pragma once

#include "actors/allowance.hpp"
#include "net/timer_queue.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace mqttzoo::actors {

struct unit_services;

class unit_allowance final : public allowance, private net::timer_client {
public:
  static constexpr std::size_t advance_part = 16;  ///< of the capacity
  static constexpr std::size_t advance_growth = 4; ///< at most
  /// What was not needed for so long goes back.
  static constexpr std::chrono::seconds look_interval{5};
  /// After the bank had less than was wanted.
  static constexpr std::chrono::milliseconds ask_pause{250};

  explicit unit_allowance(unit_services& unit);
  ~unit_allowance() override;

  /// The pod knows all its units and its bank: asks for the first advance. `ready` is called once,
  /// on the unit's thread or at once, when that is there or the bank has none.
  void start(std::function<void()> ready);

  bool reserve(std::size_t bytes) override;
  void release(std::size_t bytes) noexcept override;
  void lent(const loan& l) override;

  std::size_t bytes_used() const noexcept { return used_bytes_; }
  std::size_t bytes_lent() const noexcept { return lent_bytes_; }

private:
  void on_due(net::time_point now) override;
  std::size_t ahead_bytes() const noexcept;
  std::size_t free_bytes() const noexcept { return lent_bytes_ - used_bytes_; }
  void ask(std::size_t least_bytes);
  void ask_if_low();
  void use(std::size_t bytes) noexcept;

  unit_services& unit_;
  const std::int64_t credits_per_kib_;
  std::size_t lent_bytes_ = 0;
  std::size_t used_bytes_ = 0;
  std::size_t least_free_bytes_ = 0; ///< since it looked last
  std::int64_t asked_credits_ = 0;   ///< the bank is to answer; 0: was not asked
  std::function<void()> ready_;
  net::time_point ask_again_at_ = net::time_point::min();
};

} // namespace mqttzoo::actors
