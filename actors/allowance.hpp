// How many bytes a unit may keep in memory for clients that are behind.
//
// One a unit, used by its sessions on its thread while they deliver, so it answers at once: whoever
// wants the bank to decide gives the unit an allowance that has credit in advance
// (unit_allowance.hpp).
#pragma once

#include "actors/loan.hpp"

#include <cstddef>

namespace mqttzoo::actors {

class allowance {
public:
  virtual ~allowance() = default;
  /// False: not now, and what they were for is dropped.
  virtual bool reserve(std::size_t bytes) = 0;
  /// Bytes that were reserved are not kept any more.
  virtual void release(std::size_t bytes) noexcept = 0;
  /// The bank's answer.
  virtual void lent(const loan& l) = 0;
};

/// Grants everything and counts: memory is then bounded by each session's own limits alone.
class open_allowance final : public allowance {
public:
  bool reserve(std::size_t bytes) override {
    bytes_ += bytes;
    return true;
  }
  void release(std::size_t bytes) noexcept override { bytes_ -= bytes; }
  void lent(const loan&) override {}

  /// Now.
  std::size_t bytes() const noexcept { return bytes_; }

private:
  std::size_t bytes_ = 0;
};

} // namespace mqttzoo::actors
