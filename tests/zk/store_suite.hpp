// What every store must do. No header in the usual sense: a test file defines CAF_SUITE and
// `store_fixture`, which has `store& subject()` and `std::function<void()> turn` (see client), then
// includes this and thereby runs the suite against its store.
#pragma once

#include "core/random.hpp"
#include "tests/zk/client.hpp"
#include "tests/zk/model.hpp"

#include <algorithm>
#include <map>

namespace mqttzoo::zk::test {
namespace {

struct suite_fixture : store_fixture {
  suite_fixture() { static_cast<void>(c.create("/t")); }
  ~suite_fixture() { subject().close(); } // before the client that it may still answer

  std::vector<std::string> sorted_children(const std::string& path) {
    auto names = c.children(path)->names;
    std::sort(names.begin(), names.end());
    return names;
  }

  client c{subject(), turn};
  std::vector<std::string>& heard = c.heard;
};

using strings = std::vector<std::string>;

} // namespace
} // namespace mqttzoo::zk::test

using namespace mqttzoo;
using namespace mqttzoo::zk;
using namespace mqttzoo::zk::test;

CAF_TEST_FIXTURE_SCOPE(store_suite, suite_fixture)

CAF_TEST(a created node can be read) {
  const auto made = c.create("/t/a", "data");
  CAF_REQUIRE_EQUAL(outcome(made), "ok");
  CAF_CHECK_EQUAL(made->path, "/t/a");
  const auto read = c.get("/t/a");
  CAF_REQUIRE_EQUAL(outcome(read), "ok");
  CAF_CHECK_EQUAL(read->data, "data");
  CAF_CHECK(read->stat == made->stat);
  CAF_CHECK_EQUAL(read->stat.data_bytes, 4u);
  CAF_CHECK_EQUAL(read->stat.version, 0);
  CAF_CHECK_EQUAL(read->stat.czxid, read->stat.mzxid);
  CAF_CHECK(read->stat.ctime_unix_ms > 0);
}

CAF_TEST(data may be empty or hold any bytes) {
  const std::string bytes{"\0\xff\n\0", 4};
  CAF_CHECK_EQUAL(outcome(c.create("/t/a", bytes)), "ok");
  CAF_CHECK_EQUAL(c.data("/t/a"), bytes);
  CAF_CHECK_EQUAL(outcome(c.set("/t/a", "")), "ok");
  CAF_CHECK_EQUAL(c.data("/t/a"), "");
  CAF_CHECK_EQUAL(c.stat_of("/t/a").data_bytes, 0u);
  CAF_CHECK_EQUAL(outcome(c.set("/t/a", bytes)), "ok");
  CAF_CHECK_EQUAL(c.data("/t/a"), bytes);
}

CAF_TEST(create names what is in its way) {
  CAF_CHECK_EQUAL(outcome(c.create("/t/a/b")), "no_node");
  CAF_CHECK_EQUAL(outcome(c.create("/t/a")), "ok");
  CAF_CHECK_EQUAL(outcome(c.create("/t/a")), "node_exists");
  CAF_CHECK_EQUAL(outcome(c.create("/")), "node_exists");
}

CAF_TEST(malformed paths are refused by every operation) {
  for (const std::string path : {"", "t", "t/a", "/t/", "//t", "/t//a", "/t/.", "/t/..", "/t/\x01",
                                 "/t/\x7f", "/t/\xc3\xa4", "/./a"}) {
    CAF_MESSAGE("path '" << path << "'");
    CAF_CHECK_EQUAL(outcome(c.create(path)), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.set(path, "")), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.remove(path)), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.get(path)), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.exists(path)), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.children(path)), "invalid_path");
    CAF_CHECK_EQUAL(outcome(c.scan(path, {}, [](auto) {})), "invalid_path");
  }
  CAF_CHECK_EQUAL(outcome(c.create("/t/" + std::string(path_bytes_max, 'x'))), "invalid_path");
  CAF_CHECK_EQUAL(outcome(c.create("/t/ ~!-_.a")), "ok");
  CAF_CHECK_EQUAL(outcome(c.children("/")), "ok");
}

