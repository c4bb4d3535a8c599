// A first-in first-out queue that costs 24 bytes while empty.
//
// Sessions own several queues that are empty most of the time, by the hundred thousand; std::deque
// allocates 576 bytes for an empty one. Single-threaded.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace mqttzoo {

/// Circular buffer that doubles when full and frees its memory when it becomes empty after growing.
template<class T>
class ring {
public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  T& operator[](std::size_t i) noexcept {
    assert(i < size_);
    return slots_[(head_ + i) & (capacity_ - 1)];
  }
  const T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return slots_[(head_ + i) & (capacity_ - 1)];
  }
  T& front() noexcept { return (*this)[0]; }
  T& back() noexcept { return (*this)[size_ - 1]; }

  T& push_back(T value) {
    if (size_ == capacity_)
      grow();
    T& slot = slots_[(head_ + size_) & (capacity_ - 1)];
    slot = std::move(value);
    ++size_;
    return slot;
  }

  T pop_front() {
    assert(size_ > 0);
    T value = std::exchange(slots_[head_], T{});
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
    if (size_ == 0 && capacity_ > kept_capacity)
      clear();
    return value;
  }

  /// Removes element `i`, keeping the order of the others. O(distance to the nearer end).
  void erase(std::size_t i) {
    assert(i < size_);
    if (i <= size_ / 2) {
      for (; i > 0; --i)
        (*this)[i] = std::move((*this)[i - 1]);
      pop_front();
    } else {
      for (; i + 1 < size_; ++i)
        (*this)[i] = std::move((*this)[i + 1]);
      back() = T{};
      --size_;
    }
  }

  /// Drops everything and gives the memory back.
  void clear() noexcept {
    slots_.reset();
    capacity_ = head_ = size_ = 0;
  }

private:
  static constexpr std::uint32_t kept_capacity = 16;

  void grow() {
    auto bigger = capacity_ == 0 ? 4 : capacity_ * 2;
    auto slots = std::make_unique<T[]>(bigger);
    for (std::uint32_t i = 0; i < size_; ++i)
      slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = bigger;
    head_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  std::uint32_t capacity_ = 0; // 0 or a power of two
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

} // namespace mqttzoo
