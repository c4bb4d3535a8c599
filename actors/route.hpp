// Who gets a topic's messages: sessions by unit, and shared-subscription groups.
//
// Part of its topic, on the topic's thread. A session is in it once, however many of its
// subscriptions match: their number is bounded by mqtt.subscriptions.max. A change costs the
// subscriptions of its session and not the number of sessions; publishing walks over dense lists.
// Standard: 3.3.4.
#pragma once

#include "actors/dense_map.hpp"
#include "actors/route_change.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

/// A shared-subscription group as its topics know it.
struct group_target {
  group_actor group;
  mqtt::group_number number{};
};

class route {
public:
  /// What a topic comes to life with, in any order; once, before anything else.
  void begin(std::vector<subscriber> sessions, std::vector<group_target> groups);
  /// Carries out what `c` says of `topic`, of which `batches` batches have been published.
  void change(const route_change& c, std::string_view topic, std::uint64_t batches);

  bool empty() const noexcept { return parts_.empty() && groups_.empty(); }

  /// Calls `f(unit_index, ref<const target_list>)` for each unit that has sessions. Lists
  /// may be kept and sent elsewhere: one that somebody has is not changed any more, but replaced.
  template<class F>
  void for_each_unit(F&& f) const {
    for (const auto& p : parts_)
      f(p.unit, ref<const target_list>{p.targets});
  }

  /// Those to whom messages are sent one by one.
  const auto& groups() const noexcept { return groups_; }

  /// How many batches had been published when this very subscription joined; `never` if it is not
  /// here.
  std::uint64_t joined(const subscriber& s) const;
  static constexpr auto never = static_cast<std::uint64_t>(-1);
  /// Whether its session has a subscription with that filter: this one, or one that replaced it.
  bool has(const subscriber& s) const { return find(s) != nullptr; }

private:
  /// One matching subscription.
  struct entry {
    subscriber by;
    std::uint64_t since = 0; ///< so many batches had been published when it joined
  };
  using entries = std::vector<entry>;
  using steps = std::vector<const route_step*>;

  struct number_of {
    session_number operator()(const auto& member) const noexcept { return member.session; }
    mqtt::group_number operator()(const group_target& g) const noexcept { return g.number; }
  };
  struct member {
    session_number session{};
    entries matching; ///< sorted by filter
  };
  /// The sessions of one unit; members and targets are parallel.
  struct part {
    unit_index unit{};
    ref<target_list> targets;
    dense_map<member, number_of> members;
  };

  const entry* find(const subscriber& s) const;
  part& part_of(unit_index unit);
  void change_session(const card_ref& session, steps of, std::uint64_t batches);
  void change_group(const route_step& s);
  void add(part& to, entries matching);
  void remove(part& from, std::size_t position);
  static target_list& editable(part& p);
  static entries merge(entries have, const steps& sorted, std::uint64_t batches);
  static route_target combine(const entries& matching);

  std::vector<part> parts_; ///< of units that have sessions
  dense_map<group_target, number_of> groups_;
};

} // namespace mqttzoo::actors
