// What is wrong with a file of accounts or rights, and where.
#pragma once

#include <cstddef>
#include <string>

namespace mqttzoo::auth {

/// Never quotes a password or a hash.
struct file_problem {
  std::size_t line = 0; ///< from 1
  std::string what;
};

} // namespace mqttzoo::auth
