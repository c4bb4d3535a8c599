// Things kept one after the other, for those who walk over them all, and found by their number.
//
// Adding, finding and removing cost O(1) however many there are; what is removed leaves its place
// to the last one, so the order means nothing. A few are looked through without an index. Part of
// its owner, on the owner's thread.
#pragma once

#include "mqtt/hash_index.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

/// At most one `Value` a key; `KeyOf{}(value)` is its key, a strong number.
template<class Value, class KeyOf>
class dense_map {
public:
  using key_type = std::invoke_result_t<KeyOf, const Value&>;

  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// Where the key's value is, or none.
  std::size_t position(key_type key) const {
    if (index_) {
      const auto at = index_->find(hash(key), [&](std::uint32_t n) { return key_at(n) == key; });
      return at == mqtt::hash_index::none ? none : at;
    }
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (key_at(i) == key)
        return i;
    return none;
  }

  Value* find(key_type key) {
    const auto at = position(key);
    return at == none ? nullptr : &values_[at];
  }
  const Value* find(key_type key) const {
    const auto at = position(key);
    return at == none ? nullptr : &values_[at];
  }

  /// Adds a value, of a key that has none, behind all others.
  void push_back(Value value) {
    assert(position(KeyOf{}(value)) == none);
    values_.push_back(std::move(value));
    if (index_)
      note(values_.size() - 1);
    else if (values_.size() > unindexed_max)
      make_index();
  }

  /// Removes the value at `position`, where the last one goes.
  void erase_at(std::size_t position) {
    const auto last = values_.size() - 1;
    if (index_) {
      drop(position);
      if (position != last)
        drop(last);
    }
    if (position != last)
      values_[position] = std::move(values_[last]);
    values_.pop_back();
    if (values_.size() <= unindexed_max / 2)
      index_ = nullptr;
    if (index_ && position != last)
      note(position);
  }

  /// False if the key has no value.
  bool erase(key_type key) {
    const auto at = position(key);
    if (at == none)
      return false;
    erase_at(at);
    return true;
  }

  Value& operator[](std::size_t position) { return values_[position]; }
  const Value& operator[](std::size_t position) const { return values_[position]; }
  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const noexcept { return values_.empty(); }
  auto begin() const noexcept { return values_.begin(); }
  auto end() const noexcept { return values_.end(); }
  void reserve(std::size_t n) { values_.reserve(n); }

private:
  /// As many are looked through as fast as a hash is made and followed.
  static constexpr std::size_t unindexed_max = 16;

  /// Numbers are given in turn; their low bits alone may have a pattern.
  static std::uint32_t hash(key_type key) noexcept {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(key) * 0x9E37'79B9'7F4A'7C15) >>
                                      32);
  }
  key_type key_at(std::size_t position) const { return KeyOf{}(values_[position]); }
  void note(std::size_t position) {
    index_->insert(hash(key_at(position)), static_cast<std::uint32_t>(position));
  }
  void drop(std::size_t position) {
    index_->erase(hash(key_at(position)), static_cast<std::uint32_t>(position));
  }
  void make_index() {
    index_ = std::make_unique<mqtt::hash_index>();
    for (std::size_t i = 0; i < values_.size(); ++i)
      note(i);
  }

  std::vector<Value> values_;
  std::unique_ptr<mqtt::hash_index> index_; ///< of positions; null while there are few
};

} // namespace mqttzoo::actors
