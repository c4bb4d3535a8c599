// The suite of all stores, against the embedded store in memory.
#define CAF_SUITE zk.store_memory

#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

namespace mqttzoo::zk::test {
namespace { // the suite's other users define another fixture of that name

struct store_fixture {
  std::unique_ptr<embedded_store> owned = [] {
    embedded_options options;
    options.path = ":memory:";
    return *embedded_store::open(options);
  }();

  store& subject() { return *owned; }
  std::function<void()> turn;
};

} // namespace
} // namespace mqttzoo::zk::test

#include "tests/zk/store_suite.hpp"
