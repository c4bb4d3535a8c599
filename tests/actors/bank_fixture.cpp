#include "tests/actors/bank_fixture.hpp"

namespace mqttzoo::test {

bank_fixture::bank_fixture() {
  zk::create_missing(*store, answers, zk::with_ancestors(paths.topic_bucket("t")), [](auto) {});
  store->run_turn();
}

bank_fixture::~bank_fixture() {
  for (auto& p : pods)
    end(*p);
  settle();
  for (auto& p : pods)
    p->pod.bank = nullptr;
  pods.clear();
}

bank_fixture::bank_pod& bank_fixture::start(const std::string& life, zk::faulty_options faulty) {
  auto& p = *pods.emplace_back(std::make_unique<bank_pod>(*store, life, std::move(faulty)));
  ways.push_back(&p.faults);
  calls.push_back(&p.calls);
  p.pod.life = pod_life{life};
  p.pod.clock = &clock;
  p.pod.store = &p.store;
  p.pod.store_answers = &p.calls.answers();
  p.pod.bug = bug;
  p.pod.units.push_back(&p.services);
  p.services.pod = &p.pod;
  p.services.host = sys.dummy_execution_unit();
  p.services.timers = &timers;
  p.services.settings.bank = settings;
  p.ear =
      sys.spawn([&p](actors::commit_listener::pointer) -> actors::commit_listener::behavior_type {
        return {[&p](actors::committed_atom, const std::shared_ptr<actors::bank_commit>& c) {
          p.answered.push_back(c);
          if (c->then)
            c->then(*c);
        }};
      });
  if (!life.empty())
    store->create(answers, paths.pod(p.pod.life), "{}", zk::create_mode::ephemeral, [](auto) {});
  store->run_turn();
  p.pod.bank = actors::spawn_on<actors::bank>(p.services, sys, paths);
  ask(p, std::make_shared<actors::bank_commit>()); // has it open its books
  settle();
  p.answered.clear();
  return p;
}

void bank_fixture::start_reaper(bank_pod& p) {
  p.pod.reaper = actors::spawn_on<actors::reaper>(p.services, sys, paths);
  settle();
  advance(std::chrono::seconds{1});
}

void bank_fixture::expire(bank_pod& p) {
  end(p);
  settle();
  store->remove(answers, paths.pod(p.pod.life), zk::any_version, [](auto) {});
  store->run_turn();
}

void bank_fixture::settle_view(bank_pod& of, const std::vector<bank_pod*>& others, bool and_rest) {
  const actors::member_ref own = make_ref<const actors::cluster_member>(of.pod.life);
  std::vector<actors::member_ref> members{own};
  for (const auto* o : others)
    members.push_back(make_ref<const actors::cluster_member>(o->pod.life));
  std::int64_t number = 0;
  store->exists(answers, paths.pods(), nullptr,
                [&](const auto& found) { number = (*found)->cversion; });
  while (store->run_turn() > 0) {
  }
  caf::anon_send(of.pod.reaper, actors::settle_atom::value,
                 make_ref<const actors::cluster_view>(number, std::move(members), own));
  if (and_rest)
    settle();
}

void bank_fixture::end(bank_pod& p) {
  if (std::exchange(p.dead, true))
    return;
  const auto reason = caf::exit_reason::user_shutdown;
  caf::anon_send_exit(p.pod.bank, reason);
  if (p.pod.reaper)
    caf::anon_send_exit(p.pod.reaper, reason);
  caf::anon_send_exit(p.ear, reason);
  p.ear = nullptr;
  p.pod.reaper = nullptr;
}

std::string bank_fixture::mail_path(bank_pod& p, std::int64_t credits, std::int64_t until_unix_ms) {
  return paths.mail_drop(
      "t", {until_unix_ms, static_cast<std::uint64_t>(credits), p.store.session(), ++last_mail});
}

std::int64_t bank_fixture::until(std::chrono::seconds ttl) const {
  return clock.unix_ms() + ttl.count() * 1000;
}

void bank_fixture::ask(bank_pod& p, std::shared_ptr<actors::bank_commit> c) {
  c->from = p.ear;
  caf::anon_send(p.pod.bank, actors::commit_atom::value, std::move(c));
}

std::shared_ptr<actors::bank_commit> bank_fixture::deposit(bank_pod& p, std::int64_t credits,
                                                           const std::string& client,
                                                           std::chrono::seconds ttl) {
  auto c = std::make_shared<actors::bank_commit>();
  const auto path = mail_path(p, credits, until(ttl));
  c->ops.emplace_back(zk::create_op{path});
  c->cost = credits;
  c->held.push_back({client_id{client}, topic, credits, until(ttl)});
  c->then = [&p, path](const actors::bank_commit& done) {
    if (done.result)
      p.mails.push_back(path);
  };
  ask(p, c);
  return c;
}

std::shared_ptr<actors::bank_commit> bank_fixture::remove(bank_pod& p, const std::string& path,
                                                          const std::string& client) {
  auto c = std::make_shared<actors::bank_commit>();
  c->ops.emplace_back(zk::remove_op{path});
  c->cost = zk::mail_cost(c->ops);
  const auto name = zk::parse_mail_name(zk::last_level_of(path)).value();
  c->held.push_back({client_id{client}, topic, c->cost, name.expires_at_unix_ms});
  ask(p, c);
  return c;
}

void bank_fixture::warm(bank_pod& p, std::int64_t credits) {
  deposit(p, credits);
  settle();
  remove(p, p.mails.at(0));
  settle();
  p.mails.clear();
}

void bank_fixture::check_books() {
  const auto b = read();
  CAF_CHECK_EQUAL(b.sum(), b.total);
  CAF_CHECK(!b.negative);
  CAF_CHECK_GREATER_OR_EQUAL(b.free, 0);
}

zk::version bank_fixture::version_of(const std::string& path) {
  zk::version v = -1;
  store->exists(answers, path, nullptr, [&](const auto& found) {
    if (found && *found)
      v = (*found)->version;
  });
  while (store->run_turn() > 0) {
  }
  return v;
}
} // namespace mqttzoo::test
