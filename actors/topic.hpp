// One live topic: it knows who gets its messages and keeps their order.
//
// Spawned by the index on the unit of the first publisher, talked to by couriers (messages) and the
// index (routes), gone when it has been idle. Owns its route. Its retained message is the index's
// copy, kept here so that new subscribers get it in order with live messages. Standard: 3.3.1.3,
// 4.6.
//
// In a cluster the directory tells it which other pods want its messages, and it keeps those of
// this pod's clients until it knows: all of them before the first time, later those that need a
// promise while none can be made. What it keeps is in transit and thereby bounded for each
// publisher. Messages of other pods are for this pod's sessions only and never kept.
#pragma once

#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "actors/route.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::actors {

class topic final : public pinned_base<topic_actor> {
public:
  struct start {
    mqtt::topic_ref name;
    std::vector<subscriber> subscribers;
    std::vector<group_target> groups;
    mqtt::message_ref retained;
  };

  topic(caf::actor_config& config, unit_services& services, start with);

  behavior_type make_behavior() override;
  const char* name() const override { return "topic"; }

  // actor_record: descriptions.cpp
  std::string subject() const override;
  wait_state waits() const override;
  void glance(facts& to) const override;
  void describe(facts& to) const override;

private:
  /// Who has a say in a batch's promises.
  struct audience {
    bool persistent = false;    ///< somebody must have the messages safely
    std::size_t addressees = 0; ///< who will say whether they need a store-first message stored
  };

  void publish(const batch_ref& b);
  bool must_wait(const batch& b) const;
  void distribute(const batch_ref& b);
  void hand_out(const batch_ref& b, const ticket_list& tickets);
  void note(const batch& b, mqtt::trace_event what);
  void note_route(const batch& b);
  void reroute(const std::shared_ptr<const far_route>& r);
  void answer_probe();

  // of other pods: topic_far.cpp
  void publish_of_peer(const batch_ref& b);
  ref<publish_ticket> ticket_of_peer(const batch& b, std::size_t position, const audience& who);
  void retain_of_peer(const mqtt::message_ref& m);

  void update_retained(const batch& b, ticket_list& tickets);
  void set_retained(mqtt::message_ref m, std::uint64_t since);
  void retain_ended(const mqtt::message_ref& m, retain_outcome how);
  bool may_retain(const mqtt::message& m) const;
  ticket_list make_tickets(const batch& b);
  audience count_audience(const batch& b) const;
  audience count_sessions(const batch& b) const;
  std::size_t far_pods() const noexcept { return far_ ? far_->pods.size() : 0; }
  bool nobody_wants() const noexcept { return route_.empty() && far_pods() == 0; }
  void send_receipts(const batch& b, const ticket_list& tickets);
  void send_retained(const subscriber& to);

  start first_; ///< what it begins with, until it does so on its own unit
  mqtt::topic_ref name_;
  route route_;
  mqtt::message_ref retained_;
  std::uint64_t batches_ = 0;        ///< so far
  std::uint64_t retained_since_ = 0; ///< the batch that brought retained_; 0: from before this life
  /// What it retains once that is stored, which is promised to its publisher; null: nothing.
  mqtt::message_ref unpaid_;
  std::uint64_t unpaid_since_ = 0;
  /// Those who subscribed since; they get it then.
  std::map<std::pair<session_number, std::string>, subscriber> asked_;
  bool used_ = true;
  bool has_far_ = false;                 ///< the directory knows it
  std::shared_ptr<const far_route> far_; ///< null: not told yet
  std::deque<batch_ref> kept_;
};

} // namespace mqttzoo::actors
