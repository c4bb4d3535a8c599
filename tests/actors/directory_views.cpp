// What directories do when pods come and go, and when their store does.
#define CAF_SUITE directory_views
#include "tests/actors/directory_fixture.hpp"
#include "tests/actors/store_proxy.hpp"

#include <functional>
#include <utility>
#include <vector>

using namespace mqttzoo;
using test::strings;
using views = std::vector<std::int64_t>;

namespace {

/// Has room for the watches of buckets, or none.
class crowded_store final : public test::store_proxy {
public:
  using store_proxy::store_proxy;

  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    if (!is_full || !watch)
      return beneath().get(where, std::move(path), std::move(watch), std::move(done));
    beneath().get(where, std::move(path), nullptr, [done = std::move(done)](const auto&) {
      done(unexpected(zk::error::overloaded));
    });
  }

  bool is_full = false;
};

/// Keeps what is read of one node to itself for a while.
class slow_store final : public test::store_proxy {
public:
  using store_proxy::store_proxy;

  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    if (path != keeps)
      return beneath().get(where, std::move(path), std::move(watch), std::move(done));
    beneath().get(where, std::move(path), std::move(watch),
                  [this, done = std::move(done)](const auto& found) {
                    kept_.push_back([done, found] { done(found); });
                  });
  }

  void answer() {
    keeps.clear();
    for (const auto& say : std::exchange(kept_, {}))
      say();
  }

  std::string keeps; ///< a path

private:
  std::vector<std::function<void()>> kept_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(directory_views_tests, test::directory_fixture)

