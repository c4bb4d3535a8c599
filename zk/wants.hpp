// What pods want, as it stands in the store: which exact topics, and which filters.
//
// Exact topics stand in the data of their bucket, which all pods write by its version. Other
// filters (with a wildcard, or shared) stand in a shard, each pod's as a log of its own: sequential
// nodes `<life>.d-<sequence>` that say what it wants from then on and what not any more, and
// `<life>.s-<sequence>`, which are a snapshot of all it has in the shard, in one or more parts. The
// transaction that creates the last part removes what was there before. Values and pure functions,
// thread-safe; layouts: see wants.cpp. As in records.hpp decoding trusts nothing.
#pragma once

#include "zk/records.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// One pod's entries in a bucket.
struct topic_wants {
  pod_life life;
  std::vector<std::uint64_t> topics; ///< hashes (paths::topic_hash); rising, at least one

  friend bool operator==(const topic_wants&, const topic_wants&) = default;
};

/// The data of /topics/<ab>/<cd>. No data at all means that nobody wants anything.
struct bucket_record {
  std::vector<topic_wants> pods; ///< by rising life

  const topic_wants* find(const pod_life& life) const noexcept;
  /// Keeps the order; both do nothing where it is so already. True if something changed.
  bool add(const pod_life& life, std::uint64_t topic);
  bool remove(const pod_life& life, std::uint64_t topic);

  friend bool operator==(const bucket_record&, const bucket_record&) = default;
};

encoded encode_bucket(const bucket_record& record);
decoded<bucket_record> decode_bucket(std::string_view data);

struct filter_change {
  bool wanted = true; ///< false: not any more
  std::string filter; ///< in full, `$share/<name>/` included; never empty

  friend bool operator==(const filter_change&, const filter_change&) = default;
};

/// The data of a node below a shard.
struct filter_log_record {
  std::uint32_t part = 0;  ///< of a snapshot's `parts`, counted from 0
  std::uint32_t parts = 1; ///< of anything else: 1
  std::vector<filter_change> changes;

  friend bool operator==(const filter_log_record&, const filter_log_record&) = default;
};

encoded encode_filter_log(const filter_log_record& record);
decoded<filter_log_record> decode_filter_log(std::string_view data);

/// What a change adds to a record.
inline std::size_t encoded_bytes(const filter_change& c) noexcept {
  return 1 + sizeof(std::uint32_t) + c.filter.size();
}

/// A node below a shard, as its name says.
struct log_node_name {
  enum class kind : std::uint8_t { delta, snapshot };

  pod_life life;
  kind is = kind::delta;
  std::uint64_t sequence = 0;

  friend bool operator==(const log_node_name&, const log_node_name&) = default;
};

/// What a sequential create is given as the last level.
std::string log_node_prefix(const pod_life& life, log_node_name::kind is);
std::string to_string(const log_node_name& name);
/// Nothing if it is no such name.
std::optional<log_node_name> parse_log_node_name(std::string_view last_level);

} // namespace mqttzoo::zk
