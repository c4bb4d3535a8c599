#include "tests/actors/fakes.hpp"

namespace mqttzoo::test {

actors::peer_actor::behavior_type fake_peer(actors::peer_actor::pointer self,
                                            const std::shared_ptr<peer_log>& log) {
  using namespace actors;
  return {
      [log](publish_atom, const batch_ref& b, const ticket_list& t) {
        log->published.push_back({b, t});
      },
      [log](deliver_atom, const group_mail& m) { log->delivered.push_back(m); },
      [log](returned_atom, std::uint64_t number) { log->returned.push_back(number); },
      [log](settled_atom, const far_receipt& r) { log->settled.push_back(r); },
      [log](settled_atom) { log->take_settlements(); },
      [log](word_atom, std::uint64_t number, const ops_ref& ops) {
        log->words.emplace_back(number, ops);
      },
      [log](outcome_atom, std::uint64_t number, mqtt::reason_code reason) {
        log->outcomes.emplace_back(number, reason);
      },
      [](transit_fell_atom) {},
      [log](tell_atom, const pod_frame& f) { log->frames.push_back(f); },
      [](linked_atom, const net::pod_link_ptr&) {},
      [log](misbehaved_atom, const std::string& why) { log->misbehaved.push_back(why); },
      [](install_atom, const view_ref&) {},
      [log](yield_atom, const view_ref& v) { log->yields.push_back(v->number); },
      [](depart_atom) {},
      [](hand_over_atom, const view_ref&) {},
      [self](shut_down_atom) { self->quit(); },
      [](retire_atom) {},
  };
}

actors::session_actor::behavior_type fake_session(const std::shared_ptr<session_log>& log) {
  using namespace actors;
  return {
      [](deliver_atom, const parcel&) {},
      [](settled_atom, const receipt&) {},
      [](settled_atom) {},
      [](transit_fell_atom) {},
      [](attach_atom, const std::shared_ptr<attachment>&) {},
      [](changed_atom, const change_done&) {},
      [](walked_atom, const retained_page&) {},
      [log](was_stored_atom, const stored& s) { log->stored.push_back(s); },
      [log](saved_atom, std::uint64_t, mqtt::reason_code r) { log->saved.push_back(r); },
      [](released_atom, mqtt::packet_id, mqtt::reason_code) {},
      [log](forgotten_atom, mqtt::stored_number n) { log->expired.push_back(n); },
      [log](erased_atom) { ++log->erased; },
      [](handed_over_atom, mqtt::reason_code) {},
      [](released_atom) {},
      [](yield_atom, mqtt::connection_epoch) {},
      [](judge_atom) {},
      [](dismiss_atom, const dismissal&) {},
      [](go_back_atom) {},
      [](moved_atom) {},
      [](shut_down_atom) {},
  };
}

actors::usher_actor::behavior_type fake_usher(actors::usher_actor::pointer self,
                                              const std::shared_ptr<usher_log>& log) {
  using namespace actors;
  using shared_cards = std::shared_ptr<const std::vector<card_ref>>;
  return {
      [](drain_atom) {},
      [](rebalance_atom, std::uint32_t) {},
      [log](found_atom, const shared_cards& c) { log->found.push_back(*c); },
      [log](dismissed_atom, const shared_cards& c) {
        log->dismissed.insert(log->dismissed.end(), c->begin(), c->end());
      },
      [log](rested_atom, const card_ref& c, rest how) { log->rested.emplace_back(c, how); },
      [log](install_atom, const view_ref& v) { log->asked.push_back(v->number); },
      [log](yield_atom, const view_ref& v) { log->drained.push_back(v->number); },
      [log](given_atom, const shared_cards& c) { log->given.push_back(*c); },
      [log](settle_atom, const view_ref& v) { log->settled.push_back(v->number); },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::adopter_actor::behavior_type fake_adopter(actors::adopter_actor::pointer self,
                                                  const std::shared_ptr<adopter_log>& log) {
  using namespace actors;
  return {
      [log](adopt_atom, const view_ref& v) { log->adopt.push_back(v->number); },
      [log](changed_atom, const card_ref& c) { log->changed.push_back(c); },
      [log](heard_atom, const member_ref&, const pod_frame& f) { log->frames.push_back(f); },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::reaper_actor::behavior_type fake_reaper(actors::reaper_actor::pointer self,
                                                const std::shared_ptr<reaper_log>& log) {
  using namespace actors;
  return {
      [log](settle_atom, const view_ref& v) { log->settled.push_back(v->number); },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::index_actor::behavior_type fake_index(actors::index_actor::pointer self,
                                              const std::shared_ptr<index_log>& log) {
  using namespace actors;
  return {
      [log](activate_atom, const mqtt::topic_ref& topic, unit_index) {
        log->activated.push_back(topic);
      },
      [](forgotten_atom, const mqtt::topic_ref&) {},
      [](probed_atom, const mqtt::topic_ref&, topic_use) {},
      [log](change_atom, const std::shared_ptr<const subscription_change>& c) {
        log->changes.push_back(c);
      },
      [](forget_atom, const card_ref&) {},
      [](go_on_atom) {},
      [](retain_atom, const mqtt::topic_ref&, const mqtt::message_ref&) {},
      [](walk_atom, const std::shared_ptr<const retained_cursor>&) {},
      [](give_back_atom, const card_ref&, const mqtt::delivery&) {},
      [log](join_atom, const std::string& filter, const member_ref& m) {
        log->groups.push_back("join " + filter + ' ' + m->life.str());
      },
      [log](leave_atom, const std::string& filter, const member_ref& m) {
        log->groups.push_back("leave " + filter + ' ' + m->life.str());
      },
      [log](deliver_atom, const group_mail& m) { log->delivered.push_back(m); },
      [log](returned_atom, const group_mail& m) { log->returned.push_back(m); },
      [self](confirm_atom) {
        self->send(caf::actor_cast<directory_actor>(self->current_sender()), confirm_atom::value);
      },
      [log](heard_atom, const mqtt::topic_ref& topic, const mqtt::message_ref& m) {
        log->heard.emplace_back(topic->name(), m);
      },
      [](retain_ended_atom, const mqtt::message_ref&, retain_outcome) {},
  };
}

actors::home_actor::behavior_type fake_home(const std::shared_ptr<home_log>& log) {
  using namespace actors;
  return {
      [](claim_atom, const std::shared_ptr<attachment>&) {},
      [](release_atom, const card_ref&, mqtt::connection_epoch) {},
      [log](adopt_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        log->adopted.insert(log->adopted.end(), cards->begin(), cards->end());
      },
      [log](adopted_atom, std::int64_t n) { log->views.push_back(n); },
      [](granted_atom, const client_id&, std::uint64_t) {},
      [](held_atom, const client_id&, std::uint64_t, const member_ref&) {},
      [](roster_atom, const view_ref&) {},
      [log](list_atom) { ++log->lists; },
      [log](drain_atom, const std::shared_ptr<const drain_orders>& o) { log->orders = o; },
      [log](dismiss_atom, const std::shared_ptr<const dismissal_round>& r) {
        log->rounds.push_back(r);
      },
      [log](go_back_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        log->went_back.insert(log->went_back.end(), cards->begin(), cards->end());
      },
      [log](moved_atom, std::uint64_t batch) { log->moved.push_back(batch); },
      [](attach_atom, const std::shared_ptr<far_attachment>&) {},
      [](shut_down_atom) {},
  };
}

actors::porter_actor::behavior_type fake_porter(actors::porter_actor::pointer self,
                                                const std::shared_ptr<porter_log>& log) {
  using namespace actors;
  return {
      [](attach_atom, const std::shared_ptr<attachment>&, const member_ref&, std::uint64_t) {},
      [](attach_atom, const std::shared_ptr<far_attachment>&) {},
      [](go_on_atom) {},
      [log](heard_atom, const member_ref&, const pod_frame& f) { log->frames.push_back(f); },
      [log](depart_atom, const member_ref& m) { log->departed.push_back(m->life); },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::topic_actor::behavior_type fake_topic(actors::topic_actor::pointer self,
                                              const mqtt::topic_ref& name,
                                              const std::shared_ptr<topic_log>& log) {
  using namespace actors;
  return {
      [log](publish_atom, const batch_ref& b) { log->published.push_back(b); },
      [](change_route_atom, const route_change_ref&) {},
      [](send_retained_atom, const subscriber&) {},
      [](probe_idle_atom) {},
      [self](retire_atom) { self->quit(); },
      [self, log, name](reroute_atom, const std::shared_ptr<const far_route>& r) {
        log->routes.push_back(r);
        if (log->answers)
          self->send(caf::actor_cast<directory_actor>(self->current_sender()), rerouted_atom::value,
                     name);
      },
      [](retain_atom, const mqtt::message_ref&) {},
      [](retain_ended_atom, const mqtt::message_ref&, retain_outcome) {},
  };
}
actors::membership_actor::behavior_type
fake_membership(actors::membership_actor::pointer self,
                const std::shared_ptr<membership_log>& log) {
  using namespace actors;
  return {
      [log](installed_atom, std::int64_t n) { log->installed.push_back(n); },
      [log](adopted_atom, std::int64_t n) { log->adopted.push_back(n); },
      [log](settled_atom, std::int64_t n) { log->settled.push_back(n); },
      [log](drained_atom, std::int64_t n) { log->drained.push_back(n); },
      [log](yielded_atom, std::int64_t n) { log->yielded.push_back(n); },
      [log](handed_over_atom, const pod_life& life) { log->handed_over.push_back(life); },
      [](linked_atom, const net::pod_link_ptr&) {},
      [log](heard_atom, const member_ref&, const pod_frame& f) { log->frames.push_back(f); },
      [](tell_atom, const pod_frame&) {},
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::registrar_actor::behavior_type fake_registrar(actors::registrar_actor::pointer self,
                                                      const std::shared_ptr<registrar_log>& log) {
  using namespace actors;
  return {
      [](claim_atom, const client_id&, std::uint64_t) {},
      [](forget_atom, const client_id&) {},
      [](adopt_atom, const client_id&) {},
      [](released_atom, const client_id&) {},
      [](adopted_atom, std::int64_t) {},
      [](roster_atom, std::int64_t, const std::shared_ptr<const std::vector<client_id>>&) {},
      [log](install_atom, const view_ref& v) { log->installed.push_back(v->number); },
      [log](settle_atom, const view_ref& v) { log->settled.push_back(v->number); },
      [log](heard_atom, const member_ref&, const pod_frame& f) { log->frames.push_back(f); },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::directory_actor::behavior_type fake_directory(actors::directory_actor::pointer self,
                                                      const std::shared_ptr<directory_log>& log) {
  using namespace actors;
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
      [log](install_atom, const view_ref& v) { log->installed.push_back(v); },
      [self, log](settle_atom, const view_ref& v) {
        log->settled.push_back(v->number);
        if (log->answers)
          self->send(caf::actor_cast<membership_actor>(self->current_sender()), settled_atom::value,
                     v->number);
      },
      [self](shut_down_atom) { self->quit(); },
  };
}

actors::post_office_actor::behavior_type
fake_post_office(const std::shared_ptr<post_office_log>& log) {
  using namespace actors;
  return {
      [](deposit_mail_atom, const deposit&) {},
      [log](decline_atom, const ref<publish_ticket>&, const mqtt::message_ref& m) {
        log->declined.push_back(m);
      },
      [](record_atom, const card_ref&, const mqtt::stored_pointer&) {},
      [](forget_atom, const card_ref&, mqtt::stored_number) {},
      [](forget_atom, const card_ref&, mqtt::packet_id) {},
      [](save_atom, const std::shared_ptr<const session_state_record>&) {},
      [](erase_atom, const card_ref&) {},
      [](retain_atom, const mqtt::topic_ref&, const mqtt::message_ref&, const ticket_list&) {},
      [log](word_atom, const ref<publish_ticket>& t, const mqtt::message_ref& m,
            const far_word& w) {
        log->words.push_back({t, m, w});
      },
      [log](expect_atom, const ref<publish_ticket>&, const mqtt::message_ref& m, int more) {
        log->expected.emplace_back(m, more);
      },
      [log](outcome_atom, const member_ref&, std::uint64_t number, mqtt::reason_code r) {
        log->outcomes.emplace_back(number, r);
      },
      [log](install_atom, const view_ref& v) { log->installed.push_back(v->number); },
      [](adopt_atom, const std::shared_ptr<recovered_mail>&) {},
      [](adopt_atom, const std::shared_ptr<const std::vector<found_retained>>&) {},
      [log](heard_atom, const member_ref&, const pod_frame& f) { log->frames.push_back(f); },
      [log](give_atom, const std::shared_ptr<const std::vector<card_ref>>& cards) {
        log->to_give.push_back(*cards);
      },
      [](committed_atom, const std::shared_ptr<bank_commit>&) {},
  };
}

} // namespace mqttzoo::test
