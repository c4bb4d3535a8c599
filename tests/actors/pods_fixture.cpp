#include "tests/actors/pods_fixture.hpp"

#include "tests/actors/manual_tree.hpp"

namespace mqttzoo::test {

std::vector<actors::pod_frame> cluster_pod::take_sent(net::link_kind kind) {
  std::vector<actors::pod_frame> found;
  for (auto& f : sent)
    if (f.kind == kind)
      found.push_back(std::move(f));
  sent.clear();
  return found;
}

wire_peer::behavior_type wire_peer::make_behavior() {
  using namespace actors;
  return {
      [](publish_atom, const batch_ref&, const ticket_list&) {},
      [](deliver_atom, const group_mail&) {},
      [](returned_atom, std::uint64_t) {},
      [](settled_atom, const far_receipt&) {},
      [](settled_atom) {},
      [](word_atom, std::uint64_t, const std::shared_ptr<const std::vector<zk::op>>&) {},
      [](outcome_atom, std::uint64_t, mqtt::reason_code) {},
      [](transit_fell_atom) {},
      [this](tell_atom, const pod_frame& f) { pass_on(f); },
      [](linked_atom, const net::pod_link_ptr&) {},
      [this](misbehaved_atom, const std::string& what) { at_.complaints.push_back(what); },
      [](install_atom, const view_ref&) {},
      [](yield_atom, const view_ref&) {},
      [](depart_atom) {},
      [](hand_over_atom, const view_ref&) {},
      [](shut_down_atom) {},
      [](retire_atom) {},
  };
}

void wire_peer::pass_on(const actors::pod_frame& f) {
  at_.sent.push_back(f);
  if (at_.dead || to_.dead)
    return;
  const actors::member_ref from = to_.members[at_.number];
  if (f.kind <= actors::frame_kind::last_of_registrar)
    caf::anon_send(to_.pod.registrar, actors::heard_atom::value, from, f);
  else
    caf::anon_send(to_.units[0].porter, actors::heard_atom::value, from, f);
}

pods_fixture::pods_fixture(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    pods.push_back(std::make_unique<cluster_pod>());
  for (std::size_t i = 0; i < count; ++i)
    make_pod(*pods[i], i);
  for (auto& p : pods)
    for (auto& other : pods) {
      auto member = make_ref<actors::cluster_member>(other->pod.life);
      if (other != p)
        member->peer = sys.spawn<wire_peer>(*p, *other);
      p->members.push_back(std::move(member));
    }
  settle();
}

pods_fixture::~pods_fixture() {
  settle();
  for (auto& p : pods) {
    for (auto& u : p->units) {
      caf::anon_send(u.doorman, actors::shut_down_atom::value);
      caf::anon_send(u.porter, actors::shut_down_atom::value);
      caf::anon_send_exit(u.courier_handle, caf::exit_reason::user_shutdown);
    }
    caf::anon_send(p->pod.home, actors::shut_down_atom::value);
    caf::anon_send(p->pod.registrar, actors::shut_down_atom::value);
    caf::anon_send(p->pod.directory, actors::shut_down_atom::value);
  }
  run();
  for (auto& p : pods) {
    caf::anon_send_exit(p->pod.index, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.post_office, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.bank, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.reaper, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(p->pod.membership, caf::exit_reason::user_shutdown);
    for (auto& m : p->members)
      if (m->peer)
        caf::anon_send_exit(m->peer, caf::exit_reason::user_shutdown);
  }
  settle();
}

void pods_fixture::settle() {
  bool moved = true;
  while (moved) {
    run();
    moved = false;
    for (auto& p : pods)
      moved = p->store->run_turn() > 0 || moved;
  }
}

void pods_fixture::settle_shuffled(std::mt19937_64& random) {
  bool moved = true;
  while (moved) {
    while (step_shuffled(random)) {
    }
    moved = false;
    for (auto& p : pods)
      moved = p->store->run_turn() > 0 || moved;
  }
}

bool pods_fixture::step_shuffled(std::mt19937_64& random) {
  if (sched.jobs.empty())
    return false;
  std::swap(sched.jobs.front(), sched.jobs[random() % sched.jobs.size()]);
  sched.run_once();
  return true;
}

void pods_fixture::some_steps(std::mt19937_64& random, std::size_t below) {
  for (auto steps = random() % below; steps > 0; --steps)
    if (!step_shuffled(random))
      for (auto& p : pods)
        p->store->run_turn();
}

void pods_fixture::advance(std::chrono::nanoseconds by) {
  clock.advance(by);
  timers.run_due(clock.now());
  settle();
}

actors::view_ref pods_fixture::view_of(cluster_pod& p, std::int64_t number,
                                       const std::vector<std::size_t>& alive) const {
  std::vector<actors::member_ref> members;
  for (const auto i : alive)
    members.emplace_back(p.members[i]);
  return make_ref<actors::cluster_view>(number, std::move(members), p.members[p.number]);
}

void pods_fixture::begin_installing(std::int64_t number, const std::vector<std::size_t>& alive) {
  for (const auto i : alive)
    caf::anon_send(pods[i]->pod.registrar, actors::install_atom::value,
                   view_of(*pods[i], number, alive));
}

void pods_fixture::begin_settling(std::int64_t number, const std::vector<std::size_t>& alive) {
  for (const auto i : alive)
    caf::anon_send(pods[i]->pod.registrar, actors::settle_atom::value,
                   view_of(*pods[i], number, alive));
}

void pods_fixture::install_and_settle(std::int64_t number, const std::vector<std::size_t>& alive) {
  begin_installing(number, alive);
  settle();
  begin_settling(number, alive);
  settle();
}

void pods_fixture::kill(std::size_t number) {
  pods[number]->dead = true;
  for (auto& p : pods)
    if (!p->dead)
      for (auto& u : p->units)
        caf::anon_send(u.porter, actors::depart_atom::value,
                       actors::member_ref{p->members[number]});
}

std::string pods_fixture::client_of(std::size_t number,
                                    const std::vector<std::size_t>& alive) const {
  const auto view = view_of(*pods[alive[0]], 0, alive);
  for (int i = 0;; ++i) {
    auto name = "client-" + std::to_string(i);
    const auto bucket = zk::paths{}.client_bucket(client_id{name});
    if (view->home_of(actors::client_bucket{bucket})->life == pods[number]->pod.life)
      return name;
  }
}

std::size_t pods_fixture::sessions(std::size_t number) const {
  std::uint64_t n = 0;
  for (const auto& u : pods[number]->units)
    n += u.counters.sessions.get();
  return n;
}

std::size_t pods_fixture::sessions() const {
  std::size_t n = 0;
  for (const auto& p : pods)
    n += sessions(p->number);
  return n;
}

void pods_fixture::make_pod(cluster_pod& p, std::size_t number) {
  p.number = number;
  p.store = open_manual_tree(clock, p.answers);
  p.pod.life = pod_life{"pod-" + std::to_string(number) + "-7"};
  p.pod.clock = &clock;
  p.pod.store = p.store.get();
  p.pod.store_answers = &p.answers;
  for (std::uint16_t i = 0; i < p.units.size(); ++i)
    make_unit(p, i);
  auto& on = p.units[0];
  p.pod.index = actors::spawn_on<actors::index>(on, sys);
  p.pod.bank = actors::spawn_on<actors::bank>(on, sys, zk::paths{});
  p.pod.reaper = actors::spawn_on<actors::reaper>(on, sys, zk::paths{});
  p.pod.post_office =
      actors::spawn_on<actors::post_office>(on, sys, zk::paths{}, actors::recovered_mail{});
  p.pod.registrar = actors::spawn_on<actors::registrar>(on, sys, zk::paths{});
  p.pod.directory = sys.spawn(fake_directory, std::make_shared<directory_log>());
  p.pod.home = actors::spawn_on<actors::home>(on, sys, actors::home::found_sessions{});
  p.pod.membership = sys.spawn(fake_membership, p.membership);
}

void pods_fixture::make_unit(cluster_pod& p, std::uint16_t number) {
  auto& u = p.units[number];
  u.index = unit_index{number};
  u.pod = &p.pod;
  u.host = sys.dummy_execution_unit();
  u.timers = &timers;
  u.limits = actors::make_limits(u.settings);
  u.adopt = [&p](net::detached_socket) { return p.adoptable; };
  p.pod.units.push_back(&u);
  u.courier_handle = actors::spawn_on<actors::courier>(u, sys);
  u.local_courier =
      static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(u.courier_handle));
  u.doorman = actors::spawn_on<actors::doorman>(u, sys);
  u.porter = actors::spawn_on<actors::porter>(u, sys);
}
} // namespace mqttzoo::test
