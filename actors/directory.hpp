// Which pods want which topics: what this one wants is written to the store, what others want is
// read from there and told to the live topics here.
//
// One per pod of a cluster, pinned to the first unit, for as long as the pod. The index tells it
// what this pod subscribes to and which topics live; the membership, which pods there are. Topics
// learn their way to other pods from it and the index the far members of groups; a topic sends
// nothing before it heard. Layout of the store: zk/wants.hpp. Topics and filters below `$SYS` stay
// in their pod.
//
// What it promises: `confirm` is answered when all that was wanted before stands in the store. What
// a pod wanted that is no member any more is waited for from `install` of the view without it until
// that is settled, and so is everything while the store cannot be asked: what needs a promise is
// kept by its topic meanwhile. What a pod wants whose sessions move is waited for until a view is
// settled, this one or a later one: before that, the pods that have these sessions now may not be
// known here. `settled` says that they are. Bounds: requests under way (requests_max), nodes of its
// own in a shard (zk/wants.hpp), and otherwise the subscriptions and live topics of the pod.
#pragma once

#include "actors/pinned.hpp"
#include "actors/request_gate.hpp"
#include "actors/session_card.hpp"
#include "actors/shard_log.hpp"
#include "mqtt/filter_trie.hpp"
#include "mqtt/server_limits.hpp"
#include "mqtt/topic_tree.hpp"
#include "zk/paths.hpp"
#include "zk/wants.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

/// Whether a topic, or a filter without `$share/<name>/`, concerns its own pod only. What such a
/// filter matches does, as no wildcard may stand in `$SYS` itself.
constexpr bool stays_local(std::string_view topic) noexcept {
  return mqtt::is_own_topic(topic);
}

class directory final : public pinned_base<directory_actor>, private net::timer_client {
public:
  directory(caf::actor_config& config, unit_services& services, zk::paths paths);

  behavior_type make_behavior() override;
  const char* name() const override { return "directory"; }

  // actor_record: descriptions_cluster.cpp
  wait_state waits() const override;
  void describe(facts& to) const override;
  void on_exit() override;

private:
  class ear;
  class bucket_ear;

  // --- what this pod wants: directory_wants.cpp, directory_shards.cpp ---

  /// Of one bucket or shard that is written.
  struct outbox {
    std::uint64_t oldest = 0;  ///< number of the first want that waits for a write; 0: none
    std::uint64_t writing = 0; ///< and of those under way
    bool busy = false;         ///< a write is under way or waits for its turn
  };
  struct bucket_outbox : outbox {
    std::unordered_map<std::uint64_t, bool> changes; ///< hash -> whether it is wanted
    std::unordered_map<std::uint64_t, bool> sending;
  };
  /// The nodes of one write of a shard, one transaction each.
  struct shard_write {
    std::vector<zk::create_op> nodes; ///< to be created
    std::size_t next = 0;             ///< of nodes
    std::vector<std::string> made;    ///< names of those before
    std::vector<std::string> stale;   ///< names of those to be removed with the last one
    bool replaces = false;            ///< it is a snapshot
  };
  struct shard_outbox : outbox {
    std::map<std::string, bool> changes;
    std::set<std::string> filters;  ///< all that this pod wants in the shard
    std::vector<std::string> nodes; ///< names of what stands there of it
    shard_write write;
  };
  struct waiting_confirm {
    std::uint64_t number = 0; ///< wants up to this one must be written
    std::shared_ptr<const subscription_change> change;
    change_done done;
    net::time_point since;
  };

  enum class wish : std::uint8_t { begins, ends };
  void want(const std::string& filter, wish w);
  void want_exact(std::string_view topic, wish w);
  void want_filter(const std::string& filter, std::string_view without_share, wish w);
  void number(outbox& o, wish w);
  void take_up(outbox& o);
  void written(outbox& o);
  void confirm(const std::shared_ptr<const subscription_change>& c, const change_done& d);
  void answer(const waiting_confirm& c);
  void answer_confirms();

  void write_bucket(const std::string& path);
  void update_bucket(const std::string& path, expected<zk::node, zk::error> found);
  void bucket_written(const std::string& path, std::optional<zk::error> failed);
  void finish_bucket(const std::string& path);

  void write_shard(const std::string& path);
  void fill(shard_write& w, const std::string& path, shard_outbox& o);
  void write_node(const std::string& path);
  void node_written(const std::string& path, zk::multi_result result);
  void look_up_node(const std::string& path);
  void nodes_found(const std::string& path, const std::vector<std::string>& names);
  void node_made(const std::string& path, std::string name);
  void finish_shard(const std::string& path);

  // --- what others want: directory_reads.cpp ---

  /// Of one node that is read and watched.
  struct inbox {
    bool loaded = false;
    bool reading = false; ///< or waits for its turn
    bool again = false;   ///< it changed meanwhile
    bool awaited = false; ///< the refresh under way is not over without it
  };
  struct watched_topic {
    mqtt::topic_ref name;
    topic_actor handle;
    std::uint64_t hash = 0;
    std::string bucket; ///< path
    std::shared_ptr<const far_route> told;
    std::uint64_t sent = 0;     ///< routes
    std::uint64_t answered = 0; ///< of those
    std::uint64_t awaited =
        0; ///< the view is installed when so many are answered; 0: is not waited for
  };
  struct bucket_inbox : inbox {
    zk::watcher ear; ///< its own: the store takes the watch back once that is gone
    zk::bucket_record record;
    std::unordered_set<watched_topic*> topics;
  };
  struct shard_inbox : inbox {
    shard_log log;
  };
  /// A pass through a shard's new nodes.
  struct shard_pass;

