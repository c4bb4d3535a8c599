#include "mqtt/packet_id_pool.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace mqttzoo::mqtt {
namespace {

constexpr std::uint16_t word_ids = 64;
constexpr std::uint16_t words_max = 1024;
constexpr std::uint64_t all_bits = ~std::uint64_t{0};

/// Words that an idle pool keeps memory for, so that one message after the other allocates nothing.
constexpr std::size_t idle_words = 1;

constexpr std::uint16_t index_of(std::uint16_t id) noexcept {
  return id / word_ids;
}
constexpr std::uint64_t bit_of(std::uint16_t id) noexcept {
  return std::uint64_t{1} << (id % word_ids);
}

/// 0 is no identifier, so its bit counts as used. [MQTT-2.2.1-4] [MQTT-2.3.1-4 v3]
constexpr std::uint64_t never_free(std::uint16_t index) noexcept {
  return index == 0 ? 1 : 0;
}

} // namespace

std::size_t packet_id_pool::position(std::uint16_t index) const noexcept {
  const auto at = std::lower_bound(words_.begin(), words_.end(), index,
                                   [](const word& w, std::uint16_t i) { return w.index < i; });
  return static_cast<std::size_t>(at - words_.begin());
}

bool packet_id_pool::is_at(std::size_t position, std::uint16_t index) const noexcept {
  return position < words_.size() && words_[position].index == index;
}

void packet_id_pool::take(std::size_t position, std::uint16_t index, std::uint64_t bit) {
  if (!is_at(position, index))
    words_.insert(words_.begin() + static_cast<std::ptrdiff_t>(position), word{0, index});
  words_[position].bits |= bit;
  ++used_;
}

packet_id packet_id_pool::allocate() {
  if (used_ == capacity)
    return packet_id::none;
  const auto next = static_cast<std::uint16_t>(last_ + 1); // 0 after 65535
  auto index = index_of(next);
  auto at = position(index);
  auto in_turn = all_bits << (next % word_ids);
  for (;;) { // ends: some identifier is free, and the first word comes again as a whole
    const auto used = (is_at(at, index) ? words_[at].bits : 0) | never_free(index);
    const auto free = ~used & in_turn;
    if (free != 0) {
      const auto bit = std::countr_zero(free);
      take(at, index, std::uint64_t{1} << bit); // unused [MQTT-2.2.1-4] [MQTT-2.3.1-4 v3]
      last_ = static_cast<std::uint16_t>(index * word_ids + bit);
      return packet_id{last_};
    }
    in_turn = all_bits;
    if (is_at(at, index))
      ++at;
    if (++index == words_max) {
      index = 0;
      at = 0;
    }
  }
}

bool packet_id_pool::reserve(packet_id id) {
  assert(id != packet_id::none);
  if (in_use(id))
    return false;
  const auto number = static_cast<std::uint16_t>(id);
  take(position(index_of(number)), index_of(number), bit_of(number));
  return true;
}

bool packet_id_pool::release(packet_id id) {
  if (!in_use(id))
    return false;
  const auto number = static_cast<std::uint16_t>(id);
  const auto at = position(index_of(number));
  words_[at].bits &= ~bit_of(number);
  --used_;
  if (words_[at].bits == 0)
    words_.erase(words_.begin() + static_cast<std::ptrdiff_t>(at));
  if (words_.empty() && words_.capacity() > idle_words)
    words_ = std::vector<word>{};
  return true;
}

bool packet_id_pool::in_use(packet_id id) const noexcept {
  const auto number = static_cast<std::uint16_t>(id);
  const auto at = position(index_of(number));
  return is_at(at, index_of(number)) && (words_[at].bits & bit_of(number)) != 0;
}

std::size_t packet_id_pool::footprint_bytes() const noexcept {
  return sizeof *this + words_.capacity() * sizeof(word);
}

} // namespace mqttzoo::mqtt
