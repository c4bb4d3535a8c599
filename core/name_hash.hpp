// The hash of names that clients choose: of topics, filters, levels, client ids and users.
//
// Keyed with bits that each process draws, because whoever can construct names that share a bucket
// of a table makes it as slow as a list. Thread-safe. Not for what other processes see or what
// outlives this one; see zk/paths.hpp for that. Tables: core/name_map.hpp.
#pragma once

#include "core/siphash.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqttzoo::core {

/// What name_key() is to be: the operating system's bits, unless it was chosen.
sip_key draw_name_key();

/// For simulations and fuzzing, which repeat a run: with the same key tables of the same history
/// are walked in the same order. Before any name is hashed, asserted; the first choice holds.
void choose_name_key(const sip_key& key);

/// The process's key, drawn when it is first asked for.
inline const sip_key& name_key() {
  static const sip_key key = draw_name_key();
  return key;
}

/// SipHash-1-3: the rounds of a hash whose results nobody sees.
inline std::uint64_t hash_name(std::string_view name, const sip_key& key) noexcept {
  return sip_hash<1, 3>{key}.finish(name);
}

/// Of one name among those below the thing with this number.
inline std::uint64_t hash_name_below(std::uint64_t parent, std::string_view name,
                                     const sip_key& key) noexcept {
  sip_hash<1, 3> hash{key};
  hash.add(parent);
  return hash.finish(name);
}

/// For tables, of texts and of strong strings.
///
/// Not noexcept, on purpose: for that libstdc++ keeps each key's hash beside it. Else it would hash
/// names again that it only walks past.
struct name_hasher {
  using is_transparent = void;

  std::size_t operator()(std::string_view name) const { return hash_name(name, name_key()); }
  template<class Name>
  requires requires(const Name& n) {
    { n.str() } -> std::same_as<const std::string&>;
  }
  std::size_t operator()(const Name& name) const { return (*this)(std::string_view{name.str()}); }
};

} // namespace mqttzoo::core
