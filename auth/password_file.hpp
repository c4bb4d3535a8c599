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
#include <vector>

namespace mqttzoo::auth {

class password_file {
public:
  static expected<password_file, file_problem> parse(std::string_view text);

  /// Null if there is no such user.
  const password_hash* find(const std::string& user) const;
  std::size_t size() const noexcept { return users_.size(); }
  /// Does the work that a refusal lacks: after accepts() of `own`, or of none if it is null, every
  /// name has taken the same time, whether it stands here or not.
  void work_like_others(const password_hash* own, std::string_view password) const;
  /// What that is done with: a hash of each kind but that of `own`.
  std::vector<const password_hash*> kinds_beside(const password_hash* own) const;

  /// More than one is what an upgrade leaves behind. Beyond it the kinds that cost least are not
  /// made up for.
  static constexpr std::size_t kinds_max = 4;

private:
  void note_kind(const password_hash& of);

  std::unordered_map<std::string, password_hash> users_;
  std::vector<password_hash> kinds_; ///< one for each cost that a hash of the file has
};

} // namespace mqttzoo::auth