CAF_TEST(set counts versions and checks the expected one) {
  static_cast<void>(c.create("/t/a", "0"));
  const auto first = c.set("/t/a", "1", 0);
  CAF_REQUIRE_EQUAL(outcome(first), "ok");
  CAF_CHECK_EQUAL(first->version, 1);
  CAF_CHECK_EQUAL(outcome(c.set("/t/a", "2", 0)), "bad_version");
  CAF_CHECK_EQUAL(c.data("/t/a"), "1");
  const auto second = c.set("/t/a", "2", any_version);
  CAF_REQUIRE_EQUAL(outcome(second), "ok");
  CAF_CHECK_EQUAL(second->version, 2);
  CAF_CHECK(second->mzxid > first->mzxid);
  CAF_CHECK_EQUAL(second->czxid, first->czxid);
  CAF_CHECK(c.stat_of("/t/a") == *second);
  CAF_CHECK_EQUAL(outcome(c.set("/t/b", "")), "no_node");
}

CAF_TEST(remove checks the version and the children) {
  static_cast<void>(c.create("/t/a", "x"));
  static_cast<void>(c.create("/t/a/b"));
  CAF_CHECK_EQUAL(outcome(c.remove("/t/a")), "not_empty");
  CAF_CHECK_EQUAL(outcome(c.remove("/t/a/b", 1)), "bad_version");
  CAF_CHECK_EQUAL(outcome(c.remove("/t/a/b", 0)), "ok");
  CAF_CHECK_EQUAL(outcome(c.remove("/t/a/b")), "no_node");
  CAF_CHECK_EQUAL(outcome(c.remove("/t/a")), "ok");
  CAF_CHECK(!c.has("/t/a"));
  CAF_CHECK_EQUAL(outcome(c.create("/t/a")), "ok");
  CAF_CHECK_EQUAL(c.data("/t/a"), "");
}

CAF_TEST(a parent counts its children) {
  for (const auto* child : {"/t/a", "/t/b", "/t/c"})
    static_cast<void>(c.create(child));
  static_cast<void>(c.remove("/t/b"));
  const auto parent = c.children("/t");
  CAF_CHECK_EQUAL(sorted_children("/t"), (strings{"a", "c"}));
  CAF_CHECK_EQUAL(parent->stat.children, 2u);
  CAF_CHECK_EQUAL(parent->stat.cversion, 4); // three created, one removed
  CAF_CHECK_EQUAL(parent->stat.version, 0);
}

CAF_TEST(sequential names grow and never come back) {
  const auto next = [&] { return c.sequential("/t/s-"); };
  const auto first = next();
  const auto second = next();
  CAF_CHECK_EQUAL(first, "/t/s-0000000000");
  CAF_CHECK_EQUAL(second, "/t/s-0000000001");
  static_cast<void>(c.remove(first));
  static_cast<void>(c.remove(second));
  CAF_CHECK_EQUAL(next(), "/t/s-0000000002");
  // The number is the parent's, whatever the prefix, and other children count too.
  static_cast<void>(c.create("/t/plain"));
  CAF_CHECK_EQUAL(c.sequential("/t/"), "/t/0000000004");
}

CAF_TEST(a transaction sees its own earlier operations) {
  const auto done = c.multi({
      create_op{"/t/a", "1"},
      create_op{"/t/a/p-", "2", create_mode::persistent_sequential},
      create_op{"/t/a/p-", "3", create_mode::persistent_sequential},
      set_op{"/t/a", "4", 0},
      check_op{"/t/a", 1},
      remove_op{"/t/a/p-0000000000", 0},
  });
  CAF_REQUIRE_EQUAL(outcome(done), "ok");
  CAF_REQUIRE_EQUAL(done->size(), 6u);
  CAF_CHECK_EQUAL((*done)[1].path, "/t/a/p-0000000000");
  CAF_CHECK_EQUAL((*done)[2].path, "/t/a/p-0000000001");
  CAF_CHECK_EQUAL((*done)[3].stat.version, 1);
  CAF_CHECK_EQUAL((*done)[3].stat.children, 2u);
  CAF_CHECK_EQUAL(sorted_children("/t/a"), strings{"p-0000000001"});
  CAF_CHECK_EQUAL(c.data("/t/a/p-0000000001"), "3");
  // All of one transaction bears one number.
  CAF_CHECK_EQUAL((*done)[0].stat.czxid, (*done)[3].stat.mzxid);
}

CAF_TEST(a transaction that fails leaves nothing behind) {
  static_cast<void>(c.create("/t/a", "old"));
  static_cast<void>(c.create("/t/gone"));
  const auto before = c.children("/t");
  const auto failed = c.multi({
      set_op{"/t/a", "new"},
      create_op{"/t/b"},
      create_op{"/t/b/s-", "", create_mode::persistent_sequential},
      remove_op{"/t/gone"},
      check_op{"/t/a", 7},
      create_op{"/t/never"},
  });
  CAF_CHECK_EQUAL(outcome(failed), "bad_version 4");
  CAF_CHECK_EQUAL(c.data("/t/a"), "old");
  CAF_CHECK_EQUAL(c.stat_of("/t/a").version, 0);
  CAF_CHECK_EQUAL(sorted_children("/t"), (strings{"a", "gone"}));
  CAF_CHECK(c.stat_of("/t") == before->stat);
  CAF_CHECK_EQUAL(outcome(c.create("/t/b/x")), "no_node");
  CAF_CHECK_EQUAL(c.sequential("/t/s-"), "/t/s-0000000002");
}

