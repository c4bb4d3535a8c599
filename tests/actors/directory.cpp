// Directories of several pods over one store: what each wants, the topics of the others are told.
#define CAF_SUITE directory
#include "actors/directory.hpp"

#include "actors/limits.hpp"
#include "core/clock.hpp"
#include "tests/actors/fake_peer.hpp"
#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

#include <list>
#include <map>

using namespace mqttzoo;
using actors::far_route;
using strings = std::vector<std::string>;

namespace {

/// A pod that consists of a directory.
struct dir_pod {
  dir_pod(caf::actor_system& sys, core::manual_clock& clock, net::timer_queue& timers,
          zk::store& beneath, const std::string& life)
      : system(sys), faults(beneath, zk::faulty_options{}), pod_life_name(life) {
    pod.clock = &clock;
    pod.store = &faults;
    pod.store_answers = &answers;
    pod.life = pod_life{life};
    services.pod = &pod;
    services.host = sys.dummy_execution_unit();
    services.timers = &timers;
    pod.units.push_back(&services);
    pod.index = test::spawn_fake_index(sys, index);
    pod.membership = test::spawn_fake_membership(sys, told);
    pod.adopter = test::spawn_fake_adopter(sys, told);
    pod.directory = actors::spawn_on<actors::directory>(services, sys, zk::paths{});
  }

  ~dir_pod() {
    caf::anon_send(pod.index, actors::go_on_atom::value);
    caf::anon_send(pod.membership, actors::shut_down_atom::value);
    caf::anon_send(pod.adopter, actors::shut_down_atom::value);
    caf::anon_send(pod.directory, actors::shut_down_atom::value);
    for (auto& [name, t] : topics)
      caf::anon_send(t.handle, actors::retire_atom::value);
  }

  void want(const std::string& filter) {
    caf::anon_send(pod.directory, actors::want_atom::value, filter);
  }
  void unwant(const std::string& filter) {
    caf::anon_send(pod.directory, actors::unwant_atom::value, filter);
  }

  /// Asks for a confirm, which told->adopted records.
  actors::card_ref confirm(bool adds = true) {
    auto c = std::make_shared<actors::subscription_change>();
    c->session = make_ref<actors::session_card>(session_number{++last_session}, client_id{"c"},
                                                unit_index{});
    c->of_adopted = true;
    if (adds)
      c->add.emplace_back();
    const auto card = c->session;
    caf::anon_send(pod.directory, actors::confirm_atom::value,
                   std::shared_ptr<const actors::subscription_change>{std::move(c)},
                   actors::change_done{});
    return card;
  }

  test::told_topic& watch(const std::string& name) {
    auto& t = topics[name];
    t.name = make_ref<const mqtt::shared_topic>(name);
    t.told = std::make_shared<test::told_topic>();
    t.handle = test::spawn_fake_topic(system, t.name, t.told);
    caf::anon_send(pod.directory, actors::watch_atom::value, t.name, t.handle);
    return *t.told;
  }
  void unwatch(const std::string& name) {
    caf::anon_send(pod.directory, actors::unwatch_atom::value, topics.at(name).name);
  }

  struct topic {
    mqtt::topic_ref name;
    actors::topic_actor handle;
    std::shared_ptr<test::told_topic> told;
  };

  caf::actor_system& system;
  zk::inline_executor answers;
  zk::faulty_store faults;
  std::string pod_life_name;
  actors::pod_services pod;
  actors::unit_services services;
  std::shared_ptr<test::told_index> index = std::make_shared<test::told_index>();
  std::shared_ptr<test::told_cluster> told = std::make_shared<test::told_cluster>();
  std::map<std::string, topic> topics;
  std::uint64_t last_session = 0;
};

struct directory_fixture : test_coordinator_fixture<> {
  directory_fixture() {
    zk::embedded_options embedded;
    embedded.path = ":memory:";
    embedded.clock = &clock;
    embedded.threading = zk::store_threading::manual;
    store = std::move(zk::embedded_store::open(embedded).value());
    for (const auto& path : zk::paths{}.skeleton())
      create(path);
    settle();
  }

