// The bank: no overdraft, nothing counted twice, whatever the store does; and who is told what.
#define CAF_SUITE bank
#include "core/random.hpp"
#include "tests/actors/bank_fixture.hpp"

using namespace mqttzoo;
using actors::bank_limit;
using namespace std::chrono_literals;

namespace {

/// A pod's way to its store, which says no for a while.
class moody_store final : public test::store_proxy {
public:
  explicit moody_store(test::bank_fixture::bank_pod& p)
      : store_proxy(static_cast<zk::store&>(p.store)), pod_(p) {
    p.pod.store = this;
  }
  ~moody_store() override { pod_.pod.store = &pod_.store; }

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    if (!writes)
      return store_proxy::multi(where, std::move(ops), std::move(done));
    later(where,
          [why = *writes, done = std::move(done)] { done(unexpected(zk::multi_error{why})); });
  }
  void sync(zk::executor& where, std::string path, zk::handler<std::monostate> done) override {
    if (!reads)
      return store_proxy::sync(where, std::move(path), std::move(done));
    later(where, [why = *reads, done = std::move(done)] { done(unexpected(why)); });
  }
  void get(zk::executor& where, std::string path, zk::watcher watch,
           zk::handler<zk::node> done) override {
    if (!reads)
      return store_proxy::get(where, std::move(path), std::move(watch), std::move(done));
    later(where, [why = *reads, done = std::move(done)] { done(unexpected(why)); });
  }

  std::optional<zk::error> writes, reads;
  int refused = 0;

private:
  void later(zk::executor& where, std::function<void()> answer) {
    if (++refused > 100)
      return; // who asks so often gets no answer any more
    beneath().exists(where, "/", nullptr, [answer = std::move(answer)](const auto&) { answer(); });
  }

  test::bank_fixture::bank_pod& pod_;
};

/// 100 KiB and a least TTL of 10 s: 1000 credits.
struct small_bank : test::bank_fixture {
  small_bank() {
    settings.capacity_bytes = 100 * 1024;
    settings.ttl_min = 10s;
    settings.ttl_max = 60s;
  }

