// The leader's part of the bank: who leads, what departed pods leave behind, and that a leader that
// was deposed changes nothing any more.
#define CAF_SUITE reaper
#include "core/random.hpp"
#include "tests/actors/bank_fixture.hpp"

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

struct reaper_fixture : test::bank_fixture {
  reaper_fixture() {
    settings.capacity_bytes = 100 * 1024; // 1000 credits
    settings.ttl_min = 10s;
    settings.ttl_max = 60s;
  }

  /// Two pods, of which the first leads.
  void start_two() {
    start_reaper(start("a-1"));
    start_reaper(start("b-1"));
  }
  bank_pod& a() { return *pods[0]; }
  bank_pod& b() { return *pods[1]; }

  void add_parts(const std::string& mail, std::uint32_t count) {
    for (std::uint32_t k = 0; k < count; ++k)
      store->create(answers, zk::paths::mail_part(mail, k), "part", zk::create_mode::persistent,
                    [](auto) {});
    store->run_turn();
    settle();
  }

  /// Its path.
  std::string pay_for_body(bank_pod& p, std::int64_t credits) {
    auto path = mail_path(p, credits, 0);
    auto c = std::make_shared<actors::bank_commit>();
    c->ops.emplace_back(zk::create_op{path});
    c->cost = credits;
    ask(p, c);
    settle();
    return path;
  }

  void remove_node(const std::string& path) {
    store->remove(answers, path, zk::any_version, [](auto) {});
    store->run_turn();
    settle();
  }

