// What an earlier process left in the store, read once before the pod opens its doors.
//
// A function, not an actor: it runs on the starting thread while nothing else does, and hands its
// findings to the home, the index and the post office. Damaged records are reported and left alone;
// mail nobody points to is removed.
#pragma once

#include "actors/post_office.hpp"
#include "actors/session.hpp"
#include "core/expected.hpp"
#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

struct recovered_session {
  client_id client;
  std::shared_ptr<restored_session> state;
  /// Parallel to state->messages: what the post office needs, once the session has a card.
  std::vector<recovered_mail::pointer> pointers;
};

struct recovered {
  std::vector<recovered_session> sessions;
  std::vector<mqtt::message_ref> retained;
};

/// The names of the store's nodes, whose key stands in its root node; makes that node if needed.
/// Blocks. On failure a sentence for the operator.
expected<zk::paths, std::string> open_tree(zk::store& store);

/// Makes the tree's skeleton if needed, then reads it. Blocks. On failure a sentence for the
/// operator.
expected<recovered, std::string> recover(zk::store& store, const zk::paths& paths,
                                         const core::clock& clock);

} // namespace mqttzoo::actors
