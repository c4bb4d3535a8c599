// Keeps traces: what messages they follow, what was noted of them at all pods, and when they end.
//
// One per pod, on the first unit, for as long as the pod. People start traces and read them through
// the inspector; the units' recorders (trace_recorder.hpp) choose messages and note their steps. In
// a cluster the tracer that a trace was started at calls those of all other pods, which send it
// what they note. A trace ends by itself: when its time is over, or when it has trace.steps.max
// steps.
//
// Bounded: trace.max traces of its own, ended ones included, and as many of other pods; each by its
// time and its steps, whose names are cut. A new trace takes the place of the oldest that has
// ended.
#pragma once

#include "actors/pinned.hpp"
#include "actors/trace_account.hpp"
#include "actors/trace_frames.hpp"
#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class tracer final : public pinned_base<tracer_actor>, private net::timer_client {
public:
  /// After its time: for what is still under way.
  static constexpr std::chrono::seconds finishing_time{2};

  tracer(caf::actor_config& config, unit_services& services);

  behavior_type make_behavior() override;
  const char* name() const override { return "tracer"; }
  void describe(facts& to) const override;
  void on_exit() override;

  // For the inspector, on the unit's thread, while no actor runs.

  /// Nothing if as many run as trace.max allows.
  std::optional<trace_id> start(trace_terms terms);
  std::vector<trace_summary> list() const;
  /// Steps behind the first `after` ones, `limit` of them at most; nothing if there is no such
  /// trace.
  std::optional<trace_page> read(trace_id id, std::size_t after, std::size_t limit) const;
  /// Ends it, if it runs, and forgets what was noted. False if there is none.
  bool drop(trace_id id);

private:
  struct counts {
    std::uint64_t followed = 0;
    std::uint64_t skipped = 0;
    std::uint64_t lost = 0;
  };

  /// A trace that was started here.
  struct kept {
    ref<running_trace> running;
    trace_state is = trace_state::following;
    const char* ended_by = "";
    net::time_point due{}; ///< when it goes on to its next state
    std::vector<trace_step> steps;
    std::map<std::uint32_t, trace_life> lives; ///< by the number in the mark
    std::uint64_t overflowed = 0;              ///< steps that came when it was full
    std::uint8_t last_pod = 0;
    std::map<std::string, counts> others; ///< pods that were called, by life
    std::map<std::string, bool> declined; ///< of these
  };

  /// One of another pod.
  struct guest {
    ref<running_trace> running;
    member_ref owner;
    net::time_point due{}; ///< its end
  };

  void on_due(net::time_point now) override;
  void pass_time(net::time_point now);
  void arm();
  void noted(const std::vector<trace_step>& steps);
  void take(kept& k, trace_step step);
  void end(kept& k, const char* why);
  clock_pair clocks() const { return {now(), pod().clock->unix_ms() * 1000}; }
  void install_in_units();
  bool make_room();
  mqtt::trace_tag draw_tag();
  bool is_used(mqtt::trace_tag t) const;
  kept* find(trace_id id);
  const kept* find(trace_id id) const;
  trace_summary summarize(const kept& k) const;

  // other pods: tracer_pods.cpp
  void enter_view(const view_ref& view);
  void call_others(kept& k);
  void heard(const member_ref& from, const pod_frame& f);
  bool called(const member_ref& from, std::string_view body);
  bool uncalled(const member_ref& from, std::string_view body);
  bool reported(const member_ref& from, std::string_view body);
  void report(const guest& g, std::vector<trace_step> steps);

  core::random_source random_;
  view_ref view_;        ///< null: none yet, or alone
  std::list<kept> kept_; ///< the oldest first
  std::list<guest> guests_;
};

} // namespace mqttzoo::actors