CAF_TEST(a transaction names the first operation that failed) {
  CAF_CHECK_EQUAL(outcome(c.multi({check_op{"/t"}, check_op{"/x"}, check_op{"/y"}})), "no_node 1");
  CAF_CHECK_EQUAL(outcome(c.multi({create_op{"/t/a"}, create_op{"/t/a"}})), "node_exists 1");
  CAF_CHECK_EQUAL(outcome(c.multi({check_op{"/t"}, set_op{"bad", ""}})), "invalid_path 1");
  CAF_CHECK_EQUAL(outcome(c.multi({})), "ok");
}

CAF_TEST(a request of more than a million bytes is refused) {
  const std::string path = "/t/a";
  CAF_CHECK_EQUAL(outcome(c.create(path, std::string(request_bytes_max - path.size(), 'x'))), "ok");
  CAF_CHECK_EQUAL(outcome(c.set(path, std::string(request_bytes_max - path.size() + 1, 'y'))),
                  "too_large");
  CAF_CHECK_EQUAL(c.data(path).size(), request_bytes_max - path.size());
  const std::string half(request_bytes_max / 2, 'z');
  CAF_CHECK_EQUAL(outcome(c.multi({create_op{"/t/b", half}, create_op{"/t/c", half}})),
                  "too_large");
  CAF_CHECK(!c.has("/t/b"));
}

CAF_TEST(an ephemeral node has an owner and no children) {
  const auto made = c.create("/t/e", "x", create_mode::ephemeral);
  CAF_REQUIRE_EQUAL(outcome(made), "ok");
  CAF_CHECK(made->stat.ephemeral_owner == c.subject().session());
  CAF_CHECK(c.stat_of("/t/e").ephemeral_owner == c.subject().session());
  CAF_CHECK_EQUAL(outcome(c.create("/t/e/a")), "no_children_for_ephemerals");
  CAF_CHECK_EQUAL(c.sequential("/t/e-", create_mode::ephemeral_sequential), "/t/e-0000000001");
  CAF_CHECK_EQUAL(outcome(c.remove("/t/e")), "ok");
}

CAF_TEST(a scan shows what reading node by node shows) {
  std::map<std::string, std::string> made;
  for (const auto* branch : {"/t/a", "/t/a-b", "/t/a/x", "/t/z"})
    made[branch] = "";
  for (int i = 0; i < 40; ++i)
    made["/t/a/x/" + std::to_string(i)] = std::string(static_cast<std::size_t>(i), 'd');
  made["/t/z/leaf"] = "leaf";
  for (const auto& [path, data] : made)
    CAF_REQUIRE_EQUAL(outcome(c.create(path, data)), "ok");

  for (const std::size_t page_nodes : {1, 3, 44, 45, 46, 1000}) {
    std::map<std::string, std::string> seen;
    const auto count = c.scan("/t", {scan_depth::subtree, page_nodes}, [&](auto page) {
      CAF_CHECK(!page.empty() && page.size() <= page_nodes);
      for (const auto& found : page) {
        const auto parent = found.path.substr(0, found.path.rfind('/'));
        CAF_CHECK(parent == "/t" || seen.contains(parent));
        CAF_CHECK(seen.emplace(found.path, found.data).second);
        CAF_CHECK_EQUAL(found.stat.data_bytes, found.data.size());
      }
    });
    CAF_CHECK(count == made.size());
    CAF_CHECK(seen == made);
  }
  strings direct;
  static_cast<void>(c.scan("/t", {}, [&](auto page) {
    for (const auto& found : page)
      direct.push_back(found.path);
  }));
  std::sort(direct.begin(), direct.end());
  CAF_CHECK_EQUAL(direct, (strings{"/t/a", "/t/a-b", "/t/z"}));
  CAF_CHECK_EQUAL(outcome(c.scan("/t/none", {}, [](auto) { CAF_FAIL("a page of nothing"); })),
                  "no_node");
  const auto none = c.scan("/t/a-b", {}, [](auto) { CAF_FAIL("a page of nothing"); });
  CAF_CHECK(none == std::size_t{0});
}

