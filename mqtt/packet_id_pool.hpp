// The packet identifiers of one direction of one session: which are in use, which comes next.
//
// Owned by the session's outbound half, on its thread, for as long as the session lives, also while
// its client is away. A session with few messages in flight is the rule and must cost next to
// nothing: an idle pool has at most 64 bytes, heap included. Standard: section 2.2.1.
#pragma once

#include "mqtt/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqttzoo::mqtt {

class packet_id_pool {
public:
  /// How many identifiers there are: 1 to 65535.
  static constexpr std::size_t capacity = 65'535;

  /// Takes the next identifier that is free, in rising order from the last one given, 1 after
  /// 65535; packet_id::none when all are in use. Looks at one word of 64 identifiers as a rule, and
  /// at 1024 of them at worst.
  packet_id allocate();

  /// Takes `id`, which is not none, out of turn: a message restored from the store has it already.
  /// False if it was in use.
  bool reserve(packet_id id);

  /// Gives `id` back. False if it was not in use, which is no error of the pool.
  bool release(packet_id id);

  bool in_use(packet_id id) const noexcept;
  std::size_t size() const noexcept { return used_; }
  bool empty() const noexcept { return used_ == 0; }

  /// What it occupies, itself included.
  std::size_t footprint_bytes() const noexcept;

private:
  /// 64 identifiers that follow each other, at least one of them in use.
  struct word {
    std::uint64_t bits = 0;
    std::uint16_t index = 0; ///< of the first identifier, divided by 64
  };

  /// Where the word with this index is, or has to be inserted.
  std::size_t position(std::uint16_t index) const noexcept;
  bool is_at(std::size_t position, std::uint16_t index) const noexcept;
  void take(std::size_t position, std::uint16_t index, std::uint64_t bit);

  std::vector<word> words_; ///< sorted by index
  std::uint16_t used_ = 0;
  std::uint16_t last_ = 0; ///< given last
};

} // namespace mqttzoo::mqtt
