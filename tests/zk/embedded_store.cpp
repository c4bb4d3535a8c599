// The embedded store beyond the suite of all stores: commits, bounds, restarts, sessions.
#define CAF_SUITE zk.embedded_store

#include "zk/embedded_store.hpp"

#include "tests/zk/client.hpp"

#include <caf/test/dsl.hpp>

#include <algorithm>
#include <fstream>
#include <thread>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;

embedded_options in_memory() {
  embedded_options options;
  options.path = ":memory:";
  return options;
}

embedded_options in_directory(const scratch_directory& where) {
  embedded_options options;
  options.path = where.path();
  return options;
}

/// A store whose turns the test drives, and what its requests came to.
struct manual_store {
  explicit manual_store(embedded_options options) {
    options.threading = store_threading::manual;
    owned = *embedded_store::open(options);
  }
  ~manual_store() { owned->close(); }

  void queue(std::vector<op> ops) {
    owned->multi(jobs, std::move(ops),
                 [this](multi_result result) { outcomes.push_back(outcome(result)); });
  }
  /// Carries out one turn and hears its answers.
  std::size_t turn() {
    const auto requests = owned->run_turn();
    while (jobs.run_one(std::chrono::milliseconds{0})) {
    }
    return requests;
  }

  std::unique_ptr<embedded_store> owned;
  job_queue jobs;
  strings outcomes;
};

long resident_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:"))
      return std::stol(line.substr(6));
  return 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool measures_memory = false;
#else
constexpr bool measures_memory = true;
#endif

} // namespace

CAF_TEST(all that waits is committed at once) {
  manual_store s{in_memory()};
  s.queue({create_op{"/a"}});
  for (int i = 0; i < 100; ++i)
    s.queue({create_op{"/a/" + std::to_string(i), "x"}, check_op{"/a"}});
  CAF_CHECK_EQUAL(s.owned->counters().queue_requests, 101u);
  CAF_CHECK_EQUAL(s.turn(), 101u);
  const auto count = s.owned->counters();
  CAF_CHECK_EQUAL(count.commits, 1u);
  CAF_CHECK_EQUAL(count.turns, 1u);
  CAF_CHECK_EQUAL(count.operations, 201u);
  CAF_CHECK_EQUAL(count.queue_requests, 0u);
  CAF_CHECK_EQUAL(count.queue_bytes, 0u);
  CAF_CHECK_EQUAL(s.outcomes, strings(101, "ok"));
  CAF_CHECK_EQUAL(s.turn(), 0u);
}

CAF_TEST(a failed request does not harm its neighbours in the turn) {
  manual_store s{in_memory()};
  s.queue({create_op{"/a"}});
  s.queue({create_op{"/b"}, create_op{"/a"}});
  s.queue({create_op{"/a/s-", "", create_mode::persistent_sequential}});
  s.queue({set_op{"/a", "x", 3}});
  s.queue({remove_op{"/a/s-0000000000"}, remove_op{"/a"}});
  s.turn();
  CAF_CHECK_EQUAL(s.outcomes, (strings{"ok", "node_exists 1", "ok", "bad_version 0", "ok"}));
  CAF_CHECK_EQUAL(s.owned->counters().commits, 1u);
}

CAF_TEST(a turn that only reads or only fails commits nothing) {
  manual_store s{in_memory()};
  s.queue({remove_op{"/none"}});
  s.owned->get(s.jobs, "/", {}, [&](auto result) { s.outcomes.push_back(outcome(result)); });
  s.turn();
  CAF_CHECK_EQUAL(s.outcomes, (strings{"no_node 0", "ok"}));
  CAF_CHECK_EQUAL(s.owned->counters().commits, 0u);
  CAF_CHECK_EQUAL(s.owned->counters().requests, 2u);
}

