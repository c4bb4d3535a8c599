// The leader's part of the bank: what nobody else can return any more.
//
// One per pod, on the first unit, for as long as the pod; whoever has the ephemeral node `leader`
// leads. Each pod removes its own mail when its time is over, as it knows who has pointers to it
// (post_office_expiry.cpp); the leader removes mail of pods that departed, puts their leases back
// among the free credits, has their retained messages renewed, and makes the total follow
// `bank.capacity`. Each of its transactions checks the version of `epoch`, which it took with the
// node `leader`, and of `free`: those of a leader that was deposed fail.
//
// A large message whose pod departed while storing it is mail that nobody points to, and goes at
// its time with the parts it has. Bodies of retained messages have no time: those go that no
// retained message names any more.
//
// Bounded by the mail that departed pods left, which the bank's capacity bounds: so many names.
#pragma once

#include "actors/mail_survey.hpp"
#include "actors/pinned.hpp"
#include "actors/store_ear.hpp"
#include "net/timer_queue.hpp"
#include "zk/ledger.hpp"
#include "zk/paths.hpp"

#include <caf/actor_cast.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class reaper final : public pinned_base<reaper_actor>, private net::timer_client {
public:
  /// Mails in one transaction, and removals: of parts too, though one mail may have more.
  static constexpr std::size_t reaped_at_once_max = 50;
  static constexpr std::size_t removals_max = 1000;
  /// After what failed, or has to wait.
  static constexpr std::chrono::seconds again_after{1};

  reaper(caf::actor_config& config, unit_services& services, zk::paths paths);
  ~reaper() override;

  behavior_type make_behavior() override;
  const char* name() const override { return "reaper"; }

  // actor_record: descriptions_cluster.cpp
  void describe(facts& to) const override;
  void on_exit() override;

  /// On the unit's thread.
  bool leads() const noexcept { return epoch_.has_value(); }
  std::size_t doomed() const noexcept { return doomed_.size(); }

private:
  using ops = std::vector<zk::op>;
  using doomed_mail = std::pair<std::int64_t, std::string>; ///< when its time is over, its path
  /// A job that is under way ends so; `again` in a second, if something is left to do.
  enum class ended : std::uint8_t { well, again };

  // reaper.cpp: who leads
  void stand();
  void look_for_leader();
  void look_up_election();
  void elected(zk::version epoch);
  void deposed();
  void forget_doomed();
  void settle(const view_ref& v);
  void go_on();
  void end_job(ended how);
  void on_due(net::time_point now) override;

  // reaper_books.cpp: what a leader does, one job at a time
  void follow_capacity();
  void list_books();
  void reclaim(const pod_life& life);
  void reclaimed(const pod_life& life);
  void read_books_of(const pod_life& life);
  void put_back(const pod_life& life, const zk::node& in, const zk::node& out);
  void reap();
  void reap_with(const zk::node& free);
  void reaped(const std::vector<doomed_mail>& taken, const std::vector<std::size_t>& whose,
              const zk::multi_result& result);
  void list_parts(const std::string& mail);
  void scan_retained();
  void scan_bodies();
  /// {check epoch, what, set free}; `then` hears of failures that are not the leader's end.
  void settle_books(ops what, const zk::node& free, zk::free_record after,
                    std::function<void(const zk::multi_result&)> then);
  void read_free(std::function<void(const zk::node&)> then);
  /// A completion, void if this pod leads no more, or anew.
  template<class T, class F>
  zk::handler<T> heard(F f) {
    return as_this([this, term = term_, f = std::move(f)](const expected<T, zk::error>& result) {
      if (term == term_)
        f(result);
    });
  }

  const zk::paths paths_;
  const pod_life life_;
  std::shared_ptr<store_ear> ear_;
  std::optional<zk::version> epoch_; ///< nothing: somebody else leads
  std::uint64_t term_ = 0;           ///< rises with each election and deposition
  bool standing_ = false;
  bool busy_ = false;
  view_ref view_; ///< the last one that was settled; null: alone, or none yet

  net::time_point follow_capacity_at_ = net::time_point::min(); ///< max: the total is right
  bool books_listed_ = false;
  bool retained_scanned_ = false;
  bool surveying_ = false;
  bool surveyed_ = false;
  std::vector<pod_life> to_reclaim_;
  std::set<doomed_mail> doomed_; ///< mail by its expiry
  /// Paths of what stands below doomed mail, where that is known to be something.
  std::unordered_map<std::string, std::vector<std::string>> parts_;
  std::unordered_set<std::string> bodies_; ///< of departed pods' retained messages, as it seems
  mail_survey survey_;
  std::optional<zk::free_record> believed_; ///< planted_bug::unfenced_reaping
};

} // namespace mqttzoo::actors
