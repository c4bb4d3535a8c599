// Buffers between uses: outboxes take one when something is to be written and give it back when it
// is gone.
//
// Part of a loop, loop thread only. Keeps at most `bytes_max` of capacity; idle connections own
// nothing, and busy ones allocate nothing.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::net {

class buffer_pool {
public:
  /// Of one buffer; a larger one is freed when it comes back.
  static constexpr std::size_t buffer_bytes_max = 64 * 1024;
  static constexpr std::size_t buffer_bytes_min = 1024;
  static constexpr std::size_t bytes_max = 8 * 1024 * 1024;

  /// An empty string with capacity.
  std::string take() {
    std::string buffer;
    if (free_.empty()) {
      buffer.reserve(buffer_bytes_min);
    } else {
      buffer = std::move(free_.back());
      free_.pop_back();
      bytes_ -= buffer.capacity();
    }
    return buffer;
  }

  /// Leaves `buffer` without memory.
  void give_back(std::string& buffer) {
    std::string mine = std::exchange(buffer, {});
    const auto capacity = mine.capacity();
    if (capacity < buffer_bytes_min || capacity > buffer_bytes_max || bytes_ + capacity > bytes_max)
      return;
    mine.clear();
    bytes_ += capacity;
    free_.push_back(std::move(mine));
  }

  /// Capacity held.
  std::size_t bytes() const noexcept { return bytes_; }

private:
  std::vector<std::string> free_;
  std::size_t bytes_ = 0;
};

} // namespace mqttzoo::net
