// The suite of all stores, against the fault-injecting store without a fault, over an embedded
// store whose turns the test drives.
#define CAF_SUITE zk.store_faultless

#include "zk/embedded_store.hpp"
#include "zk/faulty_store.hpp"

#include <caf/test/dsl.hpp>

namespace mqttzoo::zk::test {
namespace { // the suite's other users define another fixture of that name

struct store_fixture {
  std::unique_ptr<embedded_store> beneath = [] {
    embedded_options options;
    options.path = ":memory:";
    options.threading = store_threading::manual;
    return *embedded_store::open(options);
  }();
  faulty_store faulty{*beneath, {}};

  store& subject() { return faulty; }
  std::function<void()> turn = [this] { beneath->run_turn(); };
};

} // namespace
} // namespace mqttzoo::zk::test

#include "tests/zk/store_suite.hpp"
