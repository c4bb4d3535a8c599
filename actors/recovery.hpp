// What an earlier process left in the store, read once before the pod opens its doors.
//
// A function, not an actor: it runs on the starting thread while nothing else does, and hands its
// findings to the home, the index and the post office. Damaged records are reported and left alone.
#pragma once

#include "actors/session_reader.hpp"
#include "core/expected.hpp"
#include "zk/paths.hpp"
#include "zk/store.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

struct recovered {
  std::vector<recovered_session> sessions;
  std::vector<mqtt::message_ref> retained;
  /// Of every retained node, removed messages included: what the post office must know of it to
  /// tell newer from older.
  std::vector<std::pair<std::string, std::int64_t>> retained_zxids;
  // Of a pod that is alone:
  std::vector<found_retained> retained_found; ///< of the same nodes, those that hold a message
  std::vector<unwanted_mail> unwanted;        ///< nobody points to it: the bank has its credits
};

/// For the post office, but for what needs the sessions' cards.
recovered_mail mail_of(recovered& found);

/// What of the tree is a starting pod's own business.
enum class recovery_scope : std::uint8_t {
  everything, ///< nobody else works with the tree
  retained,   ///< other pods do: sessions and mail are theirs, or for the adopter
};

/// The names of the store's nodes, whose key stands in its root node; makes that node if needed.
/// Blocks. On failure a sentence for the operator.
expected<zk::paths, std::string> open_tree(zk::store& store);

/// Makes the tree's skeleton if needed, then reads it. Blocks. On failure a sentence for the
/// operator.
expected<recovered, std::string> recover(zk::store& store, const zk::paths& paths,
                                         const core::clock& clock,
                                         recovery_scope scope = recovery_scope::everything);

} // namespace mqttzoo::actors
