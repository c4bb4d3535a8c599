// What a tree's root node says of it: the key of its hashes, drawn when the tree is made, and the
// format of all that stands below.
//
// Clients choose the names that paths are made of. With a key of its own for each tree nobody can
// construct two names with one hash.
#pragma once

#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <cstdint>
#include <string>

namespace mqttzoo::zk {

/// How paths and records are laid out, here and in every tree that this program makes. A change
/// that an older program would misread takes the next number; docs/operations.md says what then.
inline constexpr std::uint32_t tree_format = 1;

struct tree_root {
  hash_key key{};
  std::uint32_t format = tree_format;
  friend bool operator==(const tree_root&, const tree_root&) = default;
};

/// Completes with what the root node of the tree at `root` says; if there is no tree yet, makes
/// that node with `fresh` as the key. Several pods may do so at once: all get the same one. A root
/// node without data has `paths::default_key`; other data that is none of a root gives
/// `error::storage_damaged`. Whether the format is one to go on with is for the caller to say.
void open_tree(store& in, executor& where, std::string root, const hash_key& fresh,
               handler<tree_root> done);

} // namespace mqttzoo::zk
