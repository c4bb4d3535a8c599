#include "tests/actors/directory_fixture.hpp"

#include "tests/actors/manual_tree.hpp"

namespace mqttzoo::test {

dir_pod::dir_pod(caf::actor_system& sys, core::manual_clock& clock, net::timer_queue& timers,
                 zk::store& beneath, const std::string& life)
    : system(sys), faults(beneath, zk::faulty_options{}), pod_life_name(life) {
  pod.clock = &clock;
  pod.store = &calls;
  pod.store_answers = &calls.answers();
  pod.life = pod_life{life};
  services.pod = &pod;
  services.host = sys.dummy_execution_unit();
  services.timers = &timers;
  pod.units.push_back(&services);
  pod.index = sys.spawn(fake_index, index);
  pod.membership = sys.spawn(fake_membership, membership);
  pod.adopter = sys.spawn(fake_adopter, adopter);
  pod.directory = actors::spawn_on<actors::directory>(services, sys, zk::paths{});
}

void dir_pod::dismiss() {
  caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
  caf::anon_send(pod.membership, actors::shut_down_atom::value);
  caf::anon_send(pod.adopter, actors::shut_down_atom::value);
  caf::anon_send(pod.directory, actors::shut_down_atom::value);
  for (auto& [name, t] : topics)
    caf::anon_send(t.handle, actors::retire_atom::value);
}

void dir_pod::want(const std::string& filter) {
  caf::anon_send(pod.directory, actors::want_atom::value, filter);
}

void dir_pod::unwant(const std::string& filter) {
  caf::anon_send(pod.directory, actors::unwant_atom::value, filter);
}

actors::card_ref dir_pod::confirm(bool adds) {
  auto c = std::make_shared<actors::subscription_change>();
  c->session =
      make_ref<actors::session_card>(session_number{++last_session}, client_id{"c"}, unit_index{});
  c->of_adopted = true;
  if (adds)
    c->add.emplace_back();
  const auto card = c->session;
  caf::anon_send(pod.directory, actors::confirm_atom::value,
                 std::shared_ptr<const actors::subscription_change>{std::move(c)},
                 actors::change_done{});
  return card;
}

topic_log& dir_pod::watch(const std::string& name) {
  auto& t = topics[name];
  t.name = make_ref<const mqtt::shared_topic>(name);
  t.told = std::make_shared<topic_log>();
  t.handle = system.spawn(fake_topic, t.name, t.told);
  caf::anon_send(pod.directory, actors::watch_atom::value, t.name, t.handle);
  return *t.told;
}

void dir_pod::unwatch(const std::string& name) {
  caf::anon_send(pod.directory, actors::unwatch_atom::value, topics.at(name).name);
}

std::shared_ptr<std::size_t> dir_pod::watched_nodes() {
  auto nodes = std::make_shared<std::size_t>();
  faults.watches(answers, {"/", ""}, [nodes](expected<zk::watch_list, zk::error> found) {
    *nodes = found ? found->watches.size() : 0;
  });
  return nodes;
}

directory_fixture::directory_fixture() {
  store = open_manual_tree(clock, answers);
  settle();
}

directory_fixture::~directory_fixture() {
  for (auto& p : pods)
    p.dismiss();
  run(); // its actors end before it does
  pods.clear();
  peers.clear();
  settle();
}

void directory_fixture::create(const std::string& path, const std::string& data) {
  store->create(answers, path, data, zk::create_mode::persistent, [](auto) {});
}

void directory_fixture::remove(const std::string& path) {
  store->remove(answers, path, zk::any_version, [](auto) {});
}

void directory_fixture::settle() {
  constexpr int outage_steps_max = 16; // a link that is down comes up again after some
  for (int still = 0; still < outage_steps_max; ++still) {
    run();
    if (store->run_turn() > 0)
      still = 0;
    for (auto& p : pods)
      if (p.faults.step() || p.calls.run())
        still = 0;
  }
}

dir_pod& directory_fixture::add(const std::string& life) {
  create(zk::paths{}.pod(pod_life{life}));
  auto& p = pods.emplace_back(sys, clock, timers, *store, life);
  settle();
  return p;
}

void directory_fixture::kill(const std::string& life) {
  remove(zk::paths{}.pod(pod_life{life}));
  for (auto& p : pods)
    if (p.pod_life_name == life)
      p.dismiss();
  run();
  pods.remove_if([&](const dir_pod& p) { return p.pod_life_name == life; });
  settle();
}

actors::member_ref directory_fixture::member(const std::string& life) {
  auto& m = peers[life];
  if (!m)
    m = make_ref<actors::cluster_member>(pod_life{life});
  return m;
}

actors::view_ref directory_fixture::view(const dir_pod& of, std::int64_t number,
                                         const strings& lives) {
  std::vector<actors::member_ref> members;
  for (const auto& life : lives)
    members.push_back(member(life));
  return make_ref<const actors::cluster_view>(number, std::move(members), member(of.pod_life_name));
}

void directory_fixture::install_move(std::int64_t number, const strings& lives,
                                     const std::string& mover) {
  for (auto& p : pods) {
    const auto v = view(p, number, lives);
    const actors::session_move move{member(mover), 1, actors::move_purpose::rebalance};
    caf::anon_send(p.pod.directory, actors::install_atom::value,
                   make_ref<const actors::cluster_view>(number, v->members, v->self, move));
  }
  settle();
}

void directory_fixture::install(std::int64_t number, const strings& lives) {
  for (auto& p : pods)
    if (std::find(lives.begin(), lives.end(), p.pod_life_name) != lives.end())
      caf::anon_send(p.pod.directory, actors::install_atom::value, view(p, number, lives));
  settle();
}

void directory_fixture::settle_view(std::int64_t number, const strings& lives) {
  for (auto& p : pods)
    if (std::find(lives.begin(), lives.end(), p.pod_life_name) != lives.end())
      caf::anon_send(p.pod.directory, actors::settle_atom::value, view(p, number, lives));
  settle();
}

void directory_fixture::enter_view(std::int64_t number, const strings& lives) {
  install(number, lives);
  settle_view(number, lives);
}

strings directory_fixture::children(const std::string& path) {
  strings names;
  store->children(answers, path, nullptr, [&](auto found) {
    if (found)
      names = found->names;
  });
  while (store->run_turn() > 0) {
  }
  return names;
}

std::string directory_fixture::data(const std::string& path) {
  std::string text;
  store->get(answers, path, nullptr, [&](auto found) {
    if (found)
      text = found->data;
  });
  while (store->run_turn() > 0) {
  }
  return text;
}
} // namespace mqttzoo::test
