// Reads that see whatever was written before them, through any server.
//
// A read alone sees what the one server that answers it has applied. Behind a `sync` it sees more,
// but only if the sync itself was answered: else a link broke in between, and another server, which
// may be behind, answers the read. So a sync that failed is the answer.
//
// Free functions over any store, any thread. The store outlives the completion.
#pragma once

#include "zk/store.hpp"

#include <optional>
#include <string>

namespace mqttzoo::zk {

void get_behind_sync(store& in, executor& where, std::string path, handler<node> done);
void exists_behind_sync(store& in, executor& where, std::string path,
                        handler<std::optional<stat>> done);
void children_behind_sync(store& in, executor& where, std::string path, handler<child_list> done);

} // namespace mqttzoo::zk
