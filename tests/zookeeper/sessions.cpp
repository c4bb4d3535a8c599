// What becomes of requests, watches and ephemerals when the link breaks and when the session ends.
#define CAF_SUITE zookeeper.sessions

#include "tests/zookeeper/fixture.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <functional>
#include <thread>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;
using std::chrono::milliseconds;

std::string name_of(session_id id) {
  return std::to_string(static_cast<std::int64_t>(id));
}

/// A store on a thread of its own, and its caller.
struct peer {
  explicit peer(const zookeeper_options& options) : owned(open_store(options)) {}
  ~peer() { owned->close(); }

  std::unique_ptr<zookeeper_store> owned;
  client c{*owned};
};

/// A store on a loop that runs only while its caller waits, as that of a pod that is stuck.
struct paused_peer {
  explicit paused_peer(zookeeper_options options) {
    options.loop = &io;
    owned = open_store(options);
    c = std::make_unique<client>(*owned, [this] {
      io.restart();
      io.run_one_for(milliseconds{10});
    });
  }
  ~paused_peer() {
    std::thread runner{[this] {
      io.restart();
      io.run();
    }};
    owned->close();
    runner.join();
  }

  boost::asio::io_context io{1};
  std::unique_ptr<zookeeper_store> owned;
  std::unique_ptr<client> c;
};

struct fixture {
  std::string root = fresh_root();
  zookeeper_options options = options_at(root);
};

bool heard_of(const client& c, const std::string& what) {
  return std::find(c.heard.begin(), c.heard.end(), what) != c.heard.end();
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(zookeeper_sessions, fixture)

CAF_TEST(a session outlives the server and its watches fire afterwards) {
  peer p{options};
  auto& c = p.c;
  CAF_REQUIRE_EQUAL(outcome(c.create("/t", "0")), "ok");
  CAF_REQUIRE_EQUAL(outcome(c.create("/e", "", create_mode::ephemeral)), "ok");
  const auto id = name_of(p.owned->session());
  c.subject().attach(c.jobs, c.ears());
  c.wait([&] { return !c.heard.empty(); });
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.exists("/new", c.ears()));
  static_cast<void>(c.children("/t", c.ears()));

  server::shared().kill();
  c.wait([&] { return heard_of(c, "suspended " + id); });
  CAF_CHECK_EQUAL(name_of(p.owned->session()), id);
  std::optional<bool> changed; // asked while there is no link
  c.subject().set(c.jobs, "/t", "1", 0, [&](auto result) { changed = result.has_value(); });
  server::shared().start();
  c.wait([&] { return changed.has_value(); });
  CAF_CHECK_EQUAL(*changed, true);
  CAF_CHECK_EQUAL(c.heard,
                  (strings{"connected " + id, "suspended " + id, "connected " + id, "changed /t"}));
  CAF_CHECK(c.has("/e"));
  c.heard.clear();
  static_cast<void>(c.create("/new"));
  static_cast<void>(c.create("/t/child"));
  CAF_CHECK_EQUAL(c.heard, (strings{"created /new", "children_changed /t"}));
  CAF_CHECK(c.ear().last_session == p.owned->session());
}

CAF_TEST(what was in flight when the server died was applied up to a point) {
  peer p{options};
  auto& c = p.c;
  CAF_REQUIRE_EQUAL(outcome(c.create("/t")), "ok");
  strings outcomes;
  int writes = 0;
  bool killed = false;
  const std::function<void()> write = [&] {
    const int number = writes++;
    c.subject().set(c.jobs, "/t", std::to_string(number), number, [&](auto result) {
      outcomes.push_back(outcome(result));
      if (!killed) // so that there is always something in flight
        write();
    });
  };
  while (writes < 2000)
    write();
  c.wait([&] { return outcomes.size() >= 100; });
  killed = true;
  server::shared().kill();
  server::shared().start();
  c.wait([&] { return outcomes.size() == static_cast<std::size_t>(writes); });
  // Each expects the version that the one before it left, so they fail from some point on.
  const auto ok = std::count(outcomes.begin(), outcomes.end(), "ok");
  const auto lost = std::count(outcomes.begin(), outcomes.end(), "connection_loss");
  CAF_CHECK(std::is_sorted(outcomes.begin(), outcomes.begin() + ok + lost,
                           [](const auto& a, const auto& b) { return a == "ok" && b != "ok"; }));
  CAF_CHECK(lost > 0);
  CAF_CHECK_EQUAL(p.owned->counters().lost, static_cast<std::uint64_t>(lost));
  CAF_REQUIRE_EQUAL(outcome(c.sync()), "ok");
  const auto applied = c.stat_of("/t").version;
  CAF_MESSAGE(ok << " acknowledged, " << lost << " in doubt, " << applied << " applied");
  CAF_CHECK(applied >= ok);
}

