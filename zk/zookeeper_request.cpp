#include "zk/zookeeper_request.hpp"

namespace mqttzoo::zk {

namespace {

/// Of servers that enforce quotas, for which the C library has no name.
constexpr int quota_exceeded = -125;

} // namespace

std::string zookeeper_link::full(const std::string& path) const {
  if (chroot.empty())
    return path;
  return path == "/" ? chroot : chroot + path;
}

std::string own_path(const std::string& chroot, std::string_view full) {
  return std::string{full.size() == chroot.size() ? "/" : full.substr(chroot.size())};
}

error to_error(int code) noexcept {
  switch (code) {
  case ZNONODE:
    return error::no_node;
  case ZNODEEXISTS:
    return error::node_exists;
  case ZBADVERSION:
    return error::bad_version;
  case ZNOTEMPTY:
    return error::not_empty;
  case ZNOCHILDRENFOREPHEMERALS:
    return error::no_children_for_ephemerals;
  case ZNOAUTH:
  case ZINVALIDACL: // "auth" was asked for, and the link carries no user
    return error::no_permission;
  case ZBADARGUMENTS:
    return error::invalid_path;
  case ZSESSIONEXPIRED:
  case ZAUTHFAILED:
    return error::session_expired;
  case quota_exceeded:
    return error::storage_full;
  case ZTHROTTLEDOP: // not executed at all
    return error::overloaded;
  default: // whatever else it was, nobody knows how far the request got
    return error::connection_loss;
  }
}

zk::stat to_stat(const Stat& from) noexcept {
  zk::stat made;
  made.version = from.version;
  made.cversion = from.cversion;
  made.czxid = from.czxid;
  made.mzxid = from.mzxid;
  made.ctime_unix_ms = from.ctime;
  made.mtime_unix_ms = from.mtime;
  made.ephemeral_owner = session_id{from.ephemeralOwner};
  made.data_bytes = static_cast<std::uint32_t>(from.dataLength);
  made.children = static_cast<std::uint32_t>(from.numChildren);
  return made;
}

} // namespace mqttzoo::zk
