#include "tests/actors/cluster_store.hpp"

namespace mqttzoo::test {

cluster_store_fixture::cluster_store_fixture() {
  for (const auto* life : {"a-1", "b-1", "c-1"})
    make_pod(life);
  for (auto& p : pods)
    see(*p, p->others);
  settle();
}

cluster_store_fixture::~cluster_store_fixture() {
  for (auto& p : pods) {
    for (const auto& card : p->home->adopted)
      caf::anon_send_exit(card->handle, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.post_office, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.bank, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.adopter, caf::exit_reason::user_shutdown);
  }
  settle();
  pods.clear();
}

void cluster_store_fixture::make_pod(const std::string& life) {
  auto& p = *pods.emplace_back(std::make_unique<pod_parts>(*store, life));
  ways.push_back(&p.faults);
  p.pod.life = pod_life{life};
  p.pod.clock = &clock;
  p.pod.store = &p.store;
  p.pod.store_answers = &answers;
  p.pod.units.push_back(&p.services);
  p.services.pod = &p.pod;
  p.services.host = sys.dummy_execution_unit();
  p.services.timers = &timers;
  p.services.limits = actors::make_limits(p.services.settings);
  p.pod.membership = sys.spawn(fake_membership, p.membership);
  p.pod.index = sys.spawn(fake_index, p.index);
  p.pod.home = sys.spawn(fake_home, p.home);
  p.pod.bank = actors::spawn_on<actors::bank>(p.services, sys, paths);
  p.pod.post_office =
      actors::spawn_on<actors::post_office>(p.services, sys, paths, actors::recovered_mail{});
  p.pod.adopter = actors::spawn_on<actors::adopter>(p.services, sys, paths);
  for (const auto* other : {"a-1", "b-1", "c-1"}) {
    if (other == life)
      continue;
    auto member = make_ref<actors::cluster_member>(pod_life{other});
    p.peers.push_back(std::make_shared<peer_log>());
    member->peer = sys.spawn(fake_peer, p.peers.back());
    p.peers.back()->member = member.get();
    p.others.push_back(std::move(member));
  }
}

actors::view_ref cluster_store_fixture::view_of(const pod_parts& p,
                                                std::vector<actors::member_ref> others) {
  return view_of(p, std::move(others), ++last_view);
}

actors::view_ref cluster_store_fixture::view_of(const pod_parts& p,
                                                std::vector<actors::member_ref> others,
                                                std::int64_t n) {
  const actors::member_ref own = make_ref<actors::cluster_member>(p.pod.life);
  others.push_back(own);
  return make_ref<const actors::cluster_view>(n, std::move(others), own);
}

void cluster_store_fixture::see(pod_parts& p, std::vector<actors::member_ref> others) {
  caf::anon_send(p.office(), actors::install_atom::value, view_of(p, std::move(others)));
  settle();
}

std::vector<std::string> cluster_store_fixture::names_below(const std::string& path,
                                                            std::string_view with) {
  std::vector<std::string> found;
  for_each_node_below(path, [&](const zk::scanned_node& node) {
    if (zk::last_level_of(node.path).starts_with(with) && !node.data.empty())
      found.push_back(node.path);
  });
  return found;
}

std::string cluster_store_fixture::data_of(const std::string& path) {
  std::string data = "no node";
  store->get(answers, path, nullptr, [&](expected<zk::node, zk::error> n) {
    if (n)
      data = n->data;
  });
  store->run_turn();
  return data;
}

void cluster_store_fixture::set(const std::string& path, const std::string& data) {
  store->set(answers, path, data, zk::any_version, [](auto r) { CAF_REQUIRE(r); });
  store->run_turn();
}

void cluster_store_fixture::remove(const std::string& path) {
  store->remove(answers, path, zk::any_version, [](auto r) { CAF_REQUIRE(r); });
  store->run_turn();
}

cluster_store_fixture::stored_session
cluster_store_fixture::make_session(pod_parts& p, const std::string& client,
                                    std::vector<mqtt::subscription> subscriptions) {
  stored_session s;
  s.log = std::make_shared<session_log>();
  s.card = make_ref<actors::session_card>(session_number{++last_session}, client_id{client},
                                          unit_index{0});
  s.card->handle = sys.spawn(fake_session, s.log);
  s.card->persistent = true;
  auto state = std::make_shared<actors::session_state_record>();
  state->session = s.card;
  state->revision = 1;
  state->expiry_interval_s = zk::session_never_expires;
  state->subscriptions = std::move(subscriptions);
  caf::anon_send(p.office(), actors::save_atom::value,
                 std::shared_ptr<const actors::session_state_record>{std::move(state)});
  settle();
  CAF_REQUIRE_EQUAL(s.log->saved.size(), 1u);
  CAF_REQUIRE(!mqtt::is_failure(s.log->saved.front()));
  return s;
}

mqtt::message_ref cluster_store_fixture::make_message(const std::string& topic,
                                                      const std::string& payload, bool retain) {
  mqtt::message_head head;
  head.topic = make_ref<const mqtt::shared_topic>(topic);
  head.qos = mqtt::qos::exactly_once;
  head.retain = retain;
  return mqtt::message::make(std::move(head), {}, payload);
}

void cluster_store_fixture::deposit(pod_parts& p, const stored_session& s,
                                    const mqtt::message_ref& m,
                                    const ref<actors::publish_ticket>& t, std::uint64_t number) {
  actors::deposit d{s.card, {m, make_ref<const mqtt::delivery_terms>(), t}, {}};
  d.pointer.number = mqtt::stored_number{number};
  caf::anon_send(p.office(), actors::deposit_mail_atom::value, d);
  settle();
}
} // namespace mqttzoo::test
