// Stores on the program's ZooKeeper server, each test below a node of its own.
#pragma once

#include "tests/zookeeper/server.hpp"
#include "zk/zookeeper_store.hpp"

#include <memory>
#include <string>

namespace mqttzoo::zk::test {

/// A chroot that no other test has.
inline std::string fresh_root() {
  static int made = 0;
  return "/test/" + std::to_string(++made);
}

inline zookeeper_options options_at(std::string root) {
  zookeeper_options options;
  options.servers = server::shared().address();
  options.chroot = std::move(root);
  options.session_timeout = std::chrono::seconds{20}; // not to expire on a busy machine
  options.request_patience = std::chrono::minutes{1}; // nor to give up on a server that starts
  return options;
}

inline std::unique_ptr<zookeeper_store> open_store(const zookeeper_options& options) {
  return *zookeeper_store::open(options);
}
inline std::unique_ptr<zookeeper_store> open_store(std::string root) {
  return open_store(options_at(std::move(root)));
}

} // namespace mqttzoo::zk::test
