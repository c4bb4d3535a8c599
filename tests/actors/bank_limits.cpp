// The bank when there is nothing to pay with: what it goes on with, and that nothing it keeps grows
// without end.
#define CAF_SUITE bank_limits
#include "tests/actors/bank_fixture.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace mqttzoo;
using namespace std::chrono_literals;

namespace {

/// A pod's way to its store on which writes wait until they are let go.
class slow_store final : public test::store_proxy {
public:
  explicit slow_store(test::bank_fixture::bank_pod& p)
      : store_proxy(static_cast<zk::store&>(p.store)), pod_(p) {
    p.pod.store = this;
  }
  ~slow_store() override { pod_.pod.store = &pod_.store; }

  void multi(zk::executor& where, std::vector<zk::op> ops, zk::multi_handler done) override {
    held_.emplace_back([this, &where, ops = std::move(ops), done = std::move(done)] {
      store_proxy::multi(where, ops, done);
    });
  }

  void let_go() {
    for (const auto& call : std::exchange(held_, {}))
      call();
  }

private:
  test::bank_fixture::bank_pod& pod_;
  std::vector<std::function<void()>> held_;
};

/// 100 KiB and a least TTL of 10 s: 1000 credits.
struct poor_bank : test::bank_fixture {
  poor_bank() {
    settings.capacity_bytes = 100 * 1024;
    settings.ttl_min = 10s;
    settings.ttl_max = 60s;
  }

  /// Something that costs nothing.
  void make_node(bank_pod& p, const std::string& name) {
    auto c = std::make_shared<actors::bank_commit>();
    c->ops.emplace_back(zk::create_op{paths.topic_bucket("t") + "/" + name});
    ask(p, c);
  }

  /// Somebody else has paid for a message of this pod.
  void book(bank_pod& p) {
    auto c = std::make_shared<actors::bank_commit>();
    c->held.push_back({client_id{"c"}, topic, 1, until(60s)});
    caf::anon_send(p.pod.bank, actors::commit_atom::value, std::move(c));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(bank_limits_tests, poor_bank)

CAF_TEST(a pod that stops without credit carries out what costs nothing) {
  auto& p = start("a-1");
  deposit(p, 950);
  settle();
  const auto refused = deposit(p, 200);
  remove(p, p.mails.at(0));
  caf::anon_send(p.pod.bank, actors::shut_down_atom::value);
  settle();
  CAF_CHECK(refused->refused);
  const auto b = read();
  CAF_CHECK_EQUAL(b.mails, 0u);
  CAF_CHECK_EQUAL(b.leased, 0);
  check_books();
}

CAF_TEST(a bank that opens its books spends no more than they have) {
  auto& p = start("a-1");
  deposit(start("b-1"), 900);
  settle();
  caf::anon_send_exit(p.pod.bank, caf::exit_reason::user_shutdown);
  settle();
  p.pod.store_time = {};
  p.pod.bank = actors::spawn_on<actors::bank>(p.services, sys, paths);
  const auto refused = deposit(p, 300);
  settle();
  CAF_CHECK(refused->refused);
  CAF_CHECK(p.pod.store_time.known());
  CAF_CHECK_EQUAL(read().mails, 1u);
  check_books();
}

CAF_TEST(what was refused is forgotten also when there is always something to do) {
  auto& p = start("a-1");
  deposit(p, 1000);
  settle();
  slow_store slow{p};
  make_node(p, "1");
  run();
  const auto refused = deposit(p, 100);
  make_node(p, "2"); // goes with the answer to the first
  run();
  slow.let_go();
  settle();
  CAF_CHECK(refused->refused);
  CAF_CHECK_EQUAL(p.bank().refusals_remembered(), 1u);
  advance(1s);
  CAF_CHECK_EQUAL(p.bank().refusals_remembered(), 0u);
  slow.let_go();
  settle();
}

CAF_TEST(what needs nothing of the store is answered in its turn) {
  auto& p = start("a-1");
  slow_store slow{p};
  make_node(p, "1");
  run();
  const auto nothing = std::make_shared<actors::bank_commit>();
  ask(p, nothing);
  settle();
  CAF_CHECK(p.answered.empty());
  slow.let_go();
  settle();
  CAF_REQUIRE_EQUAL(p.answered.size(), 2u);
  CAF_CHECK_EQUAL(p.answered.back(), nothing);
}

CAF_TEST(the accounts have all that a pod finds although its disk is full) {
  constexpr std::uint64_t many = actors::bank::queue_max + 5'000;
  auto& p = start("a-1");
  deposit(p, 10);
  settle();
  p.faults.set_full(true);
  make_node(p, "1");
  run(); // under way; the rest waits behind it
  const auto removed = remove(p, p.mails.at(0));
  for (std::uint64_t n = 0; n < many; ++n)
    book(p);
  settle();
  CAF_CHECK(!removed->result);
  CAF_CHECK_EQUAL(p.bank().accounts().all().messages, many + 1);
  p.faults.set_full(false);
}

CAF_TEST_FIXTURE_SCOPE_END()
