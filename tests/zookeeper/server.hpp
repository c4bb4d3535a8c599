// A real ZooKeeper server on loopback for the suites of this folder: Debian's package, one for the
// whole test program, its data in a directory that is gone at the end.
//
// It dies with the program, also when that crashes. Not thread-safe.
#pragma once

#include "tests/zk/client.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace mqttzoo::zk::test {

class server {
public:
  /// The program's server, started by the first who asks and then serving again.
  static server& shared();

  server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// "127.0.0.1:port", the same after a restart.
  const std::string& address() const { return address_; }

  /// As kill -9 does; what was acknowledged is still there after `start`.
  void kill();
  /// Returns when it serves; at once if it does.
  void start();

private:
  bool serves() const;

  scratch_directory directory_;
  std::uint16_t port_;
  std::string address_;
  pid_t pid_ = -1;
};

} // namespace mqttzoo::zk::test