  void refresh();
  void await(inbox& i);
  /// A read that began in that generation succeeded.
  void arrived(inbox& i, std::uint64_t generation);
  void refreshed();
  void read_root();
  void root_came(expected<zk::child_list, zk::error> found, std::uint64_t generation);
  void read_bucket(const std::string& path);
  void fetch_bucket(const std::string& path, std::uint64_t generation);
  void bucket_missing(const std::string& path, std::uint64_t generation);
  void bucket_came(const std::string& path, std::string_view data, std::uint64_t generation);
  void bucket_failed(const std::string& path, zk::error e, std::uint64_t generation);
  void put_off_bucket(const std::string& path, zk::error e);
  void read_bucket_later(const std::string& path, zk::error why);
  void read_shard(const std::string& path);
  void shard_listed(const std::string& path, expected<zk::child_list, zk::error> found,
                    std::uint64_t generation);
  void next_node(const std::shared_ptr<shard_pass>& pass);
  void shard_came(const std::shared_ptr<shard_pass>& pass);
  void shard_failed(const std::string& path, zk::error e);
  void changed(const zk::watch_event& event);
  void session_changed(const zk::session_event& event);

  // --- routes and groups: directory_routes.cpp ---

  struct far_group {
    std::set<pod_life> lives;              ///< that want it
    std::map<pod_life, member_ref> joined; ///< as the index knows
  };

  void watch(const mqtt::topic_ref& name, const topic_actor& handle);
  void unwatch(const mqtt::topic_ref& name);
  void rerouted(const mqtt::topic_ref& name);
  void answered(watched_topic& t);
  far_route route_of(const watched_topic& t) const;
  bool waits_for_move() const;
  void update(watched_topic& t);
  void update_all();
  template<class F>
  void for_each_topic(F&& f) {
    for (auto& [path, b] : buckets_)
      for (auto* t : b.topics)
        f(*t);
  }
  void apply(const shard_log::changes& changes);
  void update_group(const std::string& filter, far_group& g);
  void update_groups();

  // --- views: directory.cpp ---

  void install(const view_ref& v);
  void look_for(const pod_life& life);
  void life_looked_for(const pod_life& life, std::int64_t view, bool gone);
  void installed();
  void settle(const view_ref& v);
  void settled();
  void flow();
  void remove_nodes_of(const pod_life& life);

  // --- requests ---

  void enter(std::function<void()> request);
  void leave();
  /// Does `request`, which failed for `why`, again as soon as that makes sense. Not in the gate.
  void again(zk::error why, std::function<void()> request);
  void on_due(net::time_point now) override;
  zk::store& store() noexcept { return *pod().store; }
  zk::executor& here() noexcept { return *pod().store_answers; }
  directory_counters& counts() noexcept { return pod().directory_counts; }

  static constexpr std::size_t requests_max = 16;

  const zk::paths paths_;
  const pod_life self_;
  request_gate gate_{requests_max};
  std::vector<std::function<void()>> for_connection_; ///< requests to be done again with one
  std::vector<std::function<void()>> for_timer_;      ///< and later

  std::unordered_map<std::uint64_t, std::uint32_t> exact_; ///< hash -> filters of this pod
  std::unordered_map<std::string, bucket_outbox> bucket_outboxes_;
  std::map<std::string, shard_outbox> shard_outboxes_;
  std::uint64_t last_want_ = 0;
  std::set<std::uint64_t> unwritten_; ///< numbers of wants
  std::deque<waiting_confirm> confirms_;

  std::shared_ptr<ear> ear_;
  bool connected_ = false;
  bool suspended_ = true;        ///< what was read may be out of date
  std::uint64_t generation_ = 0; ///< of refreshes
  std::size_t awaited_ = 0;      ///< reads of the refresh under way
  inbox root_;
  std::map<std::string, shard_inbox> shards_;
  std::unordered_map<std::string, bucket_inbox> buckets_;

  mqtt::topic_tree<watched_topic> topics_;
  std::set<pod_life> lives_; ///< of all that is in wildcards_
  mqtt::filter_trie<std::vector<const pod_life*>> wildcards_;
  std::map<std::string, far_group> groups_; ///< by filter in full

  view_ref view_;      ///< null: none yet
  view_ref next_view_; ///< came before the first refresh was over
  bool settled_ = false;
  bool settling_ = false; ///< as soon as the refresh under way is over
  bool flows_ = false;
  std::size_t installing_ = 0;   ///< topics and lives that `installed` waits for
  bool tells_installed_ = false; ///< it is yet to be said
  std::set<pod_life> gone_;      ///< had departed when the view was installed
  std::set<pod_life> departed_;  ///< and it was settled: void for good
  std::set<pod_life> movers_;    ///< sessions of theirs moved in views since the last settled one
};

} // namespace mqttzoo::actors