CAF_TEST(a page of a scan ends at its bytes) {
  for (int i = 0; i < 6; ++i)
    static_cast<void>(c.create("/t/" + std::to_string(i), std::string(100, 'x')));
  std::vector<std::size_t> sizes;
  static_cast<void>(c.scan("/t", {scan_depth::children, 1000, 200},
                           [&](auto page) { sizes.push_back(page.size()); }));
  CAF_CHECK_EQUAL(sizes, (std::vector<std::size_t>{2, 2, 2}));
}

CAF_TEST(watches hear what their kind of read showed) {
  static_cast<void>(c.exists("/t/a", c.ears()));
  static_cast<void>(c.create("/t/a"));
  CAF_CHECK_EQUAL(heard, strings{"created /t/a"});
  heard.clear();

  static_cast<void>(c.get("/t/a", c.ears()));
  static_cast<void>(c.create("/t/a/child"));
  CAF_CHECK_EQUAL(heard, strings{});
  static_cast<void>(c.set("/t/a", "1"));
  CAF_CHECK_EQUAL(heard, strings{"changed /t/a"});
  heard.clear();

  static_cast<void>(c.children("/t/a", c.ears()));
  static_cast<void>(c.set("/t/a", "2"));
  static_cast<void>(c.set("/t/a/child", "2"));
  CAF_CHECK_EQUAL(heard, strings{});
  static_cast<void>(c.remove("/t/a/child"));
  CAF_CHECK_EQUAL(heard, strings{"children_changed /t/a"});
  heard.clear();

  static_cast<void>(c.children("/t/a", c.ears()));
  static_cast<void>(c.get("/t/a", c.ears()));
  static_cast<void>(c.exists("/t/a", c.ears()));
  static_cast<void>(c.remove("/t/a"));
  CAF_CHECK_EQUAL(heard, strings{"removed /t/a"});
  CAF_CHECK(c.ear().last_session == c.subject().session());
}

CAF_TEST(watches can be listed until they fire) {
  CAF_CHECK_EQUAL(c.watches("/t"), strings{});
  static_cast<void>(c.create("/t/a"));
  static_cast<void>(c.create("/tb"));
  static_cast<void>(c.get("/t/a", c.ears()));
  static_cast<void>(c.children("/t/a", c.ears()));
  static_cast<void>(c.exists("/t/b", c.ears()));
  static_cast<void>(c.get("/tb", c.ears()));
  static_cast<void>(c.get("/t", c.ears()));
  const strings all{"/t data of test", "/t/a data children of test", "/t/b exists of test"};
  CAF_CHECK_EQUAL(c.watches("/t"), all);
  CAF_CHECK_EQUAL(c.watches("/t/a"), strings{all[1]});
  CAF_CHECK_EQUAL(c.watches("/t", "", 2), (strings{all[0], all[1], "more"}));
  CAF_CHECK_EQUAL(c.watches("/t", "/t/a", 2), strings{all[2]});
  static_cast<void>(c.set("/t/a", "1"));
  CAF_CHECK_EQUAL(c.watches("/t/a"), strings{"/t/a children of test"});
  {
    std::vector<std::string> elsewhere;
    const auto other = std::make_shared<recorder>(elsewhere);
    static_cast<void>(c.get("/t/a", other));
    CAF_CHECK_EQUAL(c.watches("/t/a"), (strings{"/t/a children of test", "/t/a data of test"}));
  }
  CAF_CHECK_EQUAL(c.watches("/t/a"), strings{"/t/a children of test"}); // nobody listens any more
}

CAF_TEST(a watch fires once) {
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.set("/t", "1"));
  static_cast<void>(c.set("/t", "2"));
  CAF_CHECK_EQUAL(heard, strings{"changed /t"});
}

CAF_TEST(a read that fails and a write that fails touch no watch) {
  CAF_CHECK_EQUAL(outcome(c.get("/t/a", c.ears())), "no_node");
  CAF_CHECK_EQUAL(outcome(c.children("/t/a", c.ears())), "no_node");
  static_cast<void>(c.create("/t/a"));
  static_cast<void>(c.set("/t/a", "x"));
  CAF_CHECK_EQUAL(heard, strings{});
  static_cast<void>(c.get("/t/a", c.ears()));
  static_cast<void>(c.multi({set_op{"/t/a", "y"}, check_op{"/none"}}));
  CAF_CHECK_EQUAL(heard, strings{});
}

