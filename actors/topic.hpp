// One live topic: it knows who gets its messages and keeps their order.
//
// Spawned by the index on the unit of the first publisher, talked to by couriers (messages) and the
// index (routes), gone when it has been idle. Owns its route. Its retained message is the index's
// copy, kept here so that new subscribers get it in order with live messages. Standard: 3.3.1.3,
// 4.6.
#pragma once

#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"
#include "actors/route.hpp"

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

private:
  /// Who has a say in a batch's promises.
  struct audience {
    bool persistent = false;    ///< somebody must have the messages safely
    std::size_t addressees = 0; ///< who will say whether they need a store-first message stored
  };

  void publish(const batch_ref& b);
  void update_retained(const batch& b, ticket_list& tickets);
  bool may_retain(const mqtt::message& m) const;
  ticket_list make_tickets(const batch& b);
  audience count_audience(const batch& b) const;
  void send_receipts(const batch& b, const ticket_list& tickets);
  void send_retained(const subscriber& to);

  start first_; ///< what it begins with, until it does so on its own unit
  mqtt::topic_ref name_;
  route route_;
  mqtt::message_ref retained_;
  std::uint64_t batches_ = 0;        ///< so far
  std::uint64_t retained_since_ = 0; ///< the batch that brought retained_; 0: from before this life
  bool used_ = true;
};

} // namespace mqttzoo::actors
