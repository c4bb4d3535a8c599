// The key of a tree's hashes: drawn when the tree is made, kept in its root node.
//
// Clients choose the names that paths are made of. With a key of its own for each tree nobody can
// construct two names with one hash.
#pragma once

#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <string>

namespace mqttzoo::zk {

/// Completes with the key of the tree below `root`; if there is no tree yet, makes its root node
/// with `fresh` as the key. Several pods may do so at once: all get the same one. A root node
/// without data has `paths::default_key`; one whose data is no key gives `error::storage_damaged`.
void open_tree(store& in, executor& where, std::string root, const hash_key& fresh,
               handler<hash_key> done);

} // namespace mqttzoo::zk
