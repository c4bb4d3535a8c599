// The suite of all stores, against ZooKeeper.
#define CAF_SUITE zookeeper.store

#include "tests/zookeeper/fixture.hpp"

#include <caf/test/dsl.hpp>

namespace mqttzoo::zk::test {
namespace {

struct store_fixture {
  std::unique_ptr<zookeeper_store> owned = open_store(fresh_root());

  store& subject() { return *owned; }
  std::function<void()> turn;
};

} // namespace
} // namespace mqttzoo::zk::test

#include "tests/zk/store_suite.hpp"
