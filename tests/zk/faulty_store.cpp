// The fault-injecting store: each fault by itself, and long random runs that must be repeatable and
// honest.
#define CAF_SUITE zk.faulty_store

#include "zk/faulty_store.hpp"

#include "core/random.hpp"
#include "tests/zk/client.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

#include <map>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;

struct fixture {
  explicit fixture(faulty_options options = {}) : faulty(*beneath, expiring(std::move(options))) {
    beneath->run_turn(); // the wrapper learns of the session
    faulty.attach(c.jobs, c.ears());
    run();
    c.heard.clear();
  }
  ~fixture() { faulty.close(); }

  faulty_options expiring(faulty_options options) {
    options.expire_session = [this] { beneath->expire_session(); };
    return options;
  }

  /// Lets the store beneath work and answers arrive, without a step.
  void run() {
    while (beneath->run_turn() > 0) {
    }
    while (c.jobs.run_one(std::chrono::milliseconds{0})) {
    }
  }
  /// Steps until nothing waits any more; how many it took.
  int settle() {
    int steps = 0;
    for (run(); faulty.step(); run())
      ++steps;
    run();
    return steps;
  }

  /// Starts an operation whose outcome goes into `outcomes`.
  void create(const std::string& path) {
    faulty.create(c.jobs, path, "", create_mode::persistent,
                  [this, path](auto result) { outcomes.push_back(path + ' ' + outcome(result)); });
  }
  void exists(const std::string& path, const watcher& watch = {}) {
    faulty.exists(c.jobs, path, watch, [this, path](auto result) {
      outcomes.push_back(path + ' ' + (result && *result ? "there" : outcome(result)));
    });
  }

  std::string session_text() const {
    return std::to_string(static_cast<std::int64_t>(beneath->session()));
  }
  /// Asks the store beneath.
  bool really_there(const std::string& path) {
    client direct{*beneath, [this] { beneath->run_turn(); }};
    return direct.has(path);
  }

