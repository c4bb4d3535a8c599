// A hash table of numbers of things that are stored elsewhere: 8 bytes a slot, keys not copied.
//
// Open addressing with linear probing; erasing moves followers back, so there are no tombstones and
// no clean-up. Part of its owner, on the owner's thread.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt {

/// Finds a number by the hash of what it names; the owner compares the things themselves.
class hash_index {
public:
  static constexpr std::uint32_t none = 0xFFFF'FFFF; ///< no thing has this number

  /// The number with this hash for which `same(number)` is true, or none.
  template<class Same>
  std::uint32_t find(std::uint32_t hash, Same&& same) const {
    if (size_ == 0)
      return none;
    for (auto at = home(hash); slots_[at].number != none; at = next(at))
      if (slots_[at].hash == hash && same(slots_[at].number))
        return slots_[at].number;
    return none;
  }

  /// Adds `number`, which is not there yet.
  void insert(std::uint32_t hash, std::uint32_t number) {
    if ((size_ + 1) * 4 > slots_.size() * 3)
      grow();
    place({hash, number});
    ++size_;
  }

  /// Removes `number`, which is there with this hash.
  void erase(std::uint32_t hash, std::uint32_t number) noexcept {
    auto hole = home(hash);
    while (slots_[hole].number != number) {
      assert(slots_[hole].number != none);
      hole = next(hole);
    }
    for (auto at = next(hole); slots_[at].number != none; at = next(at)) {
      // An entry may move to the hole unless its home lies behind it.
      if (distance(home(slots_[at].hash), at) >= distance(hole, at))
        slots_[std::exchange(hole, at)] = slots_[at];
    }
    slots_[hole] = {};
    --size_;
  }

  void clear() noexcept {
    slots_ = std::vector<slot>{};
    size_ = 0;
  }

  std::size_t size() const noexcept { return size_; }
  std::size_t footprint_bytes() const noexcept { return slots_.capacity() * sizeof(slot); }

private:
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t number = none;
  };
  static constexpr std::size_t slots_min = 16;

  std::size_t home(std::uint32_t hash) const noexcept { return hash & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const noexcept { return (at + 1) & (slots_.size() - 1); }
  std::size_t distance(std::size_t from, std::size_t to) const noexcept {
    return (to - from) & (slots_.size() - 1);
  }

  void place(slot added) noexcept {
    auto at = home(added.hash);
    while (slots_[at].number != none)
      at = next(at);
    slots_[at] = added;
  }

  void grow() {
    const auto old =
        std::exchange(slots_, std::vector<slot>(slots_.empty() ? slots_min : slots_.size() * 2));
    for (const auto& s : old)
      if (s.number != none)
        place(s);
  }

  std::vector<slot> slots_; ///< a power of two of them, a quarter of them free
  std::size_t size_ = 0;
};

} // namespace mqttzoo::mqtt
