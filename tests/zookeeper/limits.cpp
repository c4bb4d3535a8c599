// What the ZooKeeper store refuses, and what it must be large enough for.
#define CAF_SUITE zookeeper.limits

#include "tests/zk/model.hpp"
#include "tests/zookeeper/fixture.hpp"

#include <algorithm>

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

namespace {

using strings = std::vector<std::string>;

struct peer {
  explicit peer(const zookeeper_options& options) : owned(open_store(options)) {}
  ~peer() { owned->close(); }

  std::unique_ptr<zookeeper_store> owned;
  client c{*owned};
};

/// A listener of the few that get the last of the room.
struct indispensable final : watch_sink {
  void on_watch(const watch_event&) override {}
  watch_room room() const noexcept override { return watch_room::reserved; }
};

struct fixture {
  zookeeper_options options = options_at(fresh_root());

  zookeeper_options as(std::string user) const {
    auto mine = options;
    mine.auth = std::move(user);
    return mine;
  }
};

std::vector<op> many_creates(const std::string& prefix, int first, int count) {
  std::vector<op> ops;
  for (int i = first; i < first + count; ++i)
    ops.emplace_back(create_op{prefix + std::to_string(i), "x"});
  return ops;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(zookeeper_limits, fixture)

CAF_TEST(a node may have very many children) {
  constexpr int children = 50'000;
  constexpr int at_once = 1'000;
  peer p{options};
  auto& c = p.c;
  CAF_REQUIRE_EQUAL(outcome(c.create("/t")), "ok");
  int made = 0;
  for (int i = 0; i < children; i += at_once)
    c.subject().multi(c.jobs, many_creates("/t/a-child-with-a-name-of-some-length-", i, at_once),
                      [&](auto result) { made += result ? at_once : 0; });
  c.wait([&] { return made == children; });
  const auto listed = c.children("/t");
  CAF_REQUIRE_EQUAL(outcome(listed), "ok");
  CAF_CHECK_EQUAL(listed->names.size(), std::size_t{children});
  std::size_t seen = 0;
  const auto scanned = c.scan("/t", {}, [&](auto page) { seen += page.size(); });
  CAF_CHECK(scanned == std::size_t{children});
  CAF_CHECK_EQUAL(seen, std::size_t{children});
}

CAF_TEST(a request that servers would refuse is refused here) {
  peer p{options};
  // Little data, but more on the wire than 1 MiB.
  CAF_CHECK_EQUAL(outcome(p.c.multi(many_creates("/", 0, 20'000))), "too_large");
  CAF_REQUIRE_EQUAL(outcome(p.c.create("/large", std::string(request_bytes_max - 6, 'x'))), "ok");
  CAF_CHECK_EQUAL(p.owned->counters().outages, 0u);
}

CAF_TEST(a full queue refuses and what is in it is carried out) {
  options.queue_requests_max = 100;
  peer p{options};
  CAF_REQUIRE_EQUAL(outcome(p.c.create("/t")), "ok");
  int ok = 0;
  int refused = 0;
  for (int i = 0; i < 5'000; ++i)
    p.c.subject().set(p.c.jobs, "/t", "x", any_version, [&](auto result) {
      ok += result.has_value();
      refused += outcome(result) == "overloaded";
    });
  p.c.wait([&] { return ok + refused == 5'000; });
  CAF_CHECK(refused > 0);
  CAF_CHECK_EQUAL(p.c.stat_of("/t").version, ok);
  CAF_CHECK_EQUAL(p.owned->counters().refused, static_cast<std::uint64_t>(refused));
  CAF_CHECK_EQUAL(p.owned->counters().queue_requests, 0u);
}

CAF_TEST(more watches than a reconnect can carry are refused) {
  options.watch_bytes_max = 2'000;
  peer p{options};
  int set = 0;
  while (p.c.exists("/" + std::to_string(set), p.c.ears()))
    ++set;
  CAF_CHECK(set > 50);
  CAF_CHECK_EQUAL(outcome(p.c.exists("/one-more", p.c.ears())), "overloaded");
  CAF_CHECK_EQUAL(outcome(p.c.exists("/one-more")), "ok");
  CAF_CHECK(p.owned->counters().watch_bytes <= 2'000);
}

CAF_TEST(a watch that counts already is set again however full it is) {
  options.watch_bytes_max = 2'000;
  peer p{options};
  int set = 0;
  while (p.c.exists("/" + std::to_string(set), p.c.ears()))
    ++set;
  const auto bytes = p.owned->counters().watch_bytes;
  for (int i = 0; i < set; ++i)
    CAF_REQUIRE_EQUAL(outcome(p.c.exists("/" + std::to_string(i), p.c.ears())), "ok");
  CAF_CHECK_EQUAL(p.owned->counters().watch_bytes, bytes);
  CAF_CHECK_EQUAL(outcome(p.c.exists("/one-more", p.c.ears())), "overloaded");
}

CAF_TEST(the last of the room is for watches a process cannot do without) {
  options.watch_bytes_max = 2'000;
  peer p{options};
  int set = 0;
  while (p.c.exists("/" + std::to_string(set), p.c.ears()))
    ++set;
  const auto needed = std::make_shared<indispensable>();
  for (int i = 0; i < 3; ++i)
    CAF_CHECK_EQUAL(outcome(p.c.exists("/p" + std::to_string(i), needed)), "ok");
  while (p.c.exists("/p" + std::to_string(set), needed))
    ++set;
  CAF_CHECK(p.owned->counters().watch_bytes <= 2'000);
}

CAF_TEST(a full table is looked through again when listeners have gone) {
  options.watch_bytes_max = 2'000;
  peer p{options};
  strings unheard;
  auto passing = std::make_shared<recorder>(unheard);
  int set = 0;
  while (p.c.exists("/" + std::to_string(set), passing))
    ++set;
  passing = nullptr;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  auto answer = outcome(p.c.exists("/one-more", p.c.ears()));
  while (answer == "overloaded" && std::chrono::steady_clock::now() < patience)
    answer = outcome(p.c.exists("/one-more", p.c.ears()));
  CAF_CHECK_EQUAL(answer, "ok");
}

CAF_TEST(watches that nobody listens to make room) {
  options.watch_bytes_max = 2'000;
  peer p{options};
  const auto kept = p.c.ears();
  static_cast<void>(p.c.exists("/kept", kept));
  for (int i = 0; i < 1'000; ++i) {
    strings unheard;
    const auto passing = std::make_shared<recorder>(unheard);
    CAF_REQUIRE_EQUAL(outcome(p.c.exists("/" + std::to_string(i), passing)), "ok");
  }
  CAF_CHECK(p.owned->counters().watches_forgotten > 500);
  static_cast<void>(p.c.create("/kept"));
  CAF_CHECK_EQUAL(p.c.heard, strings{"created /kept"});
}

CAF_TEST(nodes of one user are closed to others) {
  peer alice{as("alice:secret")};
  CAF_REQUIRE_EQUAL(outcome(alice.c.create("/t", "hers")), "ok");
  CAF_REQUIRE_EQUAL(outcome(alice.c.multi({create_op{"/u"}, create_op{"/v"}})), "ok");
  peer mallory{as("alice:guess")};
  CAF_REQUIRE(mallory.owned->wait_connected(std::chrono::seconds{10}));
  auto& m = mallory.c;
  CAF_CHECK_EQUAL(outcome(m.get("/t")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.children("/t")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.set("/t", "mine")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.create("/t/below")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.create("/beside")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.remove("/t")), "no_permission");
  CAF_CHECK_EQUAL(outcome(m.multi({check_op{"/"}, set_op{"/u", "mine"}})), "no_permission 0");
  peer nobody{options};
  CAF_CHECK_EQUAL(outcome(nobody.c.set("/v", "mine")), "no_permission");
  peer herself{as("alice:secret")};
  CAF_CHECK_EQUAL(herself.c.data("/t"), "hers");
  CAF_CHECK_EQUAL(outcome(herself.c.remove("/u")), "ok");
}

CAF_TEST(ten thousand random operations in flight together do what the model does) {
  core::random_source dice{20240608};
  model wanted_tree;
  static_cast<void>(wanted_tree.apply({create_op{"/t"}}));
  peer p{options};
  CAF_REQUIRE_EQUAL(outcome(p.c.create("/t")), "ok");
  std::size_t operations = 0;
  std::size_t asked = 0;
  std::size_t answered = 0;
  std::size_t wrong = 0;
  while (operations < 10'000) {
    const auto ops = random_ops(dice);
    operations += ops.size();
    ++asked;
    p.c.subject().multi(p.c.jobs, ops, [&, wanted = wanted_tree.apply(ops)](auto got) {
      ++answered;
      wrong += outcome(got) != outcome(wanted) ||
               (got && !std::equal(got->begin(), got->end(), wanted->begin(), wanted->end(),
                                   [](const auto& a, const auto& b) { return same(a, b); }));
    });
  }
  p.c.wait([&] { return answered == asked; });
  CAF_CHECK_EQUAL(wrong, 0u);
  std::size_t seen = 0;
  static_cast<void>(p.c.scan("/t", {scan_depth::subtree}, [&](auto page) {
    for (const auto& found : page) {
      ++seen;
      const auto* wanted = wanted_tree.find(found.path);
      CAF_REQUIRE(wanted != nullptr);
      CAF_CHECK(found.data == wanted->data && same(found.stat, wanted->stat));
    }
  }));
  CAF_CHECK_EQUAL(seen, wanted_tree.nodes_below("/t"));
}

CAF_TEST_FIXTURE_SCOPE_END()
