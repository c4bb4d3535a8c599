// A number that one thread counts up and any may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace mqttzoo::net {

/// One thread writes, so that an addition needs no locked instruction.
class io_counter {
public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

} // namespace mqttzoo::net
