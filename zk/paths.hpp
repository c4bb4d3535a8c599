// Where everything stands in the tree: the only place that knows the layout of znode paths.
//
// A value, made once per pod by open_tree() with the key of the tree; const and therefore
// thread-safe. Topic names, filters and client ids never stand in a path (ZooKeeper refuses many
// that MQTT allows): paths carry a hash and the node's data carries the full name. Readers compare
// the name; see `probe` for the rare collision.
//
//   ROOT/pods/<pod>-<incarnation>                  ephemeral, one per live pod
//   ROOT/pods/mover                                ephemeral, of the pod whose sessions move
//   ROOT/leader                                    ephemeral
//   ROOT/epoch                                     its version fences a leader's writes
//   ROOT/bank/free
//   ROOT/bank/pods/<pod>-<incarnation>/{in,out}
//   ROOT/topics/<ab>/<cd>                          bucket: which pods want which exact topics
//   ROOT/topics/<ab>/<cd>/m-<expiry>-<credits>-<writer>-<number>     mail drop
//   ROOT/topics/<ab>/<cd>/m-.../<k>                its k-th part, if it does not fit into one node
//   ROOT/wildcards/<shard>/<life>.<d|s>-<sequence> see wants.hpp
//   ROOT/retained/<ab>/<cd>/<hash>                 retained_record
//   ROOT/sessions/<ab>/<cd>/<hash>                 session_record
//   ROOT/sessions/<ab>/<cd>/<hash>/owner
//   ROOT/sessions/<ab>/<cd>/<hash>/p-<sequence>    pointer_record, created sequentially
//   ROOT/sessions/<ab>/<cd>/<hash>/r-<packet id>   received_record
//
// `<hash>` is 16 hex digits, `<ab>` its first two and `<cd>` the next two.
#pragma once

#include "core/ids.hpp"
#include "core/siphash.hpp"
#include "zk/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::zk {

/// The key of `name_hash`: the same on every pod of a cluster and for as long as its tree lives.
using hash_key = core::sip_key;

/// SipHash-2-4 of a topic name or client id. Keyed, because clients choose those names: without the
/// key nobody can construct two that collide. Stable across versions, platforms and restarts.
std::uint64_t name_hash(std::string_view name, const hash_key& key) noexcept;

/// 16 lower-case hex digits.
std::string hex16(std::uint64_t value);

/// What a mail drop's name says, so that the bank's books can be rebuilt from names alone.
struct mail_name {
  std::int64_t expires_at_unix_ms = 0;  ///< 0: never.
  std::uint64_t credits = 0;            ///< What it cost.
  session_id writer = session_id::none; ///< Store session of the pod that wrote it.
  std::uint64_t number =
      0; ///< Unique among the writer's drops; makes the name known before the write.

  friend bool operator==(const mail_name&, const mail_name&) = default;
};

/// The last level of a mail drop's path, and back.
std::string format_mail_name(const mail_name& name);
std::optional<mail_name> parse_mail_name(std::string_view last_level) noexcept;

/// Everything before the last '/', "/" for a node right below the root; everything after it.
std::string_view parent_of(std::string_view path) noexcept;
std::string_view last_level_of(std::string_view path) noexcept;
/// `name` is one level, without a '/'; `parent` is not the root.
std::string child_path(std::string_view parent, std::string_view name);

/// Whether a store accepts `path` (see error::invalid_path). "/" is valid, for reading.
bool is_valid_path(std::string_view path) noexcept;

class paths {
public:
  static constexpr hash_key default_key = {0x6d7174747a6f6f31, 0x7061746873763031};

  /// `root` must be a valid path other than "/", asserted.
  explicit paths(std::string root = "/mqttzoo", const hash_key& key = default_key);

  /// Every node that must exist before the first write, parents first, without any bucket.
  std::vector<std::string> skeleton() const;

  const std::string& root() const noexcept { return root_; }
  std::string pods() const;
  std::string pod(std::string_view pod_name, std::uint64_t incarnation) const;
  std::string pod(const pod_life& life) const;
  /// No pod's: their names end in an incarnation.
  static constexpr std::string_view mover_level = "mover";
  std::string mover() const;
  std::string leader() const;
  std::string epoch() const;

  std::string bank_free() const;
  std::string bank_pods() const;
  std::string bank_pod(std::string_view pod_name, std::uint64_t incarnation) const;
  std::string bank_pod_in(std::string_view pod_name, std::uint64_t incarnation) const;
  std::string bank_pod_out(std::string_view pod_name, std::uint64_t incarnation) const;
  std::string bank_pod(const pod_life& life) const;
  std::string bank_pod_in(const pod_life& life) const;
  std::string bank_pod_out(const pod_life& life) const;

  std::string topics() const;
  /// What a topic is called in its bucket.
  std::uint64_t topic_hash(std::string_view topic) const noexcept;
  /// The bucket of a topic: two levels below `topics()`.
  std::string topic_bucket(std::string_view topic) const;
  std::string topic_bucket(std::uint64_t topic_hash) const;
  std::string mail_drop(std::string_view topic, const mail_name& name) const;

  /// Below a mail drop; parts are counted from 0.
  static std::string mail_part(std::string_view mail_path, std::uint32_t number);

  std::string wildcards() const;
  /// The shard of a wildcard filter, or of a shared one without `$share/<name>/`: by its first
  /// level, one of 256, or "any" when that level is a wildcard.
  std::string wildcard_shard(std::string_view filter) const;

  std::string retained() const;
  /// `probe` 0 unless the node found there belongs to another topic with the same hash: then try 1,
  /// 2, ...
  std::string retained(std::string_view topic, unsigned probe = 0) const;

  std::string sessions() const;
  /// `probe` as for `retained`.
  std::string session(const client_id& client, unsigned probe = 0) const;
  /// The two levels below `sessions()` under which a client's session stands, as a number.
  std::uint16_t client_bucket(const client_id& client) const noexcept;

  // Below a session's own path (as `session` gave it).
  static std::string session_owner(std::string_view session_path);
  /// Prefix for a sequential create; the numbers are the order of delivery.
  static std::string pointer_prefix(std::string_view session_path);
  static std::string received(std::string_view session_path, std::uint16_t packet_id);

private:
  std::string hashed(std::string_view tree, std::string_view name, unsigned probe) const;

  std::string root_;
  hash_key key_;
};

} // namespace mqttzoo::zk
