#include "tests/actors/pod_fixture.hpp"

#include "tests/actors/manual_tree.hpp"

namespace mqttzoo::test {

pod_fixture::pod_fixture(pod_options options) : clock(options.clock ? *options.clock : own_clock_) {
  store = open_manual_tree(clock, answers, options.path);
  faults = std::make_unique<zk::faulty_store>(*store, options.faults);
  pod.random_seed = options.random_seed;
  pod.clock = &clock;
  calls = std::make_unique<polite_store>(*faults);
  pod.store = calls.get();
  pod.store_answers = &calls->answers();
  services.settings.bank = second.settings.bank = banking.settings.bank = options.bank;
  banking.pod = &pod;
  banking.host = sys.dummy_execution_unit();
  banking.timers = &bank_timers;
  pod.workers = &workers;
  pod.gatekeeper = actors::spawn_on<actors::gatekeeper>(services, sys);
  make_unit(services, 0);
  make_unit(second, 1);
  make_actors(std::move(options.found));
  settle();
}

pod_fixture::~pod_fixture() {
  settle();
  for (auto* u : pod.units) {
    caf::anon_send(u->doorman, actors::shut_down_atom::value);
    caf::anon_send_exit(u->courier_handle, caf::exit_reason::user_shutdown);
  }
  caf::anon_send(pod.home, actors::shut_down_atom::value);
  run();
  for (auto& [life, other] : others_)
    caf::anon_send(other.member->peer, actors::shut_down_atom::value);
  others_.clear();
  if (pod.clustered()) {
    caf::anon_send(pod.membership, actors::shut_down_atom::value);
    caf::anon_send(pod.adopter, actors::shut_down_atom::value);
    caf::anon_send(pod.registrar, actors::shut_down_atom::value);
    caf::anon_send(pod.directory, actors::shut_down_atom::value);
  }
  caf::anon_send_exit(pod.gatekeeper, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pod.index, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pod.post_office, caf::exit_reason::user_shutdown);
  settle();
  caf::anon_send_exit(pod.bank, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pod.reaper, caf::exit_reason::user_shutdown);
  settle();
  for (auto* u : pod.units) {
    u->courier_handle = nullptr;
    u->doorman = nullptr;
  }
  pod.gatekeeper = nullptr;
  pod.membership = nullptr;
  pod.adopter = nullptr;
  pod.registrar = nullptr;
  pod.directory = nullptr;
  pod.index = nullptr;
  pod.home = nullptr;
  pod.post_office = nullptr;
  pod.bank = nullptr;
  pod.reaper = nullptr;
}

void pod_fixture::settle() {
  do
    run();
  while (calls->run() || store->run_turn() > 0 || faults->step());
  run();
}

void pod_fixture::settle_shuffled(std::mt19937_64& random) {
  do
    while (step_shuffled(random)) {
    }
  while (calls->run() || store->run_turn() > 0);
}

bool pod_fixture::step_shuffled(std::mt19937_64& random) {
  if (sched.jobs.empty())
    return false;
  std::swap(sched.jobs.front(), sched.jobs[random() % sched.jobs.size()]);
  sched.run_once();
  return true;
}

void pod_fixture::advance(std::chrono::nanoseconds by) {
  pass(by);
  settle();
}

void pod_fixture::pass(std::chrono::nanoseconds by) {
  clock.advance(by);
  timers.run_due(clock.now());
  bank_timers.run_due(clock.now());
}

std::size_t pod_fixture::nodes_below(const std::string& path, std::string_view with) {
  std::size_t n = 0;
  for_each_node_below(path, [&](const zk::scanned_node& node) {
    n += zk::last_level_of(node.path).starts_with(with) && !node.data.empty();
  });
  return n;
}

std::size_t pod_fixture::stored_sessions() {
  return nodes_below(zk::paths{}.sessions(), "") - pointers() - received_ids();
}

void pod_fixture::join_cluster() {
  pod.life = pod_life{"self"};
  pod.membership = sys.spawn(fake_membership, membership);
  pod.adopter = sys.spawn(fake_adopter, adopter);
  pod.registrar = sys.spawn(fake_registrar, std::make_shared<registrar_log>());
  pod.directory = actors::spawn_on<actors::directory>(services, sys, zk::paths{});
  settle();
}

pod_fixture::other_pod& pod_fixture::other(const std::string& life) {
  auto& o = others_[life];
  if (!o.member) {
    o.told = std::make_shared<peer_log>();
    auto m = make_ref<actors::cluster_member>(pod_life{life});
    m->peer = sys.spawn(fake_peer, o.told);
    o.member = m;
    o.told->member = m.get();
    store->create(answers, zk::paths{}.pod(m->life), {}, zk::create_mode::persistent, [](auto) {});
  }
  return o;
}

actors::view_ref pod_fixture::view_with(std::int64_t number,
                                        const std::vector<std::string>& lives) {
  std::vector<actors::member_ref> members{self_};
  for (const auto& life : lives)
    members.push_back(other(life).member);
  return make_ref<const actors::cluster_view>(number, std::move(members), self_);
}

void pod_fixture::enter_view(std::int64_t number, const std::vector<std::string>& lives) {
  const auto v = view_with(number, lives);
  caf::anon_send(pod.directory, actors::install_atom::value, v);
  settle();
  caf::anon_send(pod.directory, actors::settle_atom::value, v);
  settle();
}

void pod_fixture::other_wants(const std::string& life, const std::string& topic) {
  const zk::paths paths;
  zk::bucket_record record;
  record.add(pod_life{life}, paths.topic_hash(topic));
  const auto path = paths.topic_bucket(topic);
  for (const auto& p : zk::with_ancestors(path))
    store->create(answers, p, {}, zk::create_mode::persistent, [](auto) {});
  store->set(answers, path, zk::encode_bucket(record).value(), zk::any_version, [](auto) {});
  settle();
}

void pod_fixture::other_wants_filter(const std::string& life, const std::string& shard,
                                     std::vector<zk::filter_change> changes) {
  const zk::paths paths;
  const auto path = paths.wildcard_shard(shard);
  store->create(answers, path, {}, zk::create_mode::persistent, [](auto) {});
  store->create(answers,
                path + '/' + zk::log_node_prefix(pod_life{life}, zk::log_node_name::kind::delta),
                zk::encode_filter_log({0, 1, std::move(changes)}).value(),
                zk::create_mode::persistent_sequential, [](auto) {});
  settle();
}

actors::doorman& pod_fixture::doorman_of(actors::unit_services& on) {
  return static_cast<actors::doorman&>(*caf::actor_cast<caf::abstract_actor*>(on.doorman));
}

void pod_fixture::make_unit(actors::unit_services& u, std::uint16_t number) {
  u.index = unit_index{number};
  u.pod = &pod;
  u.host = sys.dummy_execution_unit();
  u.timers = &timers;
  u.limits = actors::make_limits(u.settings);
  u.adopt = [this](net::detached_socket) { return adoptable; };
  pod.units.push_back(&u);
  u.courier_handle = actors::spawn_on<actors::courier>(u, sys);
  u.local_courier =
      static_cast<actors::courier*>(caf::actor_cast<caf::abstract_actor*>(u.courier_handle));
  u.doorman = actors::spawn_on<actors::doorman>(u, sys);
}

void pod_fixture::make_actors(actors::recovered found) {
  pod.index = actors::spawn_on<actors::index>(services, sys);
  for (auto& m : found.retained)
    caf::anon_send(pod.index, actors::retain_atom::value, m->shared_topic_name(), m);
  auto mail = actors::mail_of(found);
  actors::home::found_sessions cards;
  for (auto& s : found.sessions) {
    auto change = std::make_shared<actors::subscription_change>();
    change->add = s.state->subscriptions;
    auto received = s.state->received;
    auto card = actors::spawn_session(services, sys, s.client, s.state);
    change->session = card;
    caf::anon_send(pod.index, actors::change_atom::value,
                   std::shared_ptr<const actors::subscription_change>{std::move(change)});
    for (auto& p : s.pointers) {
      p.session = card;
      mail.pointers.push_back(std::move(p));
    }
    mail.received.emplace_back(card, std::move(received));
    cards.push_back(std::move(card));
  }
  pod.bank = actors::spawn_on<actors::bank>(banking, sys, zk::paths{});
  pod.reaper = actors::spawn_on<actors::reaper>(banking, sys, zk::paths{});
  pod.post_office =
      actors::spawn_on<actors::post_office>(services, sys, zk::paths{}, std::move(mail));
  pod.home = actors::spawn_on<actors::home>(services, sys, std::move(cards));
}
} // namespace mqttzoo::test
