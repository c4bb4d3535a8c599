// A unit's go-between: from its sessions to topics, and from topics of other units to its sessions.
//
// One per unit, for as long as the unit. Owns the cache of live topics, so that a publish costs one
// hash look-up and no question to the index. Sessions of the unit call route() directly; other
// actors send messages. Bounded: the cache by the index, which retires idle topics everywhere; what
// waits for an unknown topic by each publisher's transit limit.
#pragma once

#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "core/name_map.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::actors {

class courier final : public pinned_base<courier_actor> {
public:
  courier(caf::actor_config& config, unit_services& services);

  behavior_type make_behavior() override;
  const char* name() const override { return "courier"; }
  void describe(facts& to) const override; // descriptions.cpp
  void on_exit() override {
    topics_.clear(); // lets go of them, so that they end too
    services().traces.stop();
  }

  /// What the unit knows of a topic name. Valid for the current turn: a topic that retires is
  /// forgotten between turns.
  struct entry {
    mqtt::topic_ref name;
    topic_actor topic;              ///< null while the index is asked
    std::vector<batch_ref> waiting; ///< for its answer
  };

  /// Finds `topic`, or asks the index for it. Unit's thread.
  entry& look_up(std::string_view topic);
  /// Sends a batch on its way. Unit's thread, from a session that runs.
  void route(entry& to, batch_ref b);
  /// Brings messages to sessions of this unit, inline. Unit's thread, from a topic or group that
  /// runs.
  void hand_out(const batch& b, const ticket_list& tickets, const target_list& to);

private:
  void topic_found(const mqtt::topic_ref& name, const topic_actor& t);
  void forget(const mqtt::topic_ref& name);
  void publish(const mqtt::message_ref& m);

  /// Keys view the names inside the entries.
  core::name_view_map<entry> topics_;
};

} // namespace mqttzoo::actors
