// Actors of a cluster that stand for other pods and for what a pod has besides its directory: they
// write down what they are told.
//
// Live for one test, on the test's thread.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/publish_ticket.hpp"

#include <caf/test/dsl.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

/// What a peer was told.
struct told_peer {
  struct sent {
    actors::batch_ref messages;
    actors::ticket_list tickets;
  };
  std::vector<sent> published;
  std::vector<actors::group_mail> delivered;
  std::vector<std::uint64_t> returned;
  std::vector<actors::far_receipt> settled;

  /// Whose pigeonhole it empties.
  const actors::cluster_member* member = nullptr;
  void take_settlements() {
    for (const auto& s : member->settlements.take())
      settled.push_back({s.outcome, {s.number}, s.delayed});
  }

  /// Payloads of what was published since the last call; it is let go of.
  std::vector<std::string> payloads() {
    std::vector<std::string> all;
    for (const auto& s : std::exchange(published, {}))
      for (const auto& p : s.messages->publications)
        all.emplace_back(p.message->payload());
    return all;
  }
};

inline actors::peer_actor spawn_fake_peer(caf::actor_system& sys, std::shared_ptr<told_peer> told) {
  using namespace actors;
  return sys.spawn([told](peer_actor::pointer self) -> peer_actor::behavior_type {
    return {
        [told](publish_atom, const batch_ref& b, const ticket_list& t) {
          told->published.push_back({b, t});
        },
        [told](deliver_atom, const group_mail& m) { told->delivered.push_back(m); },
        [told](returned_atom, std::uint64_t n) { told->returned.push_back(n); },
        [told](settled_atom, const far_receipt& r) { told->settled.push_back(r); },
        [told](settled_atom) { told->take_settlements(); },
        [](word_atom, std::uint64_t, const std::shared_ptr<const std::vector<zk::op>>&) {},
        [](outcome_atom, std::uint64_t, mqtt::reason_code) {},
        [](tell_atom, const pod_frame&) {},
        [](linked_atom, const net::pod_link_ptr&) {},
        [](misbehaved_atom, const std::string&) {},
        [](install_atom, const view_ref&) {},
        [](depart_atom) {},
        [](hand_over_atom, const view_ref&) {},
        [self](shut_down_atom) { self->quit(); },
    };
  });
}

/// What the membership and the adopter of a pod were told.
struct told_cluster {
  std::vector<std::int64_t> installed;
  std::vector<actors::card_ref> adopted;
};

inline actors::membership_actor spawn_fake_membership(caf::actor_system& sys,
                                                      std::shared_ptr<told_cluster> told) {
  using namespace actors;
  return sys.spawn([told](membership_actor::pointer self) -> membership_actor::behavior_type {
    return {
        [told](installed_atom, std::int64_t n) { told->installed.push_back(n); },
        [](adopted_atom, std::int64_t) {},
        [](handed_over_atom, const pod_life&) {},
        [](linked_atom, const net::pod_link_ptr&) {},
        [](heard_atom, const member_ref&, const pod_frame&) {},
        [](tell_atom, const pod_frame&) {},
        [self](shut_down_atom) { self->quit(); },
    };
  });
}

inline actors::adopter_actor spawn_fake_adopter(caf::actor_system& sys,
                                                std::shared_ptr<told_cluster> told) {
  using namespace actors;
  return sys.spawn([told](adopter_actor::pointer self) -> adopter_actor::behavior_type {
    return {
        [](adopt_atom, const view_ref&) {},
        [told](changed_atom, const card_ref& c) { told->adopted.push_back(c); },
        [self](shut_down_atom) { self->quit(); },
    };
  });
}

inline actors::registrar_actor spawn_fake_registrar(caf::actor_system& sys) {
  using namespace actors;
  return sys.spawn([](registrar_actor::pointer self) -> registrar_actor::behavior_type {
    return {
        [](claim_atom, const client_id&, std::uint64_t) {},
        [](forget_atom, const client_id&) {},
        [](adopt_atom, const client_id&) {},
        [](released_atom, const client_id&) {},
        [](adopted_atom, std::int64_t) {},
        [](roster_atom, std::int64_t, const std::shared_ptr<const std::vector<client_id>>&) {},
        [](install_atom, const view_ref&) {},
        [](settle_atom, const view_ref&) {},
        [](heard_atom, const member_ref&, const pod_frame&) {},
        [self](shut_down_atom) { self->quit(); },
    };
  });
}