  ~directory_fixture() override {
    pods.clear();
    peers.clear();
    settle();
  }

  void create(const std::string& path, const std::string& data = {}) {
    store->create(answers, path, data, zk::create_mode::persistent, [](auto) {});
  }
  void remove(const std::string& path) {
    store->remove(answers, path, zk::any_version, [](auto) {});
  }

  void settle() {
    bool moved = false;
    do {
      run();
      moved = store->run_turn() > 0;
      for (auto& p : pods)
        moved |= p.faults.step();
    } while (moved);
    run();
  }

  /// A pod with its ephemeral node; `self` of its own views has no peer.
  dir_pod& add(const std::string& life) {
    create(zk::paths{}.pod(pod_life{life}));
    auto& p = pods.emplace_back(sys, clock, timers, *store, life);
    settle();
    return p;
  }

  void kill(const std::string& life) {
    remove(zk::paths{}.pod(pod_life{life}));
    pods.remove_if([&](const dir_pod& p) {
      return p.pod_life_name == life;
    });
    settle();
  }

  actors::member_ref member(const std::string& life) {
    auto& m = peers[life];
    if (!m)
      m = make_ref<actors::cluster_member>(pod_life{life});
    return m;
  }

  actors::view_ref view(const dir_pod& of, std::int64_t number, const strings& lives) {
    std::vector<actors::member_ref> members;
    for (const auto& life : lives)
      members.push_back(member(life));
    return make_ref<const actors::cluster_view>(number, std::move(members),
                                                member(of.pod_life_name));
  }
  void install(std::int64_t number, const strings& lives) {
    for (auto& p : pods)
      caf::anon_send(p.pod.directory, actors::install_atom::value, view(p, number, lives));
    settle();
  }
  void settle_view(std::int64_t number, const strings& lives) {
    for (auto& p : pods)
      caf::anon_send(p.pod.directory, actors::settle_atom::value, view(p, number, lives));
    settle();
  }
  void enter_view(std::int64_t number, const strings& lives) {
    install(number, lives);
    settle_view(number, lives);
  }

  strings children(const std::string& path) {
    strings names;
    store->children(answers, path, nullptr, [&](auto found) {
      if (found)
        names = found->names;
    });
    while (store->run_turn() > 0) {
    }
    return names;
  }
  std::string data(const std::string& path) {
    std::string text;
    store->get(answers, path, nullptr, [&](auto found) {
      if (found)
        text = found->data;
    });
    while (store->run_turn() > 0) {
    }
    return text;
  }