  std::unique_ptr<embedded_store> beneath = [] {
    embedded_options options;
    options.path = ":memory:";
    options.threading = store_threading::manual;
    return *embedded_store::open(options);
  }();
  faulty_store faulty;
  client c{faulty, [this] { run(); }};
  strings outcomes;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(faulty_store_tests, fixture)

CAF_TEST(a lost operation may have been applied) {
  faulty.next_meets(fault::loss_applied);
  create("/a");
  run();
  CAF_CHECK_EQUAL(outcomes, strings{"/a connection_loss"});
  CAF_CHECK(really_there("/a"));
  CAF_CHECK_EQUAL(c.heard, strings{"suspended " + session_text()});
  settle();
  CAF_CHECK_EQUAL(c.heard, (strings{"suspended " + session_text(), "connected " + session_text()}));
  create("/b");
  run();
  CAF_CHECK_EQUAL(outcomes.back(), "/b ok");
}

CAF_TEST(a lost operation may not have been applied) {
  faulty.next_meets(fault::loss_not_applied);
  create("/a");
  run();
  CAF_CHECK_EQUAL(outcomes, strings{"/a connection_loss"});
  CAF_CHECK(!really_there("/a"));
}

CAF_TEST(a loss takes along what is in flight and refuses what follows) {
  create("/a");
  create("/b");
  faulty.next_meets(fault::loss_not_applied);
  create("/c");
  create("/d"); // the link is down for at least this step, or this is the first after it
  run();
  CAF_REQUIRE_EQUAL(outcomes.size(), 4u);
  CAF_CHECK_EQUAL(outcomes[0], "/a connection_loss");
  CAF_CHECK_EQUAL(outcomes[1], "/b connection_loss");
  CAF_CHECK_EQUAL(outcomes[2], "/c connection_loss");
  CAF_CHECK(really_there("/a") && really_there("/b") && !really_there("/c"));
  CAF_CHECK_EQUAL(outcomes[3] == "/d ok", really_there("/d"));
}

CAF_TEST(a session expires once and the next begins) {
  const auto old_session = session_text();
  faulty.create(c.jobs, "/e", "", create_mode::ephemeral, [](auto) {});
  run();
  create("/in-flight");
  faulty.next_meets(fault::session_expiry);
  create("/a");
  create("/b");
  CAF_CHECK(faulty.session() == session_id::none);
  run();
  CAF_CHECK_EQUAL(outcomes, (strings{"/in-flight connection_loss", "/a session_expired",
                                     "/b session_expired"}));
  CAF_CHECK(!really_there("/e") && !really_there("/a") && really_there("/in-flight"));
  CAF_CHECK_EQUAL(c.heard, (strings{"suspended " + old_session, "expired " + old_session,
                                    "connected " + session_text()}));
  CAF_CHECK_NOT_EQUAL(old_session, session_text());
  CAF_CHECK(faulty.session() == beneath->session());
  create("/c");
  run();
  CAF_CHECK_EQUAL(outcomes.back(), "/c ok");
}

CAF_TEST(a full disk refuses writes and lets reads pass) {
  faulty.next_meets(fault::storage_full);
  create("/a");
  faulty.next_meets(fault::storage_full);
  exists("/a");
  run();
  CAF_CHECK_EQUAL(outcomes, (strings{"/a storage_full", "/a ok"}));
}

CAF_TEST(what is late makes all behind it late) {
  faulty.next_meets(fault::delay);
  create("/a");
  run();
  CAF_CHECK_EQUAL(outcomes, strings{});
  CAF_CHECK(really_there("/a"));
  exists("/a");
  run();
  const bool both = outcomes.size() == 2; // that operation was a step, perhaps the last one needed
  CAF_CHECK(both || outcomes.empty());
  settle();
  CAF_CHECK_EQUAL(outcomes, (strings{"/a ok", "/a there"}));
}

CAF_TEST(watch events of an outage come when the link is back) {
  exists("/w", c.ears());
  run();
  faulty.next_meets(fault::loss_not_applied);
  exists("/other");
  run();
  client other_pod{*beneath, [this] { beneath->run_turn(); }};
  static_cast<void>(other_pod.create("/w"));
  run();
  CAF_CHECK_EQUAL(c.heard, strings{"suspended " + session_text()});
  settle();
  CAF_CHECK_EQUAL(c.heard, (strings{"suspended " + session_text(), "connected " + session_text(),
                                    "created /w"}));
}

CAF_TEST(closing hurries what is late) {
  faulty.next_meets(fault::delay);
  create("/a");
  faulty.close();
  run();
  CAF_CHECK_EQUAL(outcomes, strings{"/a ok"});
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(late watch events keep their place before what was read) {
  faulty_options options;
  options.watch_delay_per_mille = 1000;
  fixture f{options};
  f.exists("/w", f.c.ears());
  f.run();
  f.create("/w");
  f.run();
  CAF_CHECK_EQUAL(f.outcomes, strings{"/w ok"}); // of exists; the rest is behind the event
  CAF_CHECK_EQUAL(f.c.heard, strings{});
  CAF_CHECK(f.settle() >= 1);
  CAF_CHECK_EQUAL(f.c.heard, strings{"created /w"});
  CAF_CHECK_EQUAL(f.outcomes, (strings{"/w ok", "/w ok"}));
}

namespace {

/// What a caller sees of 400 operations on a store with every fault, in order.
strings random_run(std::uint64_t seed) {
  faulty_options options;
  options.seed = seed;
  options.loss_per_mille = 30;
  options.session_expiry_per_mille = 10;
  options.storage_full_per_mille = 40;
  options.delay_per_mille = 100;
  options.watch_delay_per_mille = 300;
  fixture f{options};
  core::random_source dice{seed};
  strings asked;
  std::vector<std::size_t> creates; // where in `asked`
  for (int i = 0; i < 400; ++i) {
    creates.push_back(asked.size());
    asked.push_back("/n" + std::to_string(i));
    f.create(asked.back());
    if (dice.below(3) == 0) {
      asked.push_back("/n" + std::to_string(dice.below(500)));
      f.exists(asked.back(), f.c.ears());
    }
    if (dice.below(4) == 0)
      f.run();
  }
  f.settle();

  // Every operation completed once, in its turn, and nobody was lied to.
  CAF_REQUIRE_EQUAL(f.outcomes.size(), asked.size());
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    CAF_CHECK(f.outcomes[i].starts_with(asked[i] + ' '));
    ++seen[f.outcomes[i].substr(f.outcomes[i].find(' ') + 1)];
  }
  for (const auto* what : {"ok", "there", "connection_loss", "storage_full", "session_expired"})
    CAF_CHECK(seen[what] > 0);
  for (const auto i : creates) {
    const auto result = f.outcomes[i].substr(asked[i].size() + 1);
    if (result == "ok")
      CAF_CHECK(f.really_there(asked[i]));
    else if (result != "connection_loss")
      CAF_CHECK(!f.really_there(asked[i]));
  }
  auto transcript = f.outcomes;
  transcript.insert(transcript.end(), f.c.heard.begin(), f.c.heard.end());
  return transcript;
}

} // namespace

CAF_TEST(random runs are honest and repeatable) {
  strings first;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAF_MESSAGE("seed " << seed);
    const auto once = random_run(seed);
    CAF_CHECK(once == random_run(seed));
    CAF_CHECK(once != first);
    first = once;
  }
}