/// A directory of a pod whose topics and filters nobody else wants, and whose store is always
/// written.
inline actors::directory_actor spawn_fake_directory(caf::actor_system& sys) {
  using namespace actors;
  return sys.spawn([](directory_actor::pointer self) -> directory_actor::behavior_type {
    return {
        [](want_atom, const std::string&) {},
        [](unwant_atom, const std::string&) {},
        [self](confirm_atom, const std::shared_ptr<const subscription_change>& c,
               const change_done& done) {
          self->send(c->session->handle, changed_atom::value, done);
        },
        [](confirm_atom) {},
        [self](watch_atom, const mqtt::topic_ref&, const topic_actor& t) {
          self->send(t, reroute_atom::value, std::make_shared<const far_route>());
        },
        [](unwatch_atom, const mqtt::topic_ref&) {},
        [](rerouted_atom, const mqtt::topic_ref&) {},
        [](install_atom, const view_ref&) {},
        [](settle_atom, const view_ref&) {},
        [self](shut_down_atom) { self->quit(); },
    };
  });
}

/// What a directory told the index of its pod.
struct told_index {
  std::vector<std::string> log; ///< "join <filter> <life>", "leave <filter> <life>"
};

inline actors::index_actor spawn_fake_index(caf::actor_system& sys,
                                            std::shared_ptr<told_index> told) {
  using namespace actors;
  return sys.spawn([told](index_actor::pointer self) -> index_actor::behavior_type {
    return {
        [](activate_atom, const mqtt::topic_ref&, unit_index) {},
        [](forgotten_atom, const mqtt::topic_ref&) {},
        [](probe_idle_atom, const mqtt::topic_ref&, topic_use) {},
        [](change_atom, const std::shared_ptr<const subscription_change>&) {},
        [](forget_atom, const card_ref&) {},
        [self](go_on_atom) { self->quit(); },
        [](retain_atom, const mqtt::topic_ref&, const mqtt::message_ref&) {},
        [](walk_atom, const std::shared_ptr<const retained_cursor>&) {},
        [](give_back_atom, const card_ref&, const mqtt::delivery&) {},
        [told](join_atom, const std::string& filter, const member_ref& m) {
          told->log.push_back("join " + filter + ' ' + m->life.str());
        },
        [told](leave_atom, const std::string& filter, const member_ref& m) {
          told->log.push_back("leave " + filter + ' ' + m->life.str());
        },
        [](deliver_atom, const group_mail&) {},
        [](returned_atom, const group_mail&) {},
        [self](confirm_atom) {
          self->send(caf::actor_cast<directory_actor>(self->current_sender()), confirm_atom::value);
        },
        [](heard_atom, const mqtt::topic_ref&, const mqtt::message_ref&) {},
        [](paid_atom, const mqtt::message_ref&, bool) {},
    };
  });
}

/// What a directory told a topic.
struct told_topic {
  std::vector<std::shared_ptr<const actors::far_route>> routes;
  bool answers = true; ///< with `rerouted`, each time

  /// The last route: lives, and "wait" if promises have to; "-" if there is none.
  std::string route() const {
    if (routes.empty())
      return "-";
    std::string text;
    for (const auto& m : routes.back()->pods)
      text += (text.empty() ? "" : " ") + m->life.str();
    if (routes.back()->promises_wait)
      text += text.empty() ? "wait" : " wait";
    return text;
  }
};

inline actors::topic_actor spawn_fake_topic(caf::actor_system& sys, mqtt::topic_ref name,
                                            std::shared_ptr<told_topic> told) {
  using namespace actors;
  return sys.spawn([told, name](topic_actor::pointer self) -> topic_actor::behavior_type {
    return {
        [](publish_atom, const batch_ref&) {},
        [](change_route_atom, const route_change_ref&) {},
        [](send_retained_atom, const subscriber&) {},
        [](probe_idle_atom) {},
        [self](retire_atom) { self->quit(); },
        [self, told, name](reroute_atom, const std::shared_ptr<const far_route>& r) {
          told->routes.push_back(r);
          if (told->answers)
            self->send(caf::actor_cast<directory_actor>(self->current_sender()),
                       rerouted_atom::value, name);
        },
        [](retain_atom, const mqtt::message_ref&) {},
        [](paid_atom, const mqtt::message_ref&, bool) {},
    };
  });
}

} // namespace mqttzoo::test
