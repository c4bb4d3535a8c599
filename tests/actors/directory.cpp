// Directories of several pods over one store: what each wants, the topics of the others are told.
#define CAF_SUITE directory
#include "tests/actors/directory_fixture.hpp"

using namespace mqttzoo;
using test::strings;

CAF_TEST_FIXTURE_SCOPE(directory_tests, test::directory_fixture)

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
  a.want("again"); // is written at once, and together what comes meanwhile
  for (int i = 0; i < 10; ++i) {
    a.unwant("again");
    a.want("again");
  }
  const auto writes = a.pod.directory_counts.writes.get();
  settle();
  CAF_CHECK_EQUAL(a.pod.directory_counts.writes.get() - writes, 2u);
}

CAF_TEST(a confirm waits for the wants before it and comes at once without any) {
  auto& a = add("a");
  enter_view(1, {"a"});
  const auto first = a.confirm();
  run();
  CAF_CHECK_EQUAL(a.adopter->changed.size(), 1u);
  a.want("t");
  const auto second = a.confirm();
  a.want("w/#");
  const auto third = a.confirm();
  run();
  CAF_CHECK_EQUAL(a.adopter->changed.size(), 1u);
  CAF_CHECK_EQUAL(a.pod.directory_counts.wants_waiting.get(), 2u);
  settle();
  CAF_REQUIRE_EQUAL(a.adopter->changed.size(), 3u);
  CAF_CHECK(a.adopter->changed[1] == second && a.adopter->changed[2] == third);
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
      CAF_CHECK_EQUAL(b.adopter->changed.size(), 1u);
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
  CAF_CHECK(a.adopter->changed.empty());
  clock.advance(std::chrono::seconds{1});
  timers.run_due(clock.now());
  settle();
  CAF_CHECK_EQUAL(a.adopter->changed.size(), 1u);
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
  CAF_CHECK_EQUAL(b.adopter->changed.size(), 1u);
  CAF_CHECK(children(paths.wildcards()).empty());
  CAF_CHECK(a.index->groups.empty());
}

CAF_TEST(topics whose first level only begins with $SYS are like others) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto &exact = a.watch("$SYSTEM/alerts"), &matched = a.watch("$SYS2/x");
  b.want("$SYSTEM/alerts");
  b.want("$SYS2/#");
  settle();
  CAF_CHECK_EQUAL(exact.route(), "b");
  CAF_CHECK_EQUAL(matched.route(), "b");
}

CAF_TEST(members of groups in other pods go to the index and not into routes) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto& t = a.watch("t");
  b.want("$share/g/t"); // exact, and in a shard nevertheless
  b.want("$share/h/t/#");
  settle();
  CAF_CHECK_EQUAL(t.route(), "");
  CAF_CHECK_EQUAL(a.index->groups, (strings{"join $share/g/t b", "join $share/h/t/# b"}));
  CAF_CHECK(b.index->groups.empty());
  a.index->groups.clear();
  b.unwant("$share/g/t");
  settle();
  CAF_CHECK_EQUAL(a.index->groups, (strings{"leave $share/g/t b"}));
  a.index->groups.clear();
  kill("b");
  install(2, {"a"});
  CAF_CHECK_EQUAL(a.index->groups, (strings{"leave $share/h/t/# b"}));
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

CAF_TEST(topics that come and go leave no watches behind) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  const auto before = a.watched_nodes();
  settle();
  CAF_REQUIRE_GREATER(*before, 0u);
  for (int i = 0; i < 30; ++i) {
    const auto name = "t" + std::to_string(i);
    a.watch(name);
    settle();
    a.unwatch(name);
    settle();
  }
  const auto after = a.watched_nodes();
  settle();
  CAF_CHECK_EQUAL(*after, *before);
  auto& t = a.watch("t0"); // whose ear is another one now
  settle();
  const auto with_one = a.watched_nodes();
  settle();
  CAF_CHECK_EQUAL(*with_one, *before + 1);
  b.want("t0");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b");
}

CAF_TEST(a topic that goes while its bucket is read and comes again is heard of) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  for (int turns = 0; turns < 4; ++turns) {
    const auto name = "t" + std::to_string(turns);
    a.watch(name);
    run();
    for (int i = 0; i < turns; ++i) {
      store->run_turn();
      run();
    }
    a.unwatch(name);
    auto& again = a.watch(name);
    settle();
    CAF_CHECK_EQUAL(again.route(), "");
    b.want(name);
    settle();
    CAF_CHECK_EQUAL(again.route(), "b");
  }
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