  core::manual_clock clock;
  net::timer_queue timers;
  zk::inline_executor answers;
  std::unique_ptr<zk::embedded_store> store;
  std::map<std::string, actors::member_ref> peers;
  std::list<dir_pod> pods;
  const zk::paths paths;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(directory_tests, directory_fixture)

CAF_TEST(nothing flows before the first view is settled) {
  auto& a = add("a");
  auto& t = a.watch("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "-");
  install(1, {"a"});
  CAF_CHECK_EQUAL(a.told->installed, (std::vector<std::int64_t>{1}));
  CAF_CHECK_EQUAL(t.route(), "-");
  settle_view(1, {"a"});
  CAF_CHECK_EQUAL(t.route(), "");
}

CAF_TEST(an exact want reaches the topics of other pods and goes again) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &before = a.watch("t"), &own = b.watch("t");
  settle();
  CAF_CHECK_EQUAL(before.route(), "");
  b.want("t");
  settle();
  CAF_CHECK_EQUAL(before.route(), "b");
  CAF_CHECK_EQUAL(own.route(), ""); // of itself a pod hears nothing
  b.unwant("t");
  settle();
  CAF_CHECK_EQUAL(before.route(), "");
}

CAF_TEST(of two pods that want a topic each stands in its route once and by life) {
  auto &c = add("c"), &b = add("b"), &a = add("a");
  enter_view(1, {"a", "b", "c"});
  for (auto* p : {&c, &b}) {
    p->want("t/1");
    p->want("t/+");
    p->want("#");
  }
  settle();
  auto& t = a.watch("t/1");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b c");
  b.unwant("t/1");
  b.unwant("#");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b c");
  b.unwant("t/+");
  settle();
  CAF_CHECK_EQUAL(t.route(), "c");
}

CAF_TEST(writers of one bucket all keep their wants) {
  auto &a = add("a"), &b = add("b"), &c = add("c");
  enter_view(1, {"a", "b", "c"});
  auto& t = a.watch("t");
  for (auto* p : {&b, &c})
    p->want("t"); // both read before either has written
  settle();
  CAF_CHECK_EQUAL(t.route(), "b c");
  CAF_CHECK_GREATER(b.pod.directory_counts.writes_repeated.get() +
                        c.pod.directory_counts.writes_repeated.get(),
                    0u);
}

CAF_TEST(many wants take no more than one write a bucket and sixteen requests at a time) {
  auto& a = add("a");
  enter_view(1, {"a"});
  for (int i = 0; i < 100; ++i)
    a.want("t" + std::to_string(i));
  const auto before = a.faults.counters().operations;
  run();
  CAF_CHECK_EQUAL(a.faults.counters().operations - before, 16u);
  CAF_CHECK_GREATER(a.pod.directory_counts.requests_queued.get(), 0u);
  settle();
  CAF_CHECK_EQUAL(a.pod.directory_counts.requests_queued.get(), 0u);
  a.want("again");
  a.unwant("again");
  a.want("again");
  const auto writes = a.pod.directory_counts.writes.get();
  settle();
  CAF_CHECK_EQUAL(a.pod.directory_counts.writes.get() - writes, 1u);
}

CAF_TEST(a confirm waits for the wants before it and comes at once without any) {
  auto& a = add("a");
  enter_view(1, {"a"});
  const auto first = a.confirm();
  run();
  CAF_CHECK_EQUAL(a.told->adopted.size(), 1u);
  a.want("t");
  const auto second = a.confirm();
  a.want("w/#");
  const auto third = a.confirm();
  run();
  CAF_CHECK_EQUAL(a.told->adopted.size(), 1u);
  CAF_CHECK_EQUAL(a.pod.directory_counts.wants_waiting.get(), 2u);
  settle();
  CAF_REQUIRE_EQUAL(a.told->adopted.size(), 3u);
  CAF_CHECK(a.told->adopted[1] == second && a.told->adopted[2] == third);
  CAF_CHECK(zk::decode_bucket(data(paths.topic_bucket("t")))->find(pod_life{"a"}) != nullptr);
  CAF_CHECK_EQUAL(children(paths.wildcard_shard("w/#")).size(), 1u);
}

CAF_TEST(a lost answer is looked up and neither repeated nor taken for done) {
  for (const auto what : {zk::fault::loss_applied, zk::fault::loss_not_applied})
    for (int operation = 0; operation < 8; ++operation) {
      const auto id = std::to_string(static_cast<int>(what)) + '-' + std::to_string(operation);
      auto &a = add("a" + id), &b = add("b" + id);
      const strings lives{"a" + id, "b" + id};
      enter_view(operation + 1, lives);
      auto &exact = a.watch(id), &wild = a.watch(id + "/x");
      b.want(id);
      b.want(id + "/#");
      b.confirm();
      for (int n = 0; n < operation; ++n)
        if (!sched.try_run_once())
          store->run_turn();
      b.faults.next_meets(what);
      settle();
      CAF_CHECK_EQUAL(exact.route(), "b" + id);
      CAF_CHECK_EQUAL(wild.route(), "b" + id);
      CAF_CHECK_EQUAL(b.told->adopted.size(), 1u);
      CAF_CHECK_EQUAL(children(paths.wildcard_shard(id + "/#")).size(), 1u);
      kill("a" + id);
      kill("b" + id);
    }
}

CAF_TEST(a store that refuses is asked again later) {
  auto& a = add("a");
  enter_view(1, {"a"});
  a.want("t");
  a.confirm();
  run(); // reads the bucket
  a.faults.next_meets(zk::fault::storage_full);
  settle();
  CAF_CHECK(a.told->adopted.empty());
  clock.advance(std::chrono::seconds{1});
  timers.run_due(clock.now());
  settle();
  CAF_CHECK_EQUAL(a.told->adopted.size(), 1u);
}

CAF_TEST(the log of a pod in a shard is compacted and means the same afterwards) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &odd = a.watch("s/1"), &even = a.watch("s/2");
  const auto shard = paths.wildcard_shard("s/#");
  std::size_t most = 0;
  b.want("s/2/#");
  for (int i = 0; i < 80; ++i) { // one write each
    i % 2 == 0 ? b.want("s/1/#") : b.unwant("s/1/#");
    settle();
    most = std::max(most, children(shard).size());
    CAF_REQUIRE_EQUAL(odd.route(), i % 2 == 0 ? "b" : "");
    CAF_REQUIRE_EQUAL(even.route(), "b");
  }
  CAF_CHECK_EQUAL(most, 32u);
  auto& late = add("c");
  enter_view(2, {"a", "b", "c"});
  auto &late_odd = late.watch("s/1"), &late_even = late.watch("s/2");
  settle();
  CAF_CHECK_EQUAL(late_odd.route(), "");
  CAF_CHECK_EQUAL(late_even.route(), "b");
}

CAF_TEST(what a shard has is written in parts that the store takes) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  const std::string level(1000, 'x');
  for (int i = 0; i < 1200; ++i)
    b.want("s/" + level + std::to_string(i) + "/#");
  settle();
  const auto shard = paths.wildcard_shard("s/#");
  CAF_CHECK_EQUAL(children(shard).size(), 3u);
  for (int i = 0; i < 30; ++i) {
    i % 2 == 0 ? b.want("s/y/#") : b.unwant("s/y/#");
    settle();
  }
  CAF_CHECK_EQUAL(children(shard).size(), 4u); // the snapshot's, and one change behind it
  auto& late = add("c");
  enter_view(2, {"a", "b", "c"});
  auto &first = a.watch("s/" + level + "0/t"), &last = late.watch("s/" + level + "1199/t");
  settle();
  CAF_CHECK_EQUAL(first.route(), "b");
  CAF_CHECK_EQUAL(last.route(), "b");
}

