// Actors that write down what they are told, in place of those a suite does not need.
//
// The logs belong to the test; everything runs on its thread.
#pragma once

#include "actors/interfaces.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

using ops_ref = std::shared_ptr<const std::vector<zk::op>>;

struct peer_log {
  std::vector<std::pair<std::uint64_t, ops_ref>> words;
  std::vector<std::pair<std::uint64_t, mqtt::reason_code>> outcomes;
  std::vector<actors::far_receipt> settled;
  std::vector<actors::pod_frame> frames;
  std::vector<std::string> misbehaved;
};

inline actors::peer_actor::behavior_type fake_peer(const std::shared_ptr<peer_log>& log) {
  using namespace actors;
  return {
      [](publish_atom, const batch_ref&, const ticket_list&) {},
      [](deliver_atom, const group_mail&) {},
      [](returned_atom, std::uint64_t) {},
      [log](settled_atom, const far_receipt& r) { log->settled.push_back(r); },
      [log](word_atom, std::uint64_t number, const ops_ref& ops) {
        log->words.emplace_back(number, ops);
      },
      [log](outcome_atom, std::uint64_t number, mqtt::reason_code reason) {
        log->outcomes.emplace_back(number, reason);
      },
      [log](tell_atom, const pod_frame& f) { log->frames.push_back(f); },
      [](linked_atom, const net::pod_link_ptr&) {},
      [log](misbehaved_atom, const std::string& why) { log->misbehaved.push_back(why); },
      [](install_atom, const view_ref&) {},
      [](depart_atom) {},
      [](hand_over_atom, const view_ref&) {},
      [](shut_down_atom) {},
  };
}

struct session_log {
  std::vector<actors::stored> stored;
  std::vector<mqtt::reason_code> saved;
  std::vector<mqtt::stored_number> expired;
};

inline actors::session_actor::behavior_type fake_session(const std::shared_ptr<session_log>& log) {
  using namespace actors;
  return {
      [](deliver_atom, const parcel&) {},
      [](settled_atom, const receipt&) {},
      [](transit_fell_atom) {},
      [](attach_atom, const std::shared_ptr<attachment>&) {},
      [](changed_atom, const change_done&) {},
      [](page_atom, const retained_page&) {},
      [log](was_stored_atom, const stored& s) { log->stored.push_back(s); },
      [log](saved_atom, std::uint64_t, mqtt::reason_code r) { log->saved.push_back(r); },
      [](released_atom, mqtt::packet_id, mqtt::reason_code) {},
      [log](forgotten_atom, mqtt::stored_number n) { log->expired.push_back(n); },
      [](erase_atom) {},
      [](handed_over_atom, mqtt::reason_code) {},
      [](released_atom) {},
      [](yield_atom, std::uint64_t) {},
      [](shut_down_atom) {},
  };
}

struct membership_log {
  std::vector<std::int64_t> installed;
  std::vector<std::int64_t> adopted;
};

inline actors::membership_actor::behavior_type
fake_membership(const std::shared_ptr<membership_log>& log) {
  using namespace actors;
  return {
      [log](installed_atom, std::int64_t n) { log->installed.push_back(n); },
      [log](adopted_atom, std::int64_t n) { log->adopted.push_back(n); },
      [](handed_over_atom, const pod_life&) {},
      [](forgotten_atom, const pod_life&) {},
      [](linked_atom, const net::pod_link_ptr&) {},
      [](heard_atom, const member_ref&, const pod_frame&) {},
      [](tell_atom, const pod_frame&) {},
      [](shut_down_atom) {},
  };
}

struct index_log {
  std::vector<std::pair<std::string, mqtt::message_ref>> heard; ///< topic, retained message
  std::vector<std::shared_ptr<const actors::subscription_change>> changes;
};

inline actors::index_actor::behavior_type fake_index(const std::shared_ptr<index_log>& log) {
  using namespace actors;
  return {
      [](activate_atom, const mqtt::topic_ref&, unit_index) {},
      [](forgotten_atom, const mqtt::topic_ref&) {},
      [](probe_idle_atom, const mqtt::topic_ref&, topic_use) {},
      [log](change_atom, const std::shared_ptr<const subscription_change>& c) {
        log->changes.push_back(c);
      },
      [](forget_atom, const card_ref&) {},
      [](go_on_atom) {},
      [](retain_atom, const mqtt::topic_ref&, const mqtt::message_ref&) {},
      [](walk_atom, const std::shared_ptr<const retained_cursor>&) {},
      [](give_back_atom, const card_ref&, const mqtt::delivery&) {},
      [](join_atom, const std::string&, const member_ref&) {},
      [](leave_atom, const std::string&, const member_ref&) {},
      [](deliver_atom, const group_mail&) {},
      [](returned_atom, const group_mail&) {},
      [](confirm_atom) {},
      [log](heard_atom, const mqtt::topic_ref& topic, const mqtt::message_ref& m) {
        log->heard.emplace_back(topic->name(), m);
      },
  };
}

struct home_log {
  std::vector<actors::card_ref> adopted;
  std::vector<std::int64_t> views; ///< whose orphans are
};

inline actors::home_actor::behavior_type fake_home(const std::shared_ptr<home_log>& log) {
  using namespace actors;
  return {
      [](claim_atom, const std::shared_ptr<attachment>&) {},
      [](release_atom, const card_ref&, std::uint64_t) {},
      [log](adopt_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        log->adopted.insert(log->adopted.end(), cards->begin(), cards->end());
      },
      [log](adopted_atom, std::int64_t n) { log->views.push_back(n); },
      [](granted_atom, const client_id&, std::uint64_t) {},
      [](held_atom, const client_id&, std::uint64_t, const member_ref&) {},
      [](roster_atom, std::int64_t) {},
      [](attach_atom, const std::shared_ptr<far_attachment>&) {},
      [](shut_down_atom) {},
  };
}

} // namespace mqttzoo::test
