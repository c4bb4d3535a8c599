// Takes over the sessions of pods that departed.
//
// One per pod of a cluster, on the first unit, for as long as the pod. Told by the membership when
// every pod knows a view: then nobody writes for a session any more whose owner is no member, and
// the homes of such sessions share them out without a word: each takes those of its own buckets by
// writing itself into their owner nodes. What is stored of a session is read after that, as until
// then other pods' transactions may add to it. Its mail stays where it is, as pods that adopt may
// share it: the leader removes it when its time is over. Only when all is read are the sessions
// begun, together, and their subscriptions told to the index. The same for sessions that another
// pod hands over (usher.hpp), which says which ones they are.
//
// Bounded: so many sessions are worked on at a time, and so many buckets listed. What the store
// does not answer is tried again in a second; what is damaged is reported and left alone.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/pinned.hpp"
#include "actors/session_reader.hpp"
#include "net/timer_queue.hpp"
#include "zk/paths.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mqttzoo::actors {

class adopter final : public pinned_base<adopter_actor>, private net::timer_client {
public:
  /// Sessions that are worked on, and buckets that are listed, at a time. What is in flight to the
  /// store the store bounds itself.
  static constexpr std::size_t at_once_max = 128;
  /// Owner nodes that are written in one transaction, which fails as a whole: then each is tried by
  /// itself.
  static constexpr std::size_t taken_at_once_max = 32;

  adopter(caf::actor_config& config, unit_services& services, zk::paths paths);

  behavior_type make_behavior() override;
  const char* name() const override { return "adopter"; }

  // actor_record: descriptions_cluster.cpp
  wait_state waits() const override;
  void describe(facts& to) const override;
  void on_exit() override;

private:
  /// A session on its way here.
  struct orphan {
    std::string path;
    std::optional<zk::version> owner; ///< of its owner node; none: there is no such node yet
    std::vector<pod_life> from;       ///< who had it, the latest first
    recovered_session session;
    std::vector<session_reader::pointer> pointers;
    std::size_t mails_missing = 0; ///< questions under way
    bool again = false;
  };
  using orphan_ptr = std::shared_ptr<orphan>;
  using orphans = std::vector<orphan_ptr>;

  /// Mail of orphans, the same for all who share it.
  struct mail {
    mqtt::message_ref message; ///< null: not read yet
    client_id publisher;
    std::vector<orphan_ptr> waiting;
    bool missing = false; ///< there is none, or it is damaged
  };

  enum class claim : std::uint8_t {
    in_work,
    failed, ///< the store did not answer: to be tried again
    taken,
  };

  // adopter.cpp: which sessions
  void adopt(const view_ref& v);
  void given(const member_ref& by, const pod_frame& frame);
  void begin(const view_ref& v);
  void look_again();
  void go_on();
  void list_prefix(const std::string& path);
  void list_bucket(const std::string& path);
  void all_taken();
  void start_all();
  void announced();
  void finish();

  // adopter_claims.cpp: whose one is
  bool is_busy(const std::string& path) const;
  void look(const std::string& path);
  void found_owner(const orphan_ptr& o, const expected<zk::node, zk::error>& found);
  void take_looked_at();
  void take(orphans some);
  void taken(const orphans& some, const zk::multi_result& result);
  void left(const orphan_ptr& o);
  void once_more(const orphan_ptr& o);

  // adopter_mail.cpp: what is stored of one
  void read(const orphan_ptr& o);
  void read_nodes(const orphan_ptr& o);
  void take_node(orphan& o, const zk::scanned_node& node);
  void fetch_mail(const orphan_ptr& o);
  void mail_came(const std::string& path, const expected<zk::node, zk::error>& found);
  void fetch_parts(const std::string& path, zk::mail_record head);
  void mail_read(const std::string& path,
                 const expected<std::optional<zk::mail_record>, zk::error>& found);
  void mail_complete(const orphan_ptr& o);
  void give_mail(const orphan_ptr& o);

  void on_due(net::time_point now) override;
  void try_again_later();

  zk::paths paths_;
  view_ref view_; ///< whose orphans are looked for
  view_ref done_; ///< none of its orphans is left
  view_ref next_; ///< came while sessions were begun
  /// What this pod is to take over in a view that is not begun; the last one's.
  std::int64_t given_in_ = -1;
  std::vector<std::string> given_;
  std::uint64_t run_ = 0; ///< counts views; what was asked for an older one is void
  std::vector<std::string> prefixes_, buckets_; ///< to be listed
  std::size_t listing_ = 0;
  std::deque<std::string> candidates_; ///< sessions to look at
  std::unordered_set<std::string> again_;
  std::size_t in_work_ = 0;
  std::size_t looking_ = 0; ///< of those, whose owner node is being read
  orphans to_take_;         ///< of those, that have none
  bool list_again_ = false;
  /// Sessions whose owner node this pod writes or wrote, until they are begun.
  std::unordered_map<std::string, claim> claims_;
  orphans taken_;
  std::unordered_map<std::string, mail> mails_; ///< by path
  std::size_t announcing_ = 0;                  ///< sessions that were begun
};

} // namespace mqttzoo::actors