CAF_TEST(a turn takes no more than its bounds) {
  auto options = in_memory();
  options.turn_requests_max = 10;
  options.turn_bytes_max = 1000;
  manual_store s{options};
  for (int i = 0; i < 25; ++i)
    s.queue({create_op{"/" + std::to_string(i)}});
  CAF_CHECK_EQUAL(s.turn(), 10u);
  CAF_CHECK_EQUAL(s.turn(), 10u);
  CAF_CHECK_EQUAL(s.turn(), 5u);
  for (int i = 0; i < 3; ++i)
    s.queue({set_op{"/" + std::to_string(i), std::string(600, 'x')}});
  CAF_CHECK_EQUAL(s.turn(), 1u);
  CAF_CHECK_EQUAL(s.turn(), 1u);
  CAF_CHECK_EQUAL(s.turn(), 1u);
}

CAF_TEST(a full queue refuses at once and takes more once it drained) {
  auto options = in_memory();
  options.queue_requests_max = 3;
  options.queue_bytes_max = 1000;
  manual_store s{options};
  for (int i = 0; i < 4; ++i)
    s.queue({create_op{"/" + std::to_string(i)}});
  CAF_REQUIRE(s.jobs.run_one(std::chrono::milliseconds{0}));
  CAF_CHECK_EQUAL(s.outcomes, strings{"overloaded"});
  s.turn();
  s.queue({set_op{"/0", std::string(600, 'x')}});
  s.queue({set_op{"/1", std::string(600, 'x')}});
  s.turn();
  CAF_CHECK_EQUAL(s.outcomes, (strings{"overloaded", "ok", "ok", "ok", "overloaded", "ok"}));
  CAF_CHECK_EQUAL(s.owned->counters().refused, 2u);
}

CAF_TEST(watches are bounded and the dead make room) {
  auto options = in_memory();
  options.watches_max = 10;
  const auto owned = *embedded_store::open(options);
  client c{*owned};
  for (int i = 0; i < 10; ++i)
    CAF_CHECK_EQUAL(outcome(c.exists("/" + std::to_string(i), c.ears())), "ok");
  CAF_CHECK_EQUAL(outcome(c.exists("/x", c.ears())), "overloaded");
  CAF_CHECK_EQUAL(outcome(c.exists("/0", c.ears())), "ok"); // counts already
  CAF_CHECK_EQUAL(owned->counters().watches, 10u);
  static_cast<void>(c.create("/3"));
  CAF_CHECK_EQUAL(outcome(c.exists("/x", c.ears())), "ok");
  // Sinks come and go far more often than there is room.
  static_cast<void>(c.create("/4"));
  for (int i = 0; i < 5000; ++i) {
    auto passing = std::make_shared<recorder>(c.heard);
    static_cast<void>(c.exists("/y" + std::to_string(i), passing));
  }
  CAF_CHECK(owned->counters().watches <= 10);
  owned->close();
}

CAF_TEST(everything but ephemerals is there after a restart) {
  const scratch_directory home;
  session_id first{};
  {
    const auto owned = *embedded_store::open(in_directory(home));
    client c{*owned};
    first = owned->session();
    static_cast<void>(c.create("/a", "data"));
    static_cast<void>(c.create("/a/e", "x", create_mode::ephemeral));
    static_cast<void>(c.set("/a", "new"));
    CAF_CHECK_EQUAL(c.sequential("/a/s-"), "/a/s-0000000001");
    static_cast<void>(c.remove("/a/s-0000000001"));
  }
  const auto owned = *embedded_store::open(in_directory(home));
  client c{*owned};
  CAF_CHECK(owned->session() != first);
  CAF_CHECK(owned->integrity() == integrity::not_checked);
  CAF_CHECK_EQUAL(c.data("/a"), "new");
  CAF_CHECK(!c.has("/a/e"));
  const auto a = c.stat_of("/a");
  CAF_CHECK_EQUAL(a.version, 1);
  CAF_CHECK_EQUAL(a.children, 0u);
  CAF_CHECK_EQUAL(c.sequential("/a/s-"), "/a/s-0000000002");
  // Transaction numbers go on.
  CAF_CHECK(c.stat_of("/a/s-0000000002").czxid > a.mzxid);
  owned->close();
}

