// For tests of the embedded store on a disk: its directory and file, and children that end as they
// like.
#pragma once

#include "tests/scratch_directory.hpp"
#include "zk/embedded_store.hpp"

#include <caf/test/dsl.hpp>

#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace mqttzoo::zk::test {

inline embedded_options in_directory(const scratch_directory& where) {
  embedded_options options;
  options.path = where.path();
  return options;
}

inline std::string database_file(const scratch_directory& home) {
  return home.path() + "/mqttzoo.db";
}

/// Runs `body` in a child process, which ends with the status it returns.
template<class Body>
pid_t in_child(Body body) {
  const auto pid = ::fork();
  if (pid == 0)
    ::_exit(body());
  CAF_REQUIRE(pid > 0);
  return pid;
}

inline int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

} // namespace mqttzoo::zk::test
