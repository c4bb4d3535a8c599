// An embedded store in memory, or in a directory, whose turns a test takes itself.
#pragma once

#include "core/clock.hpp"
#include "zk/create_missing.hpp"
#include "zk/embedded_store.hpp"
#include "zk/paths.hpp"

#include <memory>
#include <string>
#include <utility>

namespace mqttzoo::test {

/// With the nodes that every pod expects. `clock` and `answers` outlive it.
inline std::unique_ptr<zk::embedded_store> open_manual_tree(const core::clock& clock,
                                                            zk::executor& answers,
                                                            const std::string& path = ":memory:") {
  zk::embedded_options options;
  options.path = path;
  options.clock = &clock;
  options.threading = zk::store_threading::manual;
  auto store = std::move(zk::embedded_store::open(options).value());
  zk::create_missing(*store, answers, zk::paths{}.skeleton(), [](auto) {});
  store->run_turn();
  return store;
}

} // namespace mqttzoo::test
