// Random topic names and filters over so few levels that they meet often, and the plainest possible
// statement of which match. MQTTZOO_TEST_SEED repeats a run.
#pragma once

#include "core/random.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::mqtt::testing {

/// A seed of its own for each run, unless one is given. Failures print it.
inline std::uint64_t topics_seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("MQTTZOO_TEST_SEED");
    return given ? std::strtoull(given, nullptr, 10) : core::random_source::from_system().seed();
  }();
  return value;
}

class random_topics {
public:
  explicit random_topics(std::uint64_t seed) : random(seed) {}

  std::string name() {
    for (;;) {
      auto made = text(false);
      if (!made.empty())
        return made;
    }
  }
  std::string filter() {
    for (;;) {
      auto made = text(true);
      if (!made.empty())
        return made;
    }
  }
  bool chance(std::uint64_t one_in) { return random.below(one_in) == 0; }

  core::random_source random;

private:
  std::string text(bool wildcards) {
    // Around '/' in every order: bytes below it, above it, beyond ASCII, prefixes of each other.
    static constexpr std::string_view pool[] = {"",      "a",        "b", "ab", "a!",
                                                "a\x01", "\xC3\xA9", "0", "$",  "$SYS"};
    std::string made;
    for (auto left = random.between(1, 4); left > 0; --left) {
      const bool last = left == 1;
      if (wildcards && last && chance(4))
        made += '#';
      else if (wildcards && chance(3))
        made += '+';
      else
        made += pool[random.below(std::size(pool))];
      if (!last)
        made += '/';
    }
    return made;
  }
};

/// The levels of `text`, the slow way.
inline std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Section 4.7 in its own words, the slow way.
inline bool naively_matches(std::string_view filter, std::string_view topic) {
  const auto wanted = split(filter);
  const auto given = split(topic);
  if (topic[0] == '$' && (wanted[0] == "+" || wanted[0] == "#"))
    return false;
  const bool open = wanted.back() == "#"; // the parent level and any number of child levels
  const auto fixed = wanted.size() - (open ? 1 : 0);
  if (open ? given.size() < fixed : given.size() != fixed)
    return false;
  for (std::size_t i = 0; i < fixed; ++i)
    if (wanted[i] != "+" && wanted[i] != given[i])
      return false;
  return true;
}

} // namespace mqttzoo::mqtt::testing
