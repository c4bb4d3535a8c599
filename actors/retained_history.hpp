// Which write of a topic's retained message is the newest that a pod knows of, and what it waits
// to hear.
//
// Part of the post office of a pod in a cluster. Bounded: a number for each retained topic and for
// the removed ones of late, the announcements of other pods up to a number, those of late whose
// message is not known, and this pod's own writes of the last minute. What falls out of the
// announcements and of this pod's writes costs a read; what falls out of the unknown ones is not
// looked up if its pod departs before it has said that the store has it.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/retained_frames.hpp"
#include "core/name_map.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

/// What became of a topic's retained message.
enum class retained_change : std::uint8_t { set, removed };

class retained_history {
public:
  static constexpr std::size_t removed_max = 4096;
  static constexpr std::size_t announced_max = 65'536;
  static constexpr std::size_t withheld_max = 16'384;
  static constexpr std::size_t own_commits_max = 16'384;
  /// Longer than a new pod takes from its first sight of the store until all know of it.
  static constexpr std::chrono::seconds own_commits_kept{60};

  /// True if the transaction `zxid` is newer than all that are known of the topic.
  bool note(const std::string& topic, std::int64_t zxid, retained_change what);
  std::int64_t newest(const std::string& topic) const;

  /// Of a write of this pod: for those who join while it is told to the others.
  void own_commit(const std::string& topic, std::int64_t zxid, net::time_point now);
  std::vector<retained_commit> own_commits(net::time_point now);

  /// `from` is about to make it so.
  void announced(const member_ref& from, retained_news news);
  /// What `from` announced last does not come, or it is about to make something else of it.
  void withheld(const member_ref& from, const std::string& topic);
  /// What was announced, if it is still known.
  std::optional<retained_news> take(const member_ref& from, const std::string& topic);
  /// Topics of which pods that are no members any more announced something, known or not.
  std::vector<std::string> take_departed(const cluster_view& view);

private:
  struct state {
    std::int64_t zxid = 0;
    retained_change what{};
  };
  struct own {
    net::time_point at;
    retained_commit commit;
  };
  using key = std::pair<pod_life, std::string>;

  void drop_old(net::time_point now);
  void withhold(key k);

  core::name_map<state> topics_;
  std::deque<std::pair<std::string, std::int64_t>> removed_; ///< the oldest first
  std::deque<own> own_;
  std::map<key, retained_news> announced_; ///< each of them here or in `withheld_`
  std::map<key, std::uint64_t> withheld_;  ///< and when
  std::uint64_t last_withheld_ = 0;
  std::deque<std::pair<key, std::uint64_t>> withheld_order_; ///< the oldest first
};

} // namespace mqttzoo::actors