CAF_TEST(filters and topics below $SYS stay in their pod) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  const auto before = b.faults.counters().operations;
  for (const auto* filter : {"$SYS/broker/x", "$SYS/#", "$share/g/$SYS/#"})
    b.want(filter);
  b.confirm();
  settle();
  CAF_CHECK_EQUAL(b.faults.counters().operations - before, 0u);
  CAF_CHECK_EQUAL(b.told->adopted.size(), 1u);
  CAF_CHECK(children(paths.wildcards()).empty());
  CAF_CHECK(a.index->log.empty());
}

CAF_TEST(members of groups in other pods go to the index and not into routes) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto& t = a.watch("t");
  b.want("$share/g/t"); // exact, and in a shard nevertheless
  b.want("$share/h/t/#");
  settle();
  CAF_CHECK_EQUAL(t.route(), "");
  CAF_CHECK_EQUAL(a.index->log, (strings{"join $share/g/t b", "join $share/h/t/# b"}));
  CAF_CHECK(b.index->log.empty());
  a.index->log.clear();
  b.unwant("$share/g/t");
  settle();
  CAF_CHECK_EQUAL(a.index->log, (strings{"leave $share/g/t b"}));
  a.index->log.clear();
  kill("b");
  install(2, {"a"});
  CAF_CHECK_EQUAL(a.index->log, (strings{"leave $share/h/t/# b"}));
}

