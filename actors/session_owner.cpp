#include "actors/session_owner.hpp"

#include <algorithm>

namespace mqttzoo::actors {

std::string encode_owner(const pod_life& now, const std::vector<pod_life>& before) {
  auto data = now.str();
  for (std::size_t i = 0; i < std::min(before.size(), owner_lives_max - 1); ++i)
    data += '\n' + before[i].str();
  return data;
}

std::vector<pod_life> decode_owner(std::string_view data) {
  std::vector<pod_life> lives;
  while (!data.empty() && lives.size() < owner_lives_max) {
    const auto end = std::min(data.find('\n'), data.size());
    if (end > 0)
      lives.emplace_back(std::string{data.substr(0, end)});
    data.remove_prefix(std::min(end + 1, data.size()));
  }
  return lives;
}

} // namespace mqttzoo::actors
