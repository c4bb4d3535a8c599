// How many connections are open, and may be.
//
// One `seating` is shared by the listeners of a pod and every connection they accepted; a `seat`
// goes with its socket from thread to thread and is free again when the socket is closed.
// Thread-safe.
#pragma once

#include "core/ref.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace mqttzoo::net {

class seating;

/// Counts one open connection, or none when empty.
class seat {
public:
  seat() = default;
  seat(seat&&) noexcept = default;
  seat& operator=(seat&& other) noexcept;
  ~seat() { release(); }

  void release() noexcept;

private:
  friend class seating;
  explicit seat(ref<seating> in) noexcept : in_(std::move(in)) {}

  ref<seating> in_;
};

class seating final : public ref_counted {
public:
  explicit seating(std::size_t seats_max) noexcept : max_(seats_max) {}

  /// Nothing when all are taken.
  std::optional<seat> take() noexcept {
    if (taken_.fetch_add(1, std::memory_order_relaxed) >= max_.load(std::memory_order_relaxed)) {
      taken_.fetch_sub(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    retain_ref();
    return seat{ref<seating>::adopt(this)};
  }

  std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
  /// For connections that come; those that are open stay.
  void set_max(std::size_t seats_max) noexcept { max_.store(seats_max, std::memory_order_relaxed); }

private:
  friend class seat;
  std::atomic<std::size_t> max_;
  std::atomic<std::size_t> taken_{0};
};

inline void seat::release() noexcept {
  if (in_)
    in_->taken_.fetch_sub(1, std::memory_order_relaxed);
  in_ = nullptr;
}

inline seat& seat::operator=(seat&& other) noexcept {
  release();
  in_ = std::move(other.in_);
  return *this;
}

} // namespace mqttzoo::net