CAF_TEST(topics of a departed pod keep promises back until the view is settled) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &exact = a.watch("t"), &wild = a.watch("w/1"), &other = a.watch("o");
  b.want("t");
  b.want("w/#");
  settle();
  kill("b");
  CAF_CHECK_EQUAL(exact.route(), "b");
  exact.answers = false;
  install(2, {"a"});
  CAF_CHECK_EQUAL(exact.route(), "wait");
  CAF_CHECK_EQUAL(wild.route(), "wait");
  CAF_CHECK_EQUAL(other.route(), "");
  CAF_CHECK_EQUAL(a.told->installed.back(), 1); // a topic has not answered
  a.unwatch("t");
  settle();
  CAF_CHECK_EQUAL(a.told->installed.back(), 2); // nor need it any more
  auto& again = a.watch("t");
  settle();
  CAF_CHECK_EQUAL(again.route(), "wait");
  settle_view(2, {"a"});
  CAF_CHECK_EQUAL(again.route(), "");
  CAF_CHECK_EQUAL(wild.route(), "");
}

CAF_TEST(what a departed pod left is removed by others) {
  auto &a = add("a"), &c = add("c");
  auto& b = add("b");
  enter_view(1, {"a", "b", "c"});
  a.watch("t");
  b.want("t");
  b.want("w/#");
  settle();
  kill("b");
  const auto bucket = paths.topic_bucket("t"), shard = paths.wildcard_shard("w/#");
  install(2, {"a", "c"});
  CAF_CHECK_EQUAL(children(shard).size(), 1u);
  settle_view(2, {"a", "c"});
  CAF_CHECK_EQUAL(children(shard).size(), 0u);
  CAF_CHECK(zk::decode_bucket(data(bucket))->find(pod_life{"b"}) != nullptr);
  a.want("t");
  settle();
  CAF_CHECK(zk::decode_bucket(data(bucket))->find(pod_life{"b"}) == nullptr);
  // It is void for good: the next view does not wait for it.
  c.want("x");
  auto& t = a.watch("x");
  install(3, {"a", "c"});
  CAF_CHECK_EQUAL(t.route(), "c");
}

CAF_TEST(a pod that is not a member yet is not taken for one that departed) {
  auto& a = add("a");
  enter_view(1, {"a"});
  auto& t = a.watch("t");
  auto& b = add("b");
  b.want("t");
  b.want("w/#");
  settle();
  CAF_CHECK_EQUAL(t.route(), "");
  install(2, {"a"}); // for another reason
  CAF_CHECK_EQUAL(t.route(), "wait");
  settle_view(2, {"a"});
  CAF_CHECK_EQUAL(t.route(), "");
  CAF_CHECK_EQUAL(children(paths.wildcard_shard("w/#")).size(), 1u);
  enter_view(3, {"a", "b"});
  CAF_CHECK_EQUAL(t.route(), "b");
}

CAF_TEST(without a link to its store a pod keeps promises back and reads anew afterwards) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto& t = a.watch("t");
  settle();
  const auto routes = t.routes.size();
  a.faults.next_meets(zk::fault::loss_not_applied);
  a.want("x"); // meets it
  run();
  store->run_turn();
  run();
  CAF_CHECK_EQUAL(t.route(), "wait");
  b.want("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b");
  CAF_CHECK_GREATER(t.routes.size(), routes);
  CAF_CHECK(zk::decode_bucket(data(paths.topic_bucket("x")))->find(pod_life{"a"}) != nullptr);
}

CAF_TEST(a bucket is read once for all its topics and no more when nobody needs it) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  a.watch("t");
  settle();
  a.unwatch("t");
  settle();
  CAF_CHECK_EQUAL(a.pod.directory_counts.topics_watched.get(), 0u);
  const auto before = a.faults.counters().operations;
  b.want("t");
  settle();
  CAF_CHECK_EQUAL(a.faults.counters().operations - before, 0u);
}

CAF_TEST(what is no record changes nothing) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &t = a.watch("t"), &w = a.watch("w/1");
  b.want("t");
  b.want("w/#");
  settle();
  store->set(answers, paths.topic_bucket("t"), "garbage", zk::any_version, [](auto) {});
  create(paths.wildcard_shard("w/#") + "/b.d-0000000099", "garbage");
  create(paths.wildcard_shard("w/#") + "/nobody");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b");
  CAF_CHECK_EQUAL(w.route(), "b");
  CAF_CHECK_GREATER(a.pod.directory_counts.records_refused.get(), 0u);
}

CAF_TEST_FIXTURE_SCOPE_END()
