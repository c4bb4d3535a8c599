// SipHash of Aumasson and Bernstein: a hash of texts that nobody can predict without its key.
//
// Pure functions and values; any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mqttzoo::core {

using sip_key = std::array<std::uint64_t, 2>;

/// SipHash with `PerWord` rounds for each 8 bytes and `AtEnd` behind the last ones.
template<int PerWord, int AtEnd>
class sip_hash {
public:
  explicit sip_hash(const sip_key& key) noexcept
      : v0_(key[0] ^ 0x736f6d6570736575), v1_(key[1] ^ 0x646f72616e646f6d),
        v2_(key[0] ^ 0x6c7967656e657261), v3_(key[1] ^ 0x7465646279746573) {}

  /// Adds 8 bytes, the lowest first.
  void add(std::uint64_t word) noexcept {
    mix(word);
    size_ += sizeof word;
  }

  /// The hash of what was added and of `text` behind it. Nothing may be added then.
  std::uint64_t finish(std::string_view text) noexcept {
    for (auto rest = text; rest.size() >= sizeof(std::uint64_t);
         rest.remove_prefix(sizeof(std::uint64_t)))
      mix(load<std::uint64_t>(rest.data()));
    mix((size_ + text.size()) << 56 | remainder(text));
    v2_ ^= 0xff;
    rounds<AtEnd>();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

private:
  static_assert(std::endian::native == std::endian::little, "the hash reads little-endian words");

  template<class Word>
  static std::uint64_t load(const char* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }

  /// What is left behind the last whole word, 7 bytes at most, the first one lowest. Without a
  /// loop: most names are short.
  static std::uint64_t remainder(std::string_view text) noexcept {
    const auto size = text.size() % 8;
    const auto* const end = text.data() + text.size();
    if (text.size() >= 8) // the last word of the text; shifted twice, as it may be by all its bits
      return load<std::uint64_t>(end - 8) >> 1 >> (63 - 8 * size);
    if (size >= 4) // two halves that overlap
      return load<std::uint32_t>(text.data()) | load<std::uint32_t>(end - 4) << (8 * (size - 4));
    if (size == 0)
      return 0;
    const auto byte = [&](std::size_t at) {
      return load<std::uint8_t>(text.data() + at) << (8 * at);
    };
    return byte(0) | byte(size / 2) | byte(size - 1); // some of them twice, if there are not three
  }

  void mix(std::uint64_t word) noexcept {
    v3_ ^= word;
    rounds<PerWord>();
    v0_ ^= word;
  }

  template<int Count>
  void rounds() noexcept {
    if constexpr (Count > 0) {
      round();
      rounds<Count - 1>();
    }
  }

  void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  // Apart, so that they stay in registers.
  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
  std::uint64_t size_ = 0; ///< in bytes
};

} // namespace mqttzoo::core