  static bool stored(const std::shared_ptr<actors::bank_commit>& c) {
    return c->result.has_value();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(bank_tests, small_bank)

CAF_TEST(a new tree gets its credits from the first bank) {
  start("a-1");
  const auto b = read();
  CAF_CHECK_EQUAL(b.total, 1000);
  CAF_CHECK_EQUAL(b.pods, 1u);
  check_books();
}

CAF_TEST(what is stored is paid for and what is removed is paid back) {
  auto& p = start("a-1");
  const auto c = deposit(p, 300);
  settle();
  CAF_CHECK(stored(c));
  CAF_CHECK_EQUAL(read().held, 300);
  check_books();
  const auto r = remove(p, p.mails.at(0));
  settle();
  CAF_CHECK(stored(r));
  CAF_CHECK_EQUAL(read().held, 0);
  check_books();
}

CAF_TEST(a pod that is alone goes on with the books it had) {
  auto& p = start("");
  deposit(p, 300);
  settle();
  end(p);
  settle();
  auto& again = start("");
  CAF_CHECK_EQUAL(read().pods, 1u);
  const auto removed = remove(again, p.mails.at(0));
  settle();
  CAF_CHECK(stored(removed));
  CAF_CHECK_EQUAL(read().held, 0);
  check_books();
}

CAF_TEST(what nobody can pay is refused and not written) {
  auto& p = start("a-1");
  deposit(p, 900, "c", 20s);
  settle();
  const auto c = deposit(p, 200);
  settle();
  CAF_CHECK(!stored(c));
  CAF_REQUIRE(c->refused);
  CAF_CHECK(c->refused->limit == bank_limit::credit);
  CAF_CHECK_EQUAL(c->refused->retry_after.count(), 20); // then the first one expires
  CAF_CHECK_EQUAL(read().mails, 1u);
  check_books();
}

CAF_TEST(who counts on a copy that was refused is refused with it) {
  auto& p = start("a-1");
  deposit(p, 990);
  settle();
  const auto first = deposit(p, 100);
  auto second = std::make_shared<actors::bank_commit>();
  second->ops.emplace_back(zk::check_op{std::get<zk::create_op>(first->ops[0]).path});
  ask(p, second);
  settle();
  CAF_CHECK(first->refused && second->refused);
  CAF_CHECK_EQUAL(p.pod.bank_counts.refusals.get(), 1u);
}

CAF_TEST(what costs nothing goes on when there is no credit) {
  auto& p = start("a-1");
  deposit(p, 1000);
  settle();
  auto c = std::make_shared<actors::bank_commit>();
  c->ops.emplace_back(
      zk::create_op{paths.topic_bucket("t") + "/free of charge", {}, zk::create_mode::persistent});
  ask(p, c);
  settle();
  CAF_CHECK(stored(c));
  check_books();
}

CAF_TEST(what waits becomes one transaction) {
  auto& p = start("a-1");
  warm(p, 100);
  const auto before = version_of(paths.bank_pod_out(p.pod.life));
  deposit(p, 1); // goes at once, and the others behind it together
  run();
  for (int i = 0; i < 40; ++i)
    deposit(p, 1);
  settle();
  CAF_CHECK_EQUAL(read().mails, 41u);
  CAF_CHECK_EQUAL(version_of(paths.bank_pod_out(p.pod.life)) - before, 2);
  check_books();
}

CAF_TEST(only who is to blame hears of a failure) {
  auto& p = start("a-1");
  warm(p, 100);
  deposit(p, 1);
  run();
  const auto before = deposit(p, 2);
  auto wrong = std::make_shared<actors::bank_commit>();
  wrong->ops.emplace_back(zk::check_op{paths.bank_free()});
  wrong->ops.emplace_back(zk::remove_op{paths.topic_bucket("t") + "/nothing"});
  ask(p, wrong);
  const auto behind = deposit(p, 4);
  settle();
  CAF_CHECK(stored(before));
  CAF_CHECK(stored(behind));
  CAF_REQUIRE(!stored(wrong));
  CAF_CHECK(wrong->result.error().code == zk::error::no_node);
  CAF_CHECK_EQUAL(wrong->result.error().index, 1u);
  CAF_CHECK_EQUAL(read().held, 7);
  check_books();
}

CAF_TEST(a full disk refuses one after the other) {
  auto& p = start("a-1");
  warm(p, 100);
  deposit(p, 1);
  run();
  const auto first = deposit(p, 1), second = deposit(p, 1);
  run();
  p.faults.next_meets(zk::fault::storage_full);
  settle();
  CAF_CHECK(stored(first)); // the two were one transaction, which failed, and went again alone
  CAF_CHECK(stored(second));
  p.faults.next_meets(zk::fault::storage_full);
  const auto alone = deposit(p, 1);
  settle();
  CAF_REQUIRE(!stored(alone));
  CAF_CHECK(alone->result.error().code == zk::error::storage_full);
  CAF_CHECK(!alone->refused);
  check_books();
}

CAF_TEST(no room for the draw is not want of credit) {
  auto& p = start("a-1");
  moody_store mood{p};
  mood.writes = zk::error::storage_full;
  const auto first = deposit(p, 300), second = deposit(p, 300);
  settle();
  for (const auto& c : {first, second}) {
    CAF_REQUIRE(!stored(c));
    CAF_CHECK(c->result.error().code == zk::error::storage_full);
    CAF_CHECK(!c->refused);
  }
  CAF_CHECK_EQUAL(p.pod.bank_counts.refusals.get(), 0u);
  mood.writes.reset();
  advance(1s);
  const auto later = deposit(p, 300), too_much = deposit(p, 900);
  settle();
  CAF_CHECK(stored(later));
  CAF_CHECK(too_much->refused);
  check_books();
}

CAF_TEST(an overloaded store is not asked without a pause) {
  auto& p = start("a-1");
  warm(p, 100);
  moody_store mood{p};
  p.faults.next_meets(zk::fault::loss_applied);
  const auto c = deposit(p, 10);
  run();
  mood.reads = zk::error::overloaded;
  settle();
  CAF_CHECK_EQUAL(mood.refused, 1);
  for (int i = 0; i < 4; ++i)
    advance(actors::bank::retry_pause);
  CAF_CHECK_EQUAL(mood.refused, 5);
  mood.reads.reset();
  advance(actors::bank::retry_pause);
  CAF_CHECK(stored(c));
  check_books();
}

CAF_TEST(an overloaded store is not asked for the books without a pause) {
  auto& p = start("a-1");
  moody_store mood{p};
  mood.reads = zk::error::overloaded;
  const auto c = deposit(p, 300);
  settle();
  CAF_CHECK_EQUAL(mood.refused, 1);
  mood.reads.reset();
  advance(actors::bank::retry_pause);
  CAF_CHECK(stored(c));
  check_books();
}

CAF_TEST(removing what is not there returns nothing) {
  auto& p = start("a-1");
  deposit(p, 300);
  settle();
  const auto path = p.mails.at(0);
  remove(p, path);
  const auto again = remove(p, path);
  settle();
  CAF_CHECK(!stored(again));
  CAF_CHECK_EQUAL(read().held, 0);
  check_books();
}

CAF_TEST(a lost answer is looked up and nothing is counted twice) {
  for (const auto fault : {zk::fault::loss_applied, zk::fault::loss_not_applied}) {
    auto& p = start(fault == zk::fault::loss_applied ? "a-1" : "b-1");
    warm(p, 100);
    deposit(p, 10);
    settle();
    p.faults.next_meets(fault);
    const auto c = deposit(p, 20);
    settle();
    CAF_REQUIRE(stored(c));
    CAF_CHECK_EQUAL(c->result->size(), 1u);
    CAF_CHECK_EQUAL(c->result->front().path, p.mails.at(1));
    CAF_CHECK_GREATER(c->result->front().stat.mzxid, 0);
    p.faults.next_meets(fault);
    remove(p, p.mails.at(1));
    settle();
    check_books();
    CAF_CHECK_EQUAL(p.pod.bank_counts.lost_answers.get(), 2u);
  }
  CAF_CHECK_EQUAL(read().held, 20);
}

CAF_TEST(pods compete for the last credits and nobody overdraws) {
  auto& a = start("a-1");
  auto& b = start("b-1");
  for (int i = 0; i < 30; ++i) {
    deposit(a, 37, "x");
    deposit(b, 41, "y");
    if (i % 3 == 0)
      settle();
  }
  settle();
  const auto books = read();
  CAF_CHECK_EQUAL(books.sum(), 1000);
  CAF_CHECK(!books.negative);
  CAF_CHECK_LESS(books.total - books.held, 37 + 41 + 8); // less than a message each, and a quantum
  CAF_CHECK_GREATER(a.pod.bank_counts.refusals.get() + b.pod.bank_counts.refusals.get(), 0u);
}

CAF_TEST(an idle bank gives back what it has) {
  auto& p = start("a-1");
  deposit(p, 100);
  settle();
  CAF_CHECK_GREATER_OR_EQUAL(read().leased, 0);
  remove(p, p.mails.at(0));
  settle();
  CAF_CHECK_GREATER_OR_EQUAL(read().leased, 100);
  for (int i = 0; i < 12; ++i)
    advance(1s);
  CAF_CHECK_EQUAL(read().leased, 0);
  CAF_CHECK_EQUAL(read().free, 1000);
}

CAF_TEST(a pod that does not draw tells what others drew and gave back) {
  auto& idle = start("a-1");
  auto& other = start("b-1");
  deposit(idle, 10);
  deposit(other, 300);
  settle();
  const auto seconds = [&](int n) {
    for (int i = 0; i < n; ++i) {
      deposit(other, 1); // so that it keeps what it drew
      advance(1s);
    }
    settle();
  };
  seconds(30); // the idle one has given back by then
  const auto free = [&] { return static_cast<std::int64_t>(idle.pod.bank_counts.free.get()); };
  deposit(other, 200);
  settle();
  CAF_CHECK_NOT_EQUAL(free(), read().free);
  for (int i = 0; i < 30; ++i)
    advance(1s);
  settle();
  CAF_CHECK_EQUAL(free(), read().free);
}

CAF_TEST(who spends keeps a lease for the seconds to come) {
  auto& p = start("a-1");
  for (int i = 0; i < 8; ++i) {
    deposit(p, 10);
    settle();
    advance(1s);
  }
  const auto leased = read().leased;
  CAF_CHECK_GREATER(leased, 5 * 8);
  CAF_CHECK_LESS(leased, 10 * 20);
  check_books();
}

CAF_TEST(one client may hold its share and no more) {
  settings.client_share = 20;
  auto& p = start("a-1");
  const auto first = deposit(p, 150, "greedy", 30s), second = deposit(p, 100, "greedy");
  const auto other = deposit(p, 100, "modest");
  settle();
  CAF_CHECK(stored(first));
  CAF_CHECK(stored(other));
  CAF_REQUIRE(second->refused);
  CAF_CHECK(second->refused->limit == bank_limit::client_share);
  CAF_CHECK_EQUAL(to_string(second->refused->limit), "bank.client.share");
  CAF_CHECK_EQUAL(second->refused->retry_after.count(), 30);
  remove(p, p.mails.at(0), "greedy");
  settle();
  deposit(p, 200, "greedy");
  settle();
  CAF_CHECK(stored(p.answered.back()));
  check_books();
}

CAF_TEST(the accounts say who holds what until when) {
  auto& p = start("a-1");
  deposit(p, 100, "x", 20s);
  deposit(p, 50, "x", 40s);
  deposit(p, 10, "y", 30s);
  settle();
  const auto& accounts = p.bank().accounts();
  const auto x = accounts.of(client_id{"x"});
  CAF_CHECK_EQUAL(x.credits, 150);
  CAF_CHECK_EQUAL(x.messages, 2u);
  CAF_CHECK_EQUAL(x.until_unix_ms, until(40s));
  CAF_CHECK_EQUAL(accounts.of_topic("t").credits, 160);
  CAF_CHECK_EQUAL(accounts.clients(), 2u);
  CAF_CHECK(accounts.returned_after(90, clock.unix_ms()) == 20s);
  CAF_CHECK(accounts.returned_after(110, clock.unix_ms()) == 30s);
  CAF_CHECK(accounts.returned_after(161, clock.unix_ms()) == std::nullopt);
  for (const auto& path : std::vector{p.mails})
    remove(p, path, path == p.mails.back() ? "y" : "x");
  settle();
  CAF_CHECK_EQUAL(accounts.clients() + accounts.topics(), 0u);
}

CAF_TEST(a pod that stops gives its lease back) {
  auto& p = start("a-1");
  deposit(p, 100);
  caf::anon_send(p.pod.bank, actors::shut_down_atom::value);
  settle();
  CAF_CHECK_EQUAL(read().mails, 1u); // what it had was carried out
  CAF_CHECK_EQUAL(read().leased, 0);
  check_books();
}

CAF_TEST(a bank whose books are gone promises nothing) {
  auto& p = start("a-1");
  for (const auto& path : {paths.bank_pod_in(p.pod.life), paths.bank_pod_out(p.pod.life)})
    store->remove(answers, path, zk::any_version, [](auto) {});
  store->run_turn();
  const auto c = deposit(p, 1);
  settle();
  CAF_REQUIRE(!stored(c));
  CAF_CHECK(c->result.error().code == zk::error::session_expired);
  const auto later = deposit(p, 1);
  settle();
  CAF_CHECK(!stored(later));
  CAF_CHECK_EQUAL(read().mails, 0u);
}

CAF_TEST(the books are exact after every fault) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    core::random_source dice{seed};
    zk::faulty_options faulty;
    faulty.loss_per_mille = 80;
    faulty.storage_full_per_mille = 30;
    faulty.delay_per_mille = 50;
    for (const auto* name : {"a-", "b-", "c-"}) {
      faulty.seed = dice();
      start(name + std::to_string(seed), faulty);
    }
    const auto first = pods.size() - 3;
    for (int i = 0; i < 60; ++i) {
      auto& p = *pods[first + dice.below(3)];
      for (auto n = dice.below(6); n > 0; --n)
        if (p.mails.empty() || dice.below(2) == 0) {
          deposit(p, static_cast<std::int64_t>(dice.between(1, 60)));
        } else {
          const auto at = p.mails.begin() + static_cast<std::ptrdiff_t>(dice.below(p.mails.size()));
          remove(p, *at);
          p.mails.erase(at);
        }
      if (dice.below(4) == 0)
        advance(std::chrono::milliseconds{dice.below(1500)});
      else if (dice.below(2) == 0)
        settle();
      const auto b = read();
      CAF_REQUIRE_EQUAL(b.sum(), b.total);
      CAF_REQUIRE(!b.negative && b.free >= 0);
    }
    advance(2s);
    for (auto i = first; i < pods.size(); ++i) {
      for (const auto& path : pods[i]->mails)
        remove(*pods[i], path);
      end(*pods[i]);
    }
    settle();
    check_books();
  }
}

CAF_TEST(credits that are returned twice are found by the sum) {
  bug = actors::planted_bug::returned_twice;
  auto& p = start("a-1");
  deposit(p, 100);
  settle();
  remove(p, p.mails.at(0));
  settle();
  deposit(p, 1);
  settle();
  CAF_CHECK_NOT_EQUAL(read().sum(), read().total);
}

CAF_TEST_FIXTURE_SCOPE_END()
