// A shared subscription's group: each message goes to exactly one of its members (section 4.8.2).
//
// One per share name and filter, spawned by the index with its first member, here or in another
// pod, and gone with its last, on the index's unit. Members that have a client are chosen in turn;
// when none has, other pods with members in turn, and without such, persistent members in turn, so
// that messages wait for them. A message of another pod's group is for a member here, or goes back.
#pragma once

#include "actors/dense_map.hpp"
#include "actors/pinned.hpp"
#include "actors/publish_ticket.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mqttzoo::actors {

class share_group final : public pinned_base<group_actor> {
public:
  /// `filter` in full names it to other pods.
  share_group(caf::actor_config& config, unit_services& services, mqtt::group_number number,
              std::string filter);

  behavior_type make_behavior() override;
  const char* name() const override { return "group"; }

  // actor_record: descriptions.cpp
  std::string subject() const override { return filter_; }
  void describe(facts& to) const override;

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
  /// Who gets a message: one of the two, or nobody.
  struct choice {
    member* here = nullptr;
    member_ref there;
  };
  /// The next in turn that is neither the one nor the other.
  choice choose(const card_ref& except, const member_ref& except_pod);
  template<class F>
  member* next_here(const card_ref& except, F&& admits);
  member* next_connected(const card_ref& except);
  member* next_persistent(const card_ref& except);
  member_ref next_there(const member_ref& except);
  /// One message to its choice at once.
  void pass_on(const choice& to, const mqtt::message_ref& m, const ref<publish_ticket>& t);
  void send_there(const member_ref& to, const mqtt::message_ref& m, const ref<publish_ticket>& t);
  void take_in(const group_mail& mail);
  void send_to(const card_ref& session, parcel p);
  void note(const mqtt::message& m, mqtt::trace_event what, const client_id& to);
  void decline(const mqtt::message_ref& m, const ref<publish_ticket>& t);

  mqtt::group_number number_;
  const std::string filter_;
  dense_map<member, number_of> members_;
  std::vector<member*> chosen_; ///< during a batch: who gets something of it
  std::size_t turn_ = 0;
  std::vector<member_ref> pods_; ///< others with members
  std::size_t pod_turn_ = 0;
};

} // namespace mqttzoo::actors
