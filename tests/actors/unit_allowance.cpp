// What units keep in memory is paid for: real banks, their couriers and allowances.
#define CAF_SUITE unit_allowance
#include "actors/unit_allowance.hpp"

#include "actors/courier.hpp"
#include "core/random.hpp"
#include "tests/actors/bank_fixture.hpp"

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kib = 1024;

/// 1600 KiB for 10 s: 16000 credits. A unit has 100 KiB in advance, a thousand credits.
struct allowance_fixture : test::bank_fixture {
  allowance_fixture() {
    settings.capacity_bytes = 1600 * kib;
    settings.ttl_min = settings.ttl_max = 10s;
  }

  ~allowance_fixture() override {
    for (auto& p : pods) {
      caf::anon_send_exit(p->services.courier_handle, caf::exit_reason::user_shutdown);
      run();
      p->services.courier_handle = nullptr;
    }
  }

  actors::unit_allowance& equip(bank_pod& p) {
    p.services.courier_handle = actors::spawn_on<actors::courier>(p.services, sys);
    auto made = std::make_unique<actors::unit_allowance>(p.services);
    auto& memory = *made;
    p.services.memory = std::move(made);
    memory.start([this] { ++ready; });
    settle();
    return memory;
  }

  int ready = 0;

  void pass(std::chrono::seconds time) {
    for (auto i = time; i > 0s; i -= 1s)
      advance(1s);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(unit_allowance_tests, allowance_fixture)

CAF_TEST(credit is there before it is needed and stays in the lease) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  CAF_CHECK_EQUAL(memory.bytes_lent(), 100 * kib);
  CAF_CHECK_EQUAL(ready, 1);
  CAF_CHECK(memory.reserve(60 * kib)); // at once
  settle();
  CAF_CHECK_EQUAL(memory.bytes_lent(), 160 * kib); // and as much ahead again
  const auto b = read();
  CAF_CHECK_GREATER_OR_EQUAL(b.leased, 1600);
  CAF_CHECK_EQUAL(b.held, 0);
  check_books();
}

CAF_TEST(what is lent is not spent on mail nor given back) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  CAF_REQUIRE(memory.reserve(90 * kib));
  settle();
  const auto lent = static_cast<std::int64_t>(memory.bytes_lent() / kib) * 10;
  const auto all = deposit(p, 16'000 - lent + 1);
  settle();
  CAF_REQUIRE(all->refused);
  advance(actors::bank::draw_pause);
  const auto rest = deposit(p, 16'000 - lent);
  settle();
  CAF_CHECK(rest->result.has_value());
  check_books();
  pass(12s);
  CAF_CHECK_GREATER_OR_EQUAL(read().leased, 900);
}

CAF_TEST(it runs out where the bank does and goes on when credit returns) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  std::size_t got = 0;
  for (int i = 0; i < 500; ++i) {
    got += memory.reserve(20 * kib) ? 20 * kib : 0;
    settle();
  }
  CAF_CHECK_EQUAL(got, 1600 * kib);
  CAF_CHECK(!memory.reserve(1));
  CAF_CHECK_EQUAL(p.services.counters.memory_bytes.get(), got);
  const auto refused = deposit(p, 10);
  settle();
  CAF_CHECK(refused->refused);
  memory.release(got);
  CAF_CHECK(memory.reserve(20 * kib));
  memory.release(20 * kib);
  pass(12s);
  const auto stored = deposit(p, 15'000);
  settle();
  CAF_CHECK(stored->result.has_value());
  check_books();
}

CAF_TEST(mail that fills the bank leaves nothing for memory) {
  auto& p = start("a-1");
  deposit(p, 16'000);
  settle();
  auto& memory = equip(p);
  CAF_CHECK_EQUAL(ready, 1); // and knows that it has none
  CAF_CHECK(!memory.reserve(1));
  settle();
  CAF_CHECK(!memory.reserve(1));
  CAF_CHECK_GREATER(p.pod.bank_counts.loans_cut.get(), 0u);
  remove(p, p.mails.at(0));
  advance(1s);
  CAF_CHECK(!memory.reserve(1)); // asks
  settle();
  CAF_CHECK(memory.reserve(1));
}

CAF_TEST(what was not needed goes back) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  for (int i = 0; i < 20; ++i) {
    CAF_REQUIRE(memory.reserve(50 * kib));
    settle();
  }
  memory.release(1000 * kib);
  pass(20s);
  CAF_CHECK_EQUAL(memory.bytes_lent(), 100 * kib);
  CAF_CHECK_EQUAL(read().leased, 1000);
  check_books();
}

CAF_TEST(a small bank is not eaten by what is lent in advance) {
  settings.capacity_bytes = 64 * kib;
  auto& p = start("a-1");
  auto& memory = equip(p);
  CAF_CHECK_EQUAL(memory.bytes_lent(), 4 * kib);
  CAF_CHECK(!memory.reserve(512 * kib)); // never fits, and takes nothing from others
  settle();
  CAF_CHECK_EQUAL(memory.bytes_lent(), 4 * kib);
  const auto mail = deposit(p, 600);
  settle();
  CAF_CHECK(mail->result.has_value());
  check_books();
}

CAF_TEST(pods and their units share what is ahead) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  p.pod.members = 4;
  pass(10s);
  CAF_CHECK_EQUAL(memory.bytes_lent(), 25 * kib);
}

CAF_TEST(a bank that stops gives back what it had lent) {
  auto& p = start("a-1");
  auto& memory = equip(p);
  CAF_REQUIRE(memory.reserve(90 * kib));
  caf::anon_send(p.pod.bank, actors::shut_down_atom::value);
  settle();
  CAF_CHECK_EQUAL(read().leased, 0);
  check_books();
}

CAF_TEST(the books are exact while units borrow and banks fail) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    core::random_source dice{seed};
    zk::faulty_options faulty;
    faulty.loss_per_mille = 80;
    faulty.storage_full_per_mille = 30;
    faulty.seed = dice();
    auto& p = start("x-" + std::to_string(seed), faulty);
    auto& memory = equip(p);
    std::vector<std::size_t> kept;
    for (int i = 0; i < 100; ++i) {
      if (kept.empty() || dice.below(3) != 0) {
        const auto bytes = static_cast<std::size_t>(dice.between(1, 300)) * kib;
        if (memory.reserve(bytes))
          kept.push_back(bytes);
      } else {
        memory.release(kept.back());
        kept.pop_back();
      }
      deposit(p, static_cast<std::int64_t>(dice.between(1, 900)), "c", 60s);
      if (dice.below(3) == 0)
        settle();
      if (dice.below(5) == 0)
        advance(std::chrono::milliseconds{dice.below(3000)});
      const auto b = read();
      CAF_REQUIRE_EQUAL(b.sum(), b.total);
      CAF_REQUIRE(!b.negative && b.free >= 0);
      CAF_REQUIRE_LESS_OR_EQUAL(memory.bytes_used(), memory.bytes_lent());
    }
    settle();
    CAF_REQUIRE_GREATER_OR_EQUAL(read().leased,
                                 static_cast<std::int64_t>(memory.bytes_lent() / kib) * 10);
    for (const auto& path : p.mails)
      remove(p, path);
    for (const auto bytes : kept)
      memory.release(bytes);
    caf::anon_send(p.pod.bank, actors::shut_down_atom::value);
    advance(6s); // by then it has ended, whatever failed
    check_books();
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
