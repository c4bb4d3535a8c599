// A password file as mosquitto_passwd writes it: `user:hash` lines.
//
// Blank lines and those that begin with '#' are skipped. Immutable once parsed; any thread.
#pragma once

#include "auth/file_problem.hpp"
#include "auth/password_hash.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mqttzoo::auth {

class password_file {
public:
  static expected<password_file, file_problem> parse(std::string_view text);

  /// Null if there is no such user.
  const password_hash* find(const std::string& user) const;
  std::size_t size() const noexcept { return users_.size(); }
  /// Some user's hash, to spend as much time on a name that nobody has; null if there is none.
  const password_hash* any() const noexcept;

private:
  std::unordered_map<std::string, password_hash> users_;
};

} // namespace mqttzoo::auth