  std::string data_of(const std::string& path) {
    std::string data = "no node";
    store->get(answers, path, nullptr, [&](const auto& n) {
      if (n)
        data = n->data;
    });
    while (store->run_turn() > 0) {
    }
    return data;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(reaper_tests, reaper_fixture)

CAF_TEST(one of two leads and the other follows when it is gone) {
  start_two();
  CAF_CHECK(a().reaper().leads());
  CAF_CHECK(!b().reaper().leads());
  CAF_CHECK_EQUAL(data_of(paths.leader()), "a-1");
  remove_node(paths.leader()); // its session ended
  CAF_CHECK(b().reaper().leads());
  CAF_CHECK_EQUAL(data_of(paths.leader()), "b-1");
  CAF_CHECK_EQUAL(data_of(paths.epoch()), "b-1");
}

CAF_TEST(an election whose answer is lost is looked up) {
  for (const auto fault : {zk::fault::loss_applied, zk::fault::loss_not_applied}) {
    auto& p = start(fault == zk::fault::loss_applied ? "a-1" : "b-1");
    p.pod.reaper = actors::spawn_on<actors::reaper>(p.services, sys, paths);
    settle();
    p.faults.next_meets(fault);
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(p.reaper().leads());
    end(p);
    remove_node(paths.leader());
  }
}

CAF_TEST(the lease of a departed pod is put back once) {
  start_two();
  deposit(b(), 300);
  settle();
  expire(b());
  settle_view(a());
  const auto books = read();
  CAF_CHECK_EQUAL(books.pods, 1u);
  CAF_CHECK_EQUAL(books.held, 300); // its mail stays
  CAF_CHECK_EQUAL(books.free + books.leased, 700);
  settle_view(a());
  check_books();
  CAF_CHECK_EQUAL(a().pod.bank_counts.reclaimed.get(), 1u);
}

CAF_TEST(a pod that came after the view keeps its lease) {
  start_two();
  deposit(b(), 300);
  settle();
  settle_view(a()); // without b, which lives
  CAF_CHECK_EQUAL(read().pods, 2u);
  check_books();
}

CAF_TEST(mail of a departed pod goes when its time is over and not before) {
  start_two();
  auto& c = start("c-1");
  deposit(b(), 100, "x", 20s);
  deposit(b(), 50, "x", 40s);
  deposit(c, 10, "y", 20s); // lives: its own business
  settle();
  expire(b());
  settle_view(a(), {&c});
  CAF_CHECK_EQUAL(read().held, 160);
  advance(19s);
  CAF_CHECK_EQUAL(read().held, 160);
  advance(1s);
  CAF_CHECK_EQUAL(read().held, 60);
  check_books();
  advance(20s);
  CAF_CHECK_EQUAL(read().held, 10);
  CAF_CHECK_EQUAL(a().pod.bank_counts.reaped.get(), 2u);
  check_books();
}

CAF_TEST(mail in parts goes with those it has) {
  start_two();
  deposit(b(), 100, "x", 20s);
  deposit(b(), 50, "x", 20s);
  settle();
  for (const auto& path : b().mails)
    add_parts(path, 3);
  expire(b());
  settle_view(a());
  CAF_CHECK_EQUAL(read().held, 150);
  advance(20s);
  CAF_CHECK_EQUAL(read().held, 0);
  CAF_CHECK_EQUAL(a().pod.bank_counts.reaped.get(), 2u);
  check_books();
}

CAF_TEST(the body of a retained message goes if none names it) {
  start_two();
  const auto named = pay_for_body(b(), 100);
  const auto stray = pay_for_body(b(), 50);
  auto& c = start("c-1");
  const auto living = pay_for_body(c, 10); // its own business
  for (const auto& path : {named, stray, living})
    add_parts(path, 2);
  zk::retained_record head;
  head.topic = "kept";
  head.parts = {2, 0, 10};
  head.body = named;
  head.writer = c.pod.life;
  const auto path = paths.retained(head.topic);
  zk::create_missing(*store, answers, zk::with_ancestors(path), [](auto) {});
  store->set(answers, path, zk::encode_retained(head).value(), zk::any_version, [](auto) {});
  store->run_turn();
  expire(b());
  settle_view(a(), {&c});
  CAF_CHECK_EQUAL(data_of(stray), "no node");
  CAF_CHECK_EQUAL(data_of(named), "");
  CAF_CHECK_EQUAL(data_of(living), "");
  CAF_CHECK_EQUAL(read().held, 110);
  check_books();
}

CAF_TEST(much mail goes in several transactions) {
  start_two();
  const std::size_t many = 2 * actors::reaper::reaped_at_once_max + 1;
  for (std::size_t i = 0; i < many; ++i)
    deposit(b(), 1, "x", 20s);
  settle();
  expire(b());
  settle_view(a());
  advance(20s);
  CAF_CHECK_EQUAL(read().mails, 0u);
  CAF_CHECK_EQUAL(a().pod.bank_counts.reaped.get(), many);
  check_books();
}

CAF_TEST(a new leader finds what the last one did not do) {
  start_two();
  auto& c = start("c-1");
  deposit(c, 100, "x", 20s);
  settle();
  settle_view(b(), {&a(), &c});
  expire(c);
  end(a());
  settle();
  remove_node(paths.leader());
  remove_node(paths.pod(a().pod.life));
  CAF_CHECK(b().reaper().leads());
  settle_view(b());
  CAF_CHECK_EQUAL(read().pods, 1u);
  advance(20s);
  CAF_CHECK_EQUAL(read().held, 0);
  check_books();
}

CAF_TEST(a deposed leader changes nothing) {
  start_two();
  auto& c = start("c-1");
  deposit(c, 100, "x", 20s);
  settle();
  expire(c);
  settle_view(a(), {&b()});
  CAF_CHECK_EQUAL(a().reaper().doomed(), 1u);
  // Somebody else was elected, and a has not heard of it.
  store->set(answers, paths.epoch(), "z-1", zk::any_version, [](auto) {});
  store->run_turn();
  advance(20s);
  CAF_CHECK_EQUAL(read().held, 100);
  CAF_CHECK(!a().reaper().leads());
  check_books();
}

CAF_TEST(whatever answer is lost the leader counts once) {
  start_two();
  for (int fault_at = 0; fault_at < 30; ++fault_at)
    for (const auto fault : {zk::fault::loss_applied, zk::fault::loss_not_applied}) {
      auto& c =
          start("c-" + std::to_string(fault_at) + (fault == zk::fault::loss_applied ? "a" : "n"));
      deposit(c, 10, "x", 5s);
      deposit(c, 20, "x", 5s);
      settle();
      expire(c);
      clock.advance(5s);
      settle_view(a(), {&b()}, false);
      for (int i = 0; i < fault_at; ++i) {
        run();
        store->run_turn();
      }
      a().faults.next_meets(fault);
      settle();
      for (int i = 0; i < 4; ++i)
        advance(1s);
      CAF_REQUIRE_EQUAL(read().mails, 0u);
      CAF_REQUIRE_EQUAL(read().pods, 2u);
      check_books();
    }
}

CAF_TEST(the total follows the capacity as far as credits are free) {
  auto& p = start("a-1");
  deposit(p, 600);
  settle();
  p.services.settings.bank.capacity_bytes = 50 * 1024;
  start_reaper(p);
  for (int i = 0; i < 12; ++i)
    advance(1s);
  CAF_CHECK_EQUAL(read().total, 600);
  check_books();
  remove(p, p.mails.at(0));
  for (int i = 0; i < 12; ++i)
    advance(1s);
  CAF_CHECK_EQUAL(read().total, 500);
  CAF_CHECK_EQUAL(read().free, 500);
  check_books();
}

CAF_TEST(a total that cannot follow yet keeps nothing of departed pods from going) {
  start("a-1");
  start("b-1");
  deposit(b(), 600, "x", 20s);
  settle();
  expire(b());
  a().services.settings.bank.capacity_bytes = 50 * 1024;
  start_reaper(a());
  settle_view(a());
  for (int i = 0; i < 15; ++i) // its own bank gives back what it does not need
    advance(1s);
  CAF_CHECK_EQUAL(read().pods, 1u);
  CAF_CHECK_EQUAL(read().held, 600);
  CAF_CHECK_EQUAL(read().total, 600);
  check_books();
  for (int i = 0; i < 20; ++i)
    advance(1s);
  CAF_CHECK_EQUAL(read().held, 0);
  CAF_CHECK_EQUAL(read().total, 500);
  check_books();
}

CAF_TEST(a leader without its fence is found by the sum) {
  bug = actors::planted_bug::unfenced_reaping;
  start_two();
  auto& c = start("c-1");
  deposit(c, 10, "x", 20s);
  deposit(c, 10, "x", 30s);
  settle();
  expire(c);
  settle_view(a(), {&b()});
  advance(20s);
  deposit(b(), 400); // draws, which the leader does not see
  settle();
  advance(10s);
  CAF_CHECK_NOT_EQUAL(read().sum(), read().total);
}

CAF_TEST(the books are exact while pods die and leaders change) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    core::random_source dice{seed};
    zk::faulty_options faulty;
    faulty.loss_per_mille = 40;
    faulty.delay_per_mille = 30;
    std::vector<bank_pod*> alive;
    int born = 0;
    const auto bear = [&] {
      faulty.seed = dice();
      // Its session is that of its first letter.
      const auto letter = static_cast<char>('a' + (born + static_cast<int>(seed) * 16) % 26);
      alive.push_back(&start(
          std::string{letter} + std::to_string(seed) + '-' + std::to_string(++born), faulty));
      start_reaper(*alive.back());
    };
    const auto tell_view = [&] {
      for (auto* p : alive) {
        auto others = alive;
        std::erase(others, p);
        settle_view(*p, others);
      }
    };
    for (int i = 0; i < 3; ++i)
      bear();
    for (int i = 0; i < 60; ++i) {
      auto& p = *alive[dice.below(alive.size())];
      for (auto n = dice.below(5); n > 0; --n)
        deposit(p, static_cast<std::int64_t>(dice.between(1, 40)), "x",
                std::chrono::seconds{dice.between(1, 8)});
      if (!p.mails.empty() && dice.below(2) == 0) {
        remove(p, p.mails.back());
        p.mails.pop_back();
      }
      if (dice.below(3) == 0)
        advance(std::chrono::milliseconds{dice.below(2000)});
      if (dice.below(12) == 0) {
        auto* victim = alive[dice.below(alive.size())];
        std::erase(alive, victim);
        const bool led = data_of(paths.leader()) == victim->pod.life.str();
        expire(*victim);
        if (led)
          remove_node(paths.leader());
        bear();
        tell_view();
      }
      const auto b = read();
      CAF_REQUIRE_EQUAL(b.sum(), b.total);
      CAF_REQUIRE(!b.negative && b.free >= 0);
    }
    for (auto* p : std::exchange(alive, {}))
      expire(*p);
    remove_node(paths.leader());
    alive.clear();
    bear();
    tell_view();
    for (int i = 0; i < 15; ++i)
      advance(1s);
    CAF_REQUIRE_EQUAL(read().mails, 0u); // everybody's mail has gone with its time
    check_books();
    expire(*alive[0]);
    remove_node(paths.leader());
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
