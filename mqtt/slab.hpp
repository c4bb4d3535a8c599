// Storage of many equal things that are named by small numbers and stay where they are.
//
// Memory comes in chunks of 64, so growth copies nothing and a thing costs its size and one bit.
// Part of its owner, on the owner's thread.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace mqttzoo::mqtt {

/// Gives each T it holds a number, and reuses numbers and memory of those that are gone. Memory is
/// given back by clear(), which costs nothing to speak of once the slab is empty. Not thread-safe.
template<class T>
class slab {
public:
  /// No thing has this number, so a slab holds fewer than 2^32 - 1.
  static constexpr std::uint32_t none = 0xFFFF'FFFF;

  slab() = default;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;
  ~slab() { clear(); }

  template<class... Ts>
  std::uint32_t emplace(Ts&&... xs) {
    if (first_free_ == none)
      add_chunk();
    const auto number = first_free_;
    auto& c = cell_of(number);
    const auto next = c.next_free;
    std::construct_at(&c.value, std::forward<Ts>(xs)...);
    first_free_ = next;
    chunks_[number / chunk_cells]->live |= bit_of(number);
    ++size_;
    return number;
  }

  /// Destroys what `number` names, which exists.
  void erase(std::uint32_t number) noexcept {
    assert(contains(number));
    auto& c = cell_of(number);
    std::destroy_at(&c.value);
    chunks_[number / chunk_cells]->live &= ~bit_of(number);
    c.next_free = first_free_;
    first_free_ = number;
    --size_;
  }

  /// Destroys everything and gives the memory back.
  void clear() noexcept {
    for (auto& c : chunks_)
      for (auto live = c->live; live != 0; live &= live - 1)
        std::destroy_at(&c->cells[std::countr_zero(live)].value);
    chunks_ = std::vector<std::unique_ptr<chunk>>{};
    first_free_ = none;
    size_ = 0;
  }

  T& operator[](std::uint32_t number) noexcept {
    assert(contains(number));
    return cell_of(number).value;
  }
  const T& operator[](std::uint32_t number) const noexcept {
    return const_cast<slab&>(*this)[number];
  }

  std::size_t size() const noexcept { return size_; }
  /// Memory it has taken, without what the things themselves point to.
  std::size_t footprint_bytes() const noexcept {
    return chunks_.size() * sizeof(chunk) + chunks_.capacity() * sizeof(chunks_[0]);
  }

private:
  static constexpr std::uint32_t chunk_cells = 64;

  union cell {
    cell() noexcept : next_free(none) {}
    ~cell() {}
    T value;
    std::uint32_t next_free;
  };
  struct chunk {
    std::uint64_t live = 0; ///< one bit for each cell that holds a value
    cell cells[chunk_cells];
  };

  static constexpr std::uint64_t bit_of(std::uint32_t number) noexcept {
    return std::uint64_t{1} << (number % chunk_cells);
  }
  cell& cell_of(std::uint32_t number) noexcept {
    return chunks_[number / chunk_cells]->cells[number % chunk_cells];
  }
  bool contains(std::uint32_t number) const noexcept {
    return number / chunk_cells < chunks_.size() &&
           (chunks_[number / chunk_cells]->live & bit_of(number)) != 0;
  }

  /// Only called when no cell is free.
  void add_chunk() {
    const auto base = static_cast<std::uint32_t>(chunks_.size()) * chunk_cells;
    assert(base < none - chunk_cells);
    auto& added = *chunks_.emplace_back(std::make_unique<chunk>());
    for (std::uint32_t i = 0; i + 1 < chunk_cells; ++i)
      added.cells[i].next_free = base + i + 1;
    first_free_ = base;
  }

  std::vector<std::unique_ptr<chunk>> chunks_;
  std::uint32_t first_free_ = none;
  std::uint32_t size_ = 0;
};

} // namespace mqttzoo::mqtt
