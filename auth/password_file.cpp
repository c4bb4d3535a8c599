#include "auth/password_file.hpp"

#include "auth/text_lines.hpp"

#include <algorithm>
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
    made.note_kind(*hash);
    if (!made.users_.emplace(user, *std::move(hash)).second)
      return problem("user " + std::string{user} + " stands in this file twice");
  }
  return made;
}

const password_hash* password_file::find(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? nullptr : &found->second;
}

void password_file::note_kind(const password_hash& of) {
  const auto same = [&](const password_hash& k) { return k.costs_as_much_as(of); };
  if (std::ranges::any_of(kinds_, same))
    return;
  kinds_.push_back(of);
  if (kinds_.size() > kinds_max)
    kinds_.erase(std::ranges::min_element(kinds_, {}, &password_hash::work));
}

std::vector<const password_hash*> password_file::kinds_beside(const password_hash* own) const {
  std::vector<const password_hash*> others;
  for (const auto& k : kinds_)
    if (!own || !k.costs_as_much_as(*own))
      others.push_back(&k);
  return others;
}

void password_file::work_like_others(const password_hash* own, std::string_view password) const {
  for (const auto* k : kinds_beside(own))
    static_cast<void>(k->accepts(password));
}

} // namespace mqttzoo::auth
