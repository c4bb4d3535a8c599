// Names as an attacker makes them: all with the same std::hash.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// libstdc++ hashes texts as MurmurHash64A does, with a seed that everybody knows: each word of 8
/// bytes is scrambled, and the hash so far becomes (hash ^ scrambled) * murmur_factor.
inline constexpr std::uint64_t murmur_factor = 0xc6a4a7935bd1e995;
inline constexpr std::uint64_t murmur_seed = 0xc70f6907;

/// What `factor`, which is odd, is multiplied with to give 1.
constexpr std::uint64_t inverse(std::uint64_t factor) noexcept {
  auto x = factor;
  for (int i = 0; i < 6; ++i) // each time twice as many of its low bits are right
    x *= 2 - factor * x;
  return x;
}
static_assert(murmur_factor * inverse(murmur_factor) == 1);

constexpr std::uint64_t scramble(std::uint64_t word) noexcept {
  word *= murmur_factor;
  return (word ^ word >> 47) * murmur_factor;
}
constexpr std::uint64_t unscramble(std::uint64_t scrambled) noexcept {
  scrambled *= inverse(murmur_factor);
  return (scrambled ^ scrambled >> 47) * inverse(murmur_factor);
}

/// `n` names of 16 letters, digits and the like, none of them a wildcard or a separator. Their
/// first halves are counted, their second halves undo what the first ones did.
inline std::vector<std::string> colliding_names(std::size_t n) {
  std::vector<std::string> names;
  constexpr std::uint64_t meeting_point = 0x1234'5678'9abc'def0;
  for (std::uint64_t i = 0; names.size() < n; ++i) {
    std::string name(16, 'a');
    for (std::size_t digit = 0; digit < 8; ++digit)
      name[digit] = static_cast<char>('a' + (i >> (4 * digit) & 15));
    std::uint64_t first = 0;
    std::memcpy(&first, name.data(), sizeof first);
    const auto so_far =
        ((murmur_seed ^ name.size() * murmur_factor) ^ scramble(first)) * murmur_factor;
    const auto second = unscramble(so_far ^ meeting_point);
    std::memcpy(name.data() + sizeof first, &second, sizeof second);
    const auto is_plain = [](char c) {
      return c > ' ' && c <= '~' && c != '+' && c != '#' && c != '/';
    };
    if (std::all_of(name.begin(), name.end(), is_plain))
      names.push_back(std::move(name));
  }
  return names;
}

/// Of 2,000 names that lie as chance has it, so many share a bucket once in 10^10 tables.
inline constexpr std::size_t crowd = 16;

/// Of a table: how many stand in the fullest bucket.
template<class Table>
std::size_t fullest_bucket(const Table& table) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < table.bucket_count(); ++i)
    most = std::max(most, table.bucket_size(i));
  return most;
}

} // namespace mqttzoo::test