CAF_TEST(nothing flows before the first view is settled) {
  auto& a = add("a");
  auto& t = a.watch("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "-");
  install(1, {"a"});
  CAF_CHECK_EQUAL(a.membership->installed, (std::vector<std::int64_t>{1}));
  CAF_CHECK_EQUAL(t.route(), "-");
  settle_view(1, {"a"});
  CAF_CHECK_EQUAL(t.route(), "");
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
  CAF_CHECK_EQUAL(a.membership->installed.back(), 1); // a topic has not answered
  a.unwatch("t");
  settle();
  CAF_CHECK_EQUAL(a.membership->installed.back(), 2); // nor need it any more
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
  a.calls.run();
  store->run_turn();
  run();
  CAF_CHECK_EQUAL(t.route(), "wait");
  b.want("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b");
  CAF_CHECK_GREATER(t.routes.size(), routes);
  CAF_CHECK(zk::decode_bucket(data(paths.topic_bucket("x")))->find(pod_life{"a"}) != nullptr);
}

CAF_TEST(a view is settled and topics hear of others without room for their watches) {
  crowded_store crowded{*store};
  create(paths.pod(pod_life{"a"}));
  auto& a = pods.emplace_back(sys, clock, timers, crowded, "a");
  auto& b = add("b");
  enter_view(1, {"a", "b"});
  auto& t = a.watch("t");
  settle();
  crowded.is_full = true;
  b.want("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b"); // its watch fired, and is not set again
  auto& unknown = a.watch("u");
  b.unwant("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "b");
  enter_view(2, {"a", "b"});
  CAF_CHECK_EQUAL(t.route(), "");
  CAF_CHECK_EQUAL(unknown.route(), "-"); // waits for room
  b.want("t");
  settle();
  const auto later = [&] {
    clock.advance(std::chrono::seconds{1});
    timers.run_due(clock.now());
    settle();
  };
  later();
  CAF_CHECK_EQUAL(t.route(), "b");
  crowded.is_full = false;
  later();
  CAF_CHECK_EQUAL(unknown.route(), "");
  b.unwant("t");
  settle();
  CAF_CHECK_EQUAL(t.route(), "");
  kill("a"); // before its store goes
}

CAF_TEST(topics of a pod whose sessions move keep promises back until the view is settled) {
  auto &a = add("a"), &b = add("b"), &c = add("c");
  enter_view(1, {"a", "b", "c"});
  auto &wanted = a.watch("t"), &wild = a.watch("w/1"), &other = a.watch("o"), &own = b.watch("o");
  b.want("t");
  b.want("w/#");
  c.want("o");
  settle();
  wanted.answers = false;
  install_move(2, {"a", "b", "c"}, "b");
  CAF_CHECK_EQUAL(wanted.route(), "b wait");
  CAF_CHECK_EQUAL(wild.route(), "b wait");
  CAF_CHECK_EQUAL(other.route(), "c");
  CAF_CHECK_EQUAL(own.route(), "c wait"); // whatever it is: its own sessions move
  CAF_CHECK_EQUAL(a.membership->installed.back(), 1);
  a.unwatch("t");
  settle();
  CAF_CHECK_EQUAL(a.membership->installed.back(), 2);
  c.want("w/1"); // it has the session now
  b.unwant("w/#");
  settle();
  settle_view(2, {"a", "b", "c"});
  CAF_CHECK_EQUAL(wild.route(), "c");
  CAF_CHECK_EQUAL(own.route(), "c");
}

CAF_TEST(a view is settled when what others want was read anew) {
  const strings lives{"a", "b"};
  auto &a = add("a"), &b = add("b");
  enter_view(1, lives);
  CAF_CHECK_EQUAL(a.membership->settled, (views{1}));
  auto& t = a.watch("t");
  b.want("t");
  settle();
  install_move(2, lives, "b");
  const auto is_settled = [&](std::int64_t number) {
    caf::anon_send(a.pod.directory, actors::settle_atom::value, view(a, number, lives));
    run(); // and the store has not answered
  };
  is_settled(2);
  CAF_CHECK_EQUAL(a.membership->settled, (views{1}));
  CAF_CHECK_EQUAL(t.route(), "b wait");
  settle();
  CAF_CHECK_EQUAL(a.membership->settled, (views{1, 2}));
  CAF_CHECK_EQUAL(t.route(), "b");
  install(3, lives);
  is_settled(3);
  install(4, lives); // has overtaken it
  CAF_CHECK_EQUAL(a.membership->settled, (views{1, 2}));
  settle_view(4, lives);
  CAF_CHECK_EQUAL(a.membership->settled, (views{1, 2, 4}));
}

CAF_TEST(promises to a pod whose sessions moved wait also in a later view that is not settled) {
  const strings lives{"a", "b", "c"};
  auto &a = add("a"), &b = add("b"), &c = add("c");
  enter_view(1, lives);
  auto &wanted = a.watch("t"), &own = b.watch("o");
  b.want("t");
  settle();
  install_move(2, lives, "b");
  c.want("t"); // it has the session now
  b.unwant("t");
  for (auto& p : pods) {
    caf::anon_send(p.pod.directory, actors::settle_atom::value, view(p, 2, lives));
    caf::anon_send(p.pod.directory, actors::install_atom::value, view(p, 3, lives));
  }
  run(); // and the store has not answered
  CAF_CHECK_EQUAL(wanted.route(), "b wait");
  CAF_CHECK_EQUAL(own.route(), "wait");
  settle();
  CAF_CHECK_EQUAL(wanted.route(), "c");
  CAF_CHECK_EQUAL(own.route(), "wait");
  CAF_CHECK_EQUAL(a.membership->settled, (views{1}));
  settle_view(3, lives);
  CAF_CHECK_EQUAL(own.route(), "");
  CAF_CHECK_EQUAL(a.membership->settled, (views{1, 3}));
}

CAF_TEST(a topic goes on with nothing that was read before a view was settled) {
  const strings lives{"a", "b", "c"};
  slow_store slow{*store};
  create(paths.pod(pod_life{"a"}));
  auto& a = pods.emplace_back(sys, clock, timers, slow, "a");
  auto &b = add("b"), &c = add("c");
  enter_view(1, lives);
  b.want("t");
  settle();
  install_move(2, lives, "b");
  slow.keeps = paths.topic_bucket("t");
  auto& t = a.watch("t");
  settle();
  c.want("t"); // it has the session now
  b.unwant("t");
  settle();
  caf::anon_send(a.pod.directory, actors::settle_atom::value, view(a, 2, lives));
  run(); // and the store has not answered
  slow.answer();
  run();
  CAF_CHECK_EQUAL(t.route(), "-");
  settle();
  CAF_CHECK_EQUAL(a.membership->settled, (views{1, 2}));
  CAF_CHECK_EQUAL(t.route(), "c");
  CAF_CHECK_EQUAL(t.routes.size(), 1u);
  kill("a"); // before its store goes
}

CAF_TEST(members of groups may move with any topic) {
  auto &a = add("a"), &b = add("b");
  enter_view(1, {"a", "b"});
  auto& t = a.watch("t");
  b.want("$share/g/x");
  settle();
  install_move(2, {"a", "b"}, "b");
  CAF_CHECK_EQUAL(t.route(), "wait");
  settle_view(2, {"a", "b"});
  CAF_CHECK_EQUAL(t.route(), "");
}

CAF_TEST_FIXTURE_SCOPE_END()
