// A shared subscription's group: each message goes to exactly one of its members (section 4.8.2).
//
// One per share name and filter, spawned by the index with its first member and told to quit with
// its last, on the index's unit. Members that have a client are chosen in turn; when none has,
// persistent members in turn, so that messages wait for them.
#pragma once

#include "actors/dense_map.hpp"
#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"

#include <cstddef>
#include <vector>

namespace mqttzoo::actors {

class share_group final : public pinned_base<group_actor> {
public:
  share_group(caf::actor_config& config, unit_services& services, mqtt::group_number number);

  behavior_type make_behavior() override;
  const char* name() const override { return "group"; }

private:
  struct member {
    card_ref session;
    mqtt::terms_ref terms;
    parcel outgoing; ///< collected while a batch is shared out
  };
  struct number_of {
    session_number operator()(const member& m) const noexcept { return m.session->number; }
  };

  void publish(const batch_ref& b, const ticket_list& tickets);
  void join(const subscriber& s);
  void give_back(const card_ref& from, const mqtt::delivery& d);
  /// The next member in turn that is not `except`; null if there is none.
  member* choose(const card_ref& except);
  void send_to(const card_ref& session, parcel p);
  void decline(const mqtt::message_ref& m, const ref<publish_ticket>& t);

  mqtt::group_number number_;
  dense_map<member, number_of> members_;
  std::vector<member*> chosen_; ///< during a batch: who gets something of it
  std::size_t turn_ = 0;
};

} // namespace mqttzoo::actors