CAF_TEST(an expired session takes its ephemerals and watches along) {
  const auto owned = *embedded_store::open(in_memory());
  client c{*owned};
  const auto first = static_cast<std::int64_t>(owned->session());
  owned->attach(c.jobs, c.ears());
  static_cast<void>(c.create("/kept"));
  static_cast<void>(c.create("/kept/e", "", create_mode::ephemeral));
  static_cast<void>(c.get("/kept", c.ears()));
  owned->expire_session();
  static_cast<void>(c.set("/kept", "x"));
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  CAF_CHECK_EQUAL(c.heard, (strings{"connected " + number(first), "expired " + number(first),
                                    "connected " + number(first + 1)}));
  CAF_CHECK(!c.has("/kept/e"));
  CAF_CHECK_EQUAL(c.data("/kept"), "x");
  CAF_CHECK_EQUAL(owned->counters().watches, 0u);
  owned->close();
}

CAF_TEST(a hundred thousand children cost no memory and are listed) {
  const scratch_directory home;
  const auto owned = *embedded_store::open(in_directory(home));
  client c{*owned};
  static_cast<void>(c.create("/many"));
  const auto before_kib = resident_kib();
  constexpr int total = 100'000;
  const std::string data(100, 'x');
  for (int i = 0; i < total;) {
    std::vector<op> ops;
    for (int k = 0; k < 500; ++k, ++i)
      ops.emplace_back(create_op{"/many/child-" + std::to_string(i), data});
    CAF_REQUIRE_EQUAL(outcome(c.multi(std::move(ops))), "ok");
  }
  if (measures_memory)
    CAF_CHECK_LESS(resident_kib() - before_kib, 12 * 1024);
  CAF_CHECK_EQUAL(c.stat_of("/many").children, 100'000u);
  const auto listed = c.children("/many");
  CAF_REQUIRE_EQUAL(outcome(listed), "ok");
  CAF_CHECK_EQUAL(listed->names.size(), 100'000u);
  std::size_t bytes = 0;
  static_cast<void>(c.scan("/many", {}, [&](auto page) {
    for (const auto& found : page)
      bytes += found.data.size();
  }));
  CAF_CHECK_EQUAL(bytes, 10'000'000u);
  owned->close();
}

CAF_TEST(many threads may call) {
  const auto owned = *embedded_store::open(in_memory());
  constexpr int rounds = 500;
  std::vector<std::thread> callers;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&, path = "/" + std::to_string(t)] {
      job_queue jobs;
      int answers = 0;
      owned->create(jobs, path, "", create_mode::persistent, [&](auto) { ++answers; });
      for (version i = 0; i < rounds; ++i)
        owned->set(jobs, path, "x", i, [&](auto result) {
          ++answers;
          if (result)
            ++right;
        });
      while (answers <= rounds && jobs.run_one(std::chrono::seconds{10})) {
      }
    });
  for (auto& caller : callers)
    caller.join();
  CAF_CHECK_EQUAL(right.load(), 4 * rounds);
  CAF_CHECK(owned->counters().commits <= owned->counters().turns);
  owned->close();
}

CAF_TEST(a scan under way ends when the store closes) {
  const auto owned = *embedded_store::open(in_memory());
  client c{*owned};
  for (int i = 0; i < 5; ++i)
    static_cast<void>(c.create("/" + std::to_string(i)));
  int pages = 0;
  const auto result = c.scan("/", {scan_depth::children, 1}, [&](auto) {
    ++pages;
    owned->close();
  });
  CAF_CHECK_EQUAL(outcome(result), "closed");
  CAF_CHECK_EQUAL(pages, 1);
}
