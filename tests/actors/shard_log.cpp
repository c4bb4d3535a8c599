// The logs of other pods in a shard, read in whatever pieces.
#define CAF_SUITE shard_log
#include "actors/shard_log.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo;
using actors::shard_log;
using strings = std::vector<std::string>;

namespace {

struct log_fixture {
  /// What list() and then apply() change, "+<life> <filter>"; reads all nodes that list() wants.
  strings list(const strings& names) {
    shard_log::changes changes;
    const auto unread = log.list(names, pod_life{"self"}, changes);
    for (const auto& n : unread)
      log.apply(n, nodes[to_string(n)], changes);
    read = unread.size();
    strings all;
    for (const auto& c : changes)
      all.push_back((c.wanted ? '+' : '-') + c.life.str() + ' ' + c.filter);
    return all;
  }

  shard_log log;
  std::map<std::string, zk::filter_log_record> nodes;
  std::size_t read = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(shard_log_tests, log_fixture)

CAF_TEST(changes are applied in the order of their sequence and once) {
  nodes["a.d-0000000001"] = {0, 1, {{true, "x"}, {true, "y"}}};
  nodes["a.d-0000000002"] = {0, 1, {{false, "x"}}};
  nodes["b.d-0000000003"] = {0, 1, {{true, "x"}}};
  CAF_CHECK_EQUAL(
      list({"a.d-0000000002", "b.d-0000000003", "a.d-0000000001", "odd", "self.d-0000000004"}),
      (strings{"+a x", "+a y", "-a x", "+b x"}));
  CAF_CHECK_EQUAL(list({"a.d-0000000001", "a.d-0000000002", "b.d-0000000003"}), strings{});
  CAF_CHECK_EQUAL(read, 0u);
  CAF_CHECK_EQUAL(log.nodes_of(pod_life{"a"}), (strings{"a.d-0000000001", "a.d-0000000002"}));
}

CAF_TEST(a snapshot replaces what was there when its last part has come) {
  nodes["a.d-0000000001"] = {0, 1, {{true, "x"}, {true, "y"}}};
  nodes["a.s-0000000007"] = {0, 2, {{true, "y"}}};
  nodes["a.s-0000000008"] = {1, 2, {{true, "z"}}};
  list({"a.d-0000000001"});
  CAF_CHECK_EQUAL(list({"a.d-0000000001", "a.s-0000000007"}), strings{});
  CAF_CHECK_EQUAL(list({"a.s-0000000007", "a.s-0000000008"}), (strings{"-a x", "+a z"}));
}

CAF_TEST(a snapshot whose beginning was not seen does not count) {
  nodes["a.s-0000000002"] = {1, 2, {{true, "x"}}};
  nodes["a.s-0000000003"] = {0, 1, {{true, "y"}}};
  CAF_CHECK_EQUAL(list({"a.s-0000000002"}), strings{});
  CAF_CHECK_EQUAL(list({"a.s-0000000003"}), (strings{"+a y"}));
}

CAF_TEST(a pod without a node wants nothing) {
  nodes["a.d-0000000001"] = {0, 1, {{true, "x"}}};
  list({"a.d-0000000001"});
  CAF_CHECK_EQUAL(list({}), (strings{"-a x"}));
  CAF_CHECK_EQUAL(list({}), strings{});
}

CAF_TEST_FIXTURE_SCOPE_END()