CAF_TEST(an expired session is followed by a new one without its ephemerals and watches) {
  options.session_timeout = std::chrono::seconds{3};
  paused_peer stuck{options};
  auto& c = *stuck.c;
  c.subject().attach(c.jobs, c.ears());
  c.wait([&] { return !c.heard.empty() && stuck.owned->session() != session_id::none; });
  const auto old = stuck.owned->session();
  CAF_REQUIRE_EQUAL(outcome(c.create("/e", "", create_mode::ephemeral)), "ok");
  CAF_REQUIRE_EQUAL(outcome(c.create("/t")), "ok");
  static_cast<void>(c.get("/t", c.ears()));
  c.heard.clear();

  peer observer{options_at(root)};
  static_cast<void>(observer.c.exists("/e", observer.c.ears()));
  observer.c.wait([&] { return heard_of(observer.c, "removed /e"); }); // nobody runs its loop
  c.wait([&] { return heard_of(c, "suspended " + name_of(old)); });
  CAF_CHECK_EQUAL(outcome(c.set("/t", "1")), "session_expired"); // it waited for the link

  c.wait([&] {
    const auto next = stuck.owned->session();
    return next != session_id::none && next != old;
  });
  const auto now = name_of(stuck.owned->session());
  c.wait([&] { return heard_of(c, "connected " + now); });
  CAF_CHECK_EQUAL(c.heard, (strings{"suspended " + name_of(old), "expired " + name_of(old),
                                    "connected " + now}));
  CAF_CHECK(!c.has("/e"));
  c.heard.clear();
  CAF_CHECK_EQUAL(outcome(c.set("/t", "2")), "ok");
  CAF_CHECK_EQUAL(c.heard, strings{}); // the watch was the old session's
  static_cast<void>(c.get("/t", c.ears()));
  CAF_CHECK_EQUAL(outcome(c.set("/t", "3")), "ok");
  CAF_CHECK_EQUAL(c.heard, strings{"changed /t"});
  CAF_CHECK_EQUAL(name_of(c.ear().last_session), now);
}

CAF_TEST(changes made while the link was down are told when it is back) {
  paused_peer away{options};
  auto& c = *away.c;
  CAF_REQUIRE_EQUAL(outcome(c.create("/t")), "ok");
  CAF_REQUIRE_EQUAL(outcome(c.create("/gone")), "ok");
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.children("/t", c.ears()));
  static_cast<void>(c.exists("/new", c.ears()));
  static_cast<void>(c.get("/gone", c.ears()));
  server::shared().kill();
  server::shared().start();
  peer other{options};
  for (const auto* data : {"1", "2"})
    CAF_REQUIRE_EQUAL(outcome(other.c.set("/t", data)), "ok");
  for (const auto* path : {"/new", "/t/a", "/t/b"})
    CAF_REQUIRE_EQUAL(outcome(other.c.create(path)), "ok");
  CAF_REQUIRE_EQUAL(outcome(other.c.remove("/gone")), "ok");
  c.wait([&] { return c.heard.size() >= 4; });
  std::sort(c.heard.begin(), c.heard.end());
  CAF_CHECK_EQUAL(c.heard,
                  (strings{"changed /t", "children_changed /t", "created /new", "removed /gone"}));
}

CAF_TEST(without a server requests lose their patience and close does not wait) {
  options.servers = "127.0.0.1:1"; // nobody listens there
  options.request_patience = milliseconds{50};
  peer p{options};
  CAF_CHECK(!p.owned->wait_connected(milliseconds{20}));
  CAF_CHECK_EQUAL(outcome(p.c.create("/t")), "connection_loss");
  CAF_CHECK_EQUAL(p.owned->counters().late, 1u);
  CAF_CHECK(p.owned->session() == session_id::none);
  const auto start = std::chrono::steady_clock::now();
  p.owned->close();
  CAF_CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{2});
}

CAF_TEST(names that cannot be resolved are tried again) {
  options.servers = "no-such-host.invalid:2181";
  options.request_patience = milliseconds{50};
  peer p{options};
  CAF_CHECK_EQUAL(outcome(p.c.create("/t")), "connection_loss");
}

CAF_TEST(closing ends the session at once) {
  peer observer{options};
  {
    peer p{options};
    CAF_REQUIRE_EQUAL(outcome(p.c.create("/e", "", create_mode::ephemeral)), "ok");
    static_cast<void>(observer.c.exists("/e", observer.c.ears()));
  }
  observer.c.wait([&] { return heard_of(observer.c, "removed /e"); });
}

CAF_TEST(options that cannot work are refused) {
  options.servers = "";
  CAF_CHECK(!zookeeper_store::open(options));
  options = options_at("no/slash");
  CAF_CHECK(!zookeeper_store::open(options));
  options = options_at(root);
  options.auth = "nobody";
  CAF_CHECK(!zookeeper_store::open(options));
}

CAF_TEST_FIXTURE_SCOPE_END()
