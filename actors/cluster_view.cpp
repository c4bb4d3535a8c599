#include "actors/cluster_view.hpp"

#include "actors/session_card.hpp"
#include "zk/paths.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <string>
#include <string_view>

namespace mqttzoo::actors {

namespace {

/// Of SplitMix64: every bit of the result depends on every bit of `x`. The same on every pod of a
/// cluster, of whatever version, or two pods would think differently about a client's home.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

std::uint64_t seed_of(std::string_view life) noexcept {
  std::uint64_t seed = life.size();
  for (const char c : life)
    seed = mix(seed ^ static_cast<unsigned char>(c));
  return seed;
}

bool by_life(const member_ref& a, const member_ref& b) noexcept {
  return a->life < b->life;
}

std::vector<member_ref> sorted(std::vector<member_ref> members) {
  std::sort(members.begin(), members.end(), by_life);
  return members;
}

} // namespace

std::optional<client_bucket> bucket_of(std::string_view path) {
  const auto digits =
      std::string{zk::last_level_of(zk::parent_of(path))} + std::string{zk::last_level_of(path)};
  std::uint16_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, wrong] = std::from_chars(digits.data(), end, value, 16);
  if (digits.size() != 4 || wrong != std::errc{} || stop != end)
    return std::nullopt;
  return client_bucket{value};
}

cluster_view::cluster_view(std::int64_t n, std::vector<member_ref> m, member_ref s,
                           session_move move_in_it)
    : number(n), members(sorted(std::move(m))), self(std::move(s)), move(std::move(move_in_it)) {
  assert(contains(self->life));
  seeds_.reserve(members.size());
  for (const auto& member : members)
    seeds_.push_back(seed_of(member->life.str()));
}

member_ref cluster_view::find(const pod_life& life) const {
  const auto at = std::lower_bound(
      members.begin(), members.end(), life,
      [](const member_ref& m, const pod_life& wanted) { return m->life < wanted; });
  return at != members.end() && (*at)->life == life ? *at : nullptr;
}

const member_ref& cluster_view::home_of(client_bucket bucket) const {
  static const member_ref nobody;
  return home_without(move.why == move_purpose::drain ? move.by : nobody, bucket);
}

const member_ref& cluster_view::home_without(const member_ref& leaves, client_bucket bucket) const {
  const member_ref* best = nullptr;
  std::uint64_t best_weight = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (leaves && members[i]->life == leaves->life && members.size() > 1)
      continue;
    const auto weight = mix(seeds_[i] ^ static_cast<std::uint64_t>(bucket));
    if (!best || weight > best_weight) {
      best = &members[i];
      best_weight = weight;
    }
  }
  return *best;
}

} // namespace mqttzoo::actors
