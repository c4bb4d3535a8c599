#include "auth/password_file.hpp"

#include "auth/text_lines.hpp"

#include <utility>

namespace mqttzoo::auth {

namespace {

/// As long as a name in CONNECT may be.
constexpr std::size_t user_bytes_max = 65'535;

} // namespace

expected<password_file, file_problem> password_file::parse(std::string_view text) {
  password_file made;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto line = take_line(text);
    if (trimmed(line).empty() || line.starts_with('#'))
      continue;
    const auto problem = [&](std::string what) {
      return unexpected{file_problem{number, std::move(what)}};
    };
    const auto colon = line.find(':');
    if (colon == std::string_view::npos)
      return problem("a line is USER:HASH, and this one has no colon");
    const auto user = trimmed(line.substr(0, colon));
    if (user.empty() || user.size() > user_bytes_max)
      return problem("the user's name is not 1 to 65535 bytes");
    auto hash = password_hash::parse(trimmed(line.substr(colon + 1)));
    if (!hash)
      return problem("user " + std::string{user} + ": " + hash.error());
    if (!made.users_.emplace(user, *std::move(hash)).second)
      return problem("user " + std::string{user} + " stands in this file twice");
  }
  return made;
}

const password_hash* password_file::find(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

const password_hash* password_file::any() const noexcept {
  return users_.empty() ? nullptr : &users_.begin()->second;
}

} // namespace mqttzoo::auth
