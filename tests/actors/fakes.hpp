// Actors that write down what they are told, in place of those a suite does not need.
//
// Each is spawned with its log, as in `sys.spawn(fake_peer, log)`. The logs belong to the test;
// everything runs on its thread. Who is told to shut down ends; the others end with an exit
// message, or when nobody refers to them.
#pragma once

#include "actors/cluster_view.hpp"
#include "actors/interfaces.hpp"
#include "actors/publish_ticket.hpp"

#include <caf/actor_cast.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mqttzoo::test {

using ops_ref = std::shared_ptr<const std::vector<zk::op>>;

struct peer_log {
  struct sent {
    actors::batch_ref messages;
    actors::ticket_list tickets;
  };
  std::vector<sent> published;
  std::vector<actors::group_mail> delivered;
  std::vector<std::uint64_t> returned;
  std::vector<actors::far_receipt> settled;
  std::vector<std::pair<std::uint64_t, ops_ref>> words;
  std::vector<std::pair<std::uint64_t, mqtt::reason_code>> outcomes;
  std::vector<actors::pod_frame> frames;
  std::vector<std::string> misbehaved;
  std::vector<std::int64_t> yields; ///< views

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

actors::peer_actor::behavior_type fake_peer(actors::peer_actor::pointer self,
                                            const std::shared_ptr<peer_log>& log);

struct session_log {
  std::vector<actors::stored> stored;
  std::vector<mqtt::reason_code> saved;
  std::vector<mqtt::stored_number> expired;
  int erased = 0;
};

actors::session_actor::behavior_type fake_session(const std::shared_ptr<session_log>& log);

struct membership_log {
  std::vector<std::int64_t> installed;
  std::vector<std::int64_t> adopted;
  std::vector<std::int64_t> settled;
  std::vector<std::int64_t> drained;
  std::vector<std::int64_t> yielded;
  std::vector<pod_life> handed_over;
  std::vector<actors::pod_frame> frames; ///< of other pods
};

actors::membership_actor::behavior_type fake_membership(actors::membership_actor::pointer self,
                                                        const std::shared_ptr<membership_log>& log);

struct usher_log {
  using cards = std::vector<actors::card_ref>;
  std::vector<cards> found;
  cards dismissed;
  std::vector<std::pair<actors::card_ref, actors::rest>> rested;
  std::vector<cards> given;
  std::vector<std::int64_t> asked;   ///< views in which it is to yield
  std::vector<std::int64_t> drained; ///< and in which nothing is under way to this pod any more
  std::vector<std::int64_t> settled;
};

actors::usher_actor::behavior_type fake_usher(actors::usher_actor::pointer self,
                                              const std::shared_ptr<usher_log>& log);

struct adopter_log {
  std::vector<actors::card_ref> changed;
  std::vector<actors::pod_frame> frames; ///< of other pods
  std::vector<std::int64_t> adopt;       ///< views whose orphans it is to adopt
};

actors::adopter_actor::behavior_type fake_adopter(actors::adopter_actor::pointer self,
                                                  const std::shared_ptr<adopter_log>& log);

struct reaper_log {
  std::vector<std::int64_t> settled; ///< views
};

actors::reaper_actor::behavior_type fake_reaper(actors::reaper_actor::pointer self,
                                                const std::shared_ptr<reaper_log>& log);

struct registrar_log {
  std::vector<std::int64_t> installed; ///< views
  std::vector<std::int64_t> settled;
  std::vector<actors::pod_frame> frames; ///< of other pods
};

actors::registrar_actor::behavior_type fake_registrar(actors::registrar_actor::pointer self,
                                                      const std::shared_ptr<registrar_log>& log);

struct directory_log {
  std::vector<actors::view_ref> installed;
  std::vector<std::int64_t> settled; ///< views
  bool answers = true;               ///< `settle` with `settled`, each time
};

/// Of a pod whose topics and filters nobody else wants, and whose store is always written.
actors::directory_actor::behavior_type fake_directory(actors::directory_actor::pointer self,
                                                      const std::shared_ptr<directory_log>& log);

struct index_log {
  std::vector<std::pair<std::string, mqtt::message_ref>> heard; ///< topic, retained message
  std::vector<std::shared_ptr<const actors::subscription_change>> changes;
  std::vector<mqtt::topic_ref> activated;
  std::vector<std::string> groups; ///< "join <filter> <life>", "leave <filter> <life>"
  std::vector<actors::group_mail> delivered;
  std::vector<actors::group_mail> returned;
};

actors::index_actor::behavior_type fake_index(actors::index_actor::pointer self,
                                              const std::shared_ptr<index_log>& log);

struct home_log {
  std::vector<actors::card_ref> adopted;
  std::vector<std::int64_t> views; ///< whose orphans are
  int lists = 0;                   ///< how often it was asked who is here
  std::shared_ptr<const actors::drain_orders> orders;
  std::vector<std::shared_ptr<const actors::dismissal_round>> rounds;
  std::vector<actors::card_ref> went_back;
  std::vector<std::uint64_t> moved; ///< batches
};

actors::home_actor::behavior_type fake_home(const std::shared_ptr<home_log>& log);

struct post_office_log {
  struct spoken {
    ref<actors::publish_ticket> ticket;
    mqtt::message_ref message;
    actors::far_word word;
  };
  std::vector<spoken> words;
  std::vector<std::pair<mqtt::message_ref, int>> expected; ///< more words of that message
  std::vector<mqtt::message_ref> declined;
  std::vector<std::pair<std::uint64_t, mqtt::reason_code>> outcomes;
  std::vector<std::int64_t> installed;   ///< views
  std::vector<actors::pod_frame> frames; ///< of other pods
  std::vector<std::vector<actors::card_ref>> to_give;
};

actors::post_office_actor::behavior_type
fake_post_office(const std::shared_ptr<post_office_log>& log);

struct porter_log {
  std::vector<actors::pod_frame> frames; ///< of other pods
  std::vector<pod_life> departed;
};

actors::porter_actor::behavior_type fake_porter(actors::porter_actor::pointer self,
                                                const std::shared_ptr<porter_log>& log);

struct topic_log {
  std::vector<actors::batch_ref> published;
  std::vector<std::shared_ptr<const actors::far_route>> routes;
  bool answers = true; ///< a route with `rerouted`, each time

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

actors::topic_actor::behavior_type fake_topic(actors::topic_actor::pointer self,
                                              const mqtt::topic_ref& name,
                                              const std::shared_ptr<topic_log>& log);

} // namespace mqttzoo::test
