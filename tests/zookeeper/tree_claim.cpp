// One pod at a time: who waits, who is next, and that whoever lost the claim writes nothing more.
#define CAF_SUITE zookeeper.tree_claim

#include "zk/tree_claim.hpp"

#include "tests/zookeeper/fixture.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <future>
#include <optional>
#include <thread>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

constexpr std::chrono::seconds patience{30};

struct pod {
  explicit pod(const zookeeper_options& options) : owned(open_store(options)) {}
  ~pod() { owned->close(); }

  tree_claim::events events() {
    return {[this](const std::string& holder) { waits_for.set_value(holder); },
            [this] { lost.set_value(); }};
  }
  bool take(const std::string& name) {
    claim = tree_claim::take(*owned, "/serving", name, events());
    return claim->has_value();
  }

  std::promise<std::string> waits_for;
  std::promise<void> lost;
  std::unique_ptr<zookeeper_store> owned;
  std::optional<expected<std::unique_ptr<tree_claim>, error>> claim;
};

struct fixture {
  fixture() { options.after_expiry = after_expiry::stay_ended; }
  zookeeper_options options = options_at(fresh_root());
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(zookeeper_tree_claim, fixture)

CAF_TEST(a second pod stands by until the first is gone) {
  auto first = std::make_unique<pod>(options);
  CAF_REQUIRE(first->take("a"));
  pod second{options};
  auto taken = std::async(std::launch::async, [&] { return second.take("b"); });
  auto holder = second.waits_for.get_future();
  CAF_REQUIRE(holder.wait_for(patience) == std::future_status::ready);
  CAF_CHECK_EQUAL(holder.get(), "a");
  CAF_CHECK(taken.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  first.reset();
  CAF_REQUIRE(taken.wait_for(patience) == std::future_status::ready);
  CAF_CHECK(taken.get());
}

CAF_TEST(a pod that was stuck beyond its session has lost the claim and is fenced) {
  boost::asio::io_context io{1};
  auto work = boost::asio::make_work_guard(io);
  const auto go_on = [&] {
    io.restart();
    return std::thread{[&] { io.run(); }};
  };
  auto stuck_options = options;
  stuck_options.session_timeout = std::chrono::milliseconds{600};
  stuck_options.loop = &io;
  auto runner = go_on();
  auto stuck = std::make_unique<pod>(stuck_options);
  CAF_REQUIRE(stuck->owned->wait_connected(patience));
  CAF_REQUIRE(stuck->take("a"));
  io.stop();
  runner.join();

  pod rival{options};
  CAF_CHECK(rival.take("b")); // waits until the servers have given up on the first

  runner = go_on();
  CAF_CHECK(stuck->lost.get_future().wait_for(patience) == std::future_status::ready);
  client late{*stuck->owned}, fair{*rival.owned};
  CAF_CHECK_EQUAL(outcome(late.create("/late")), "session_expired");
  CAF_CHECK(stuck->owned->session() == session_id::none);
  CAF_CHECK_EQUAL(outcome(fair.get("/late")), "no_node");
  stuck.reset();
  work.reset();
  io.stop();
  runner.join();
}

CAF_TEST_FIXTURE_SCOPE_END()
