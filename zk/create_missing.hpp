// Making sure that nodes exist: the tree's skeleton at start-up, a bucket before its first child.
//
// Free functions over any store, any thread. Buckets are not made in advance: try the transaction
// first, and only when it fails with `no_node` create what is missing and try again.
#pragma once

#include "zk/store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// `path` and all above it but "/", parents first: "/a/b" gives {"/a", "/a/b"}.
std::vector<std::string> with_ancestors(std::string_view path);

/// Creates those of `nodes` (parents first) that do not exist, empty and persistent. Completes when
/// the last of them is settled, with the first error other than `node_exists`. Not a transaction:
/// some may be created even when others fail; doing it again does no harm.
void create_missing(store& in, executor& where, std::vector<std::string> nodes,
                    handler<std::monostate> done);

} // namespace mqttzoo::zk
