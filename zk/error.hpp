// Everything a store can answer instead of a result: one enum for ZooKeeper and for the embedded
// store.
#pragma once

#include <cstdint>
#include <string_view>

namespace mqttzoo::zk {

/// Why an operation has no result. Unless a line says otherwise, nothing of the operation was
/// applied.
enum class error : std::uint8_t {
  // The tree said no: the caller's picture of it was wrong.
  no_node = 1,                ///< The node, or the parent of a node to create, does not exist.
  node_exists,                ///< A node to create is there already.
  bad_version,                ///< The node's version is not the expected one.
  not_empty,                  ///< A node to remove still has children.
  no_children_for_ephemerals, ///< The parent of a node to create is ephemeral.
  no_permission,              ///< The node's access list has no place for the store's user.
  // The request itself cannot be carried out by any store.
  invalid_path, ///< Not absolute, an empty, `.` or `..` level, a byte outside printable ASCII, or
                ///< too long.
  too_large,    ///< Paths and data of the request exceed `request_bytes_max`.
  // The way to the store.
  /// The link broke with the operation in flight. **Whether it was applied is unknown**: `sync`,
  /// then read back.
  connection_loss,
  session_expired, ///< The session that issued the operation is gone, and with it its ephemerals
                   ///< and watches.
  overloaded,      ///< A bounded queue (operations, bytes or watches) is full; try again later.
  closed,          ///< The store was closed before the operation was taken up.
  // The embedded store's disk; of an ensemble only that a quota is used up.
  storage_full,    ///< No space for this operation. The store goes on; it works again once there is
                   ///< space.
  storage_damaged, ///< The file is not a sound database. No write is accepted any more.
  /// The operating system failed a read, a write or a sync. After a failed sync the outcome is
  /// unknown until the store is opened again, and no write is accepted before that.
  storage_failed,
  storage_in_use, ///< Only when opening: another process, or this one, has the directory open.
};

/// Whether the disk is to blame, not the request.
constexpr bool is_storage(error code) noexcept {
  return code == error::storage_full || code == error::storage_damaged ||
         code == error::storage_failed;
}

/// Whether the way to the store is to blame, so that asking again later may do.
constexpr bool may_pass(error code) noexcept {
  return code == error::connection_loss || code == error::overloaded;
}

/// The enumerator's name, for logs: `"no_node"`.
std::string_view to_string(error code) noexcept;

} // namespace mqttzoo::zk
