// The pod's own topics under $SYS/broker, with the names that users of mosquitto know.
//
// One per pod, on the first unit. Every sys.interval it publishes, retained and QoS 0, what changed
// since the last time; an interval of 0 turns it off. `reloaded` has it read the interval anew.
// Reads the counters of all units. In a cluster it tells the other pods its figures and publishes
// the sums under `$SYS/broker/cluster`.
#pragma once

#include "actors/cluster_figures.hpp"
#include "actors/pinned.hpp"
#include "net/io_counters.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mqttzoo::actors {

class sys_topics final : public pinned_base<sys_actor>, private net::timer_client {
public:
  sys_topics(caf::actor_config& config, unit_services& services,
             std::vector<const net::io_counters*> io);

  behavior_type make_behavior() override;
  const char* name() const override { return "sys_topics"; }
  void on_exit() override;

private:
  /// One moving average over 1, 5 and 15 minutes of a counter's rate a minute.
  struct load {
    std::uint64_t last = 0;
    std::array<double, 3> per_minute{};
  };

  void on_due(net::time_point now) override;
  void follow_interval();
  void publish_in_turn(net::time_point now);
  void publish_all(net::time_point now);
  void tell(std::string_view name, std::string value);
  void tell(std::string_view name, std::uint64_t value) { tell(name, std::to_string(value)); }
  void tell_load(std::string_view name, std::uint64_t so_far, double elapsed_s);
  void tell_clients();
  void tell_kept();
  void tell_bank();
  void tell_loads(double elapsed_s);
  void tell_cluster();
  /// Over the pod's units, its loops.
  std::uint64_t total(mqtt::counter mqtt::counters::*which) const;
  std::uint64_t total(net::io_counter net::io_counters::*which) const;

  std::vector<const net::io_counters*> io_;
  std::map<pod_life, cluster_figures> others_; ///< what other pods said last
  net::time_point started_;
  net::time_point last_{};
  std::unordered_map<std::string, std::string> told_; ///< topics and their last values
  std::unordered_map<std::string, load> loads_;
};

} // namespace mqttzoo::actors