CAF_TEST(each sink hears for itself until it is gone) {
  strings others;
  auto other = std::make_shared<recorder>(others);
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.get("/t", other));
  static_cast<void>(c.set("/t", "1"));
  CAF_CHECK_EQUAL(heard, strings{"changed /t"});
  CAF_CHECK_EQUAL(others, strings{"changed /t"});
  static_cast<void>(c.get("/t", c.ears()));
  static_cast<void>(c.get("/t", other));
  other.reset();
  static_cast<void>(c.set("/t", "2"));
  CAF_CHECK_EQUAL(heard.size(), 2u);
  CAF_CHECK_EQUAL(others.size(), 1u);
}

CAF_TEST(an event comes before what was read after the change) {
  strings order;
  bool finished = false;
  static_cast<void>(c.get("/t", c.ears()));
  c.subject().set(c.jobs, "/t", "new", any_version, [&](auto) {
    order = heard;
    order.push_back("set completed");
  });
  c.subject().get(c.jobs, "/t", {}, [&](auto read) {
    order.push_back("read " + read->data);
    finished = true;
  });
  c.wait([&] { return finished; });
  CAF_CHECK_EQUAL(order, (strings{"changed /t", "set completed", "read new"}));
}

CAF_TEST(operations take effect and complete in the order of the calls) {
  constexpr int rounds = 500;
  strings order;
  strings wanted;
  for (int i = 0; i < rounds; ++i) {
    const auto data = std::to_string(i);
    c.subject().set(c.jobs, "/t", data, any_version,
                    [&order, data](auto) { order.push_back("set " + data); });
    c.subject().get(c.jobs, "/t", {},
                    [&order](auto read) { order.push_back("get " + read->data); });
    wanted.push_back("set " + data);
    wanted.push_back("get " + data);
  }
  c.wait([&] { return order.size() == wanted.size(); });
  CAF_CHECK(order == wanted);
}

CAF_TEST(nothing completes inside the call) {
  bool done = false;
  c.subject().get(c.jobs, "/t", {}, [&](auto) { done = true; });
  CAF_CHECK(!done);
  c.wait([&] { return done; });
}

CAF_TEST(whoever attaches hears of the session) {
  c.subject().attach(c.jobs, c.ears());
  c.wait([&] { return !heard.empty(); });
  CAF_CHECK_EQUAL(heard, strings{"connected " +
                                 std::to_string(static_cast<std::int64_t>(c.subject().session()))});
  CAF_CHECK(c.subject().session() != session_id::none);
}

CAF_TEST(sync completes) {
  CAF_CHECK_EQUAL(outcome(c.sync()), "ok");
}

CAF_TEST(a closed store has carried out what it took and refuses the rest) {
  strings order;
  for (int i = 0; i < 100; ++i)
    c.subject().set(c.jobs, "/t", "x", any_version,
                    [&](auto result) { order.push_back(outcome(result)); });
  c.subject().close();
  c.subject().close();
  c.subject().set(c.jobs, "/t", "x", any_version,
                  [&](auto result) { order.push_back(outcome(result)); });
  c.subject().get(c.jobs, "/t", {}, [&](auto result) { order.push_back(outcome(result)); });
  while (order.size() < 102 && c.jobs.run_one(std::chrono::seconds{10})) {
  }
  strings wanted(100, "ok");
  wanted.insert(wanted.end(), 2, "closed");
  CAF_CHECK(order == wanted);
}

CAF_TEST(random transactions do what the model does) {
  core::random_source dice{20240607};
  model expected_tree;
  expected_tree.apply({create_op{"/t", ""}});
  for (int round = 0; round < 1500; ++round) {
    const auto ops = random_ops(dice);
    const auto wanted = expected_tree.apply(ops);
    const auto got = c.multi(ops);
    CAF_REQUIRE_EQUAL(outcome(got), outcome(wanted));
    for (std::size_t i = 0; got && i < ops.size(); ++i)
      CAF_REQUIRE(same((*got)[i], (*wanted)[i]));
  }
  // Then both trees are equal, node by node.
  std::size_t seen = 0;
  static_cast<void>(c.scan("/t", {scan_depth::subtree, 7}, [&](auto page) {
    for (const auto& found : page) {
      ++seen;
      const auto* wanted = expected_tree.find(found.path);
      CAF_REQUIRE(wanted != nullptr);
      CAF_CHECK_EQUAL(found.data, wanted->data);
      CAF_CHECK(same(found.stat, wanted->stat));
    }
  }));
  CAF_CHECK_EQUAL(seen, expected_tree.nodes_below("/t"));
}

CAF_TEST_FIXTURE_SCOPE_END()
