#include "admin/readiness.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mqttzoo::admin {

namespace {

bool has_text(const actors::facts& of, std::string_view name) {
  const auto* text = of.get<std::string>(name);
  return text && !text->empty();
}

/// Sessions of a pod move, and nobody comes or goes: a pod that has come has not adopted in any
/// view before, and one that has gone is departed until what it left is passed on.
bool only_moves(const actors::facts& membership) {
  const auto* pods = membership.get<std::vector<actors::facts>>("pods");
  const auto* departed = membership.get<actors::facts::text_list>("departed");
  return pods && departed && departed->empty() &&
         std::any_of(pods->begin(), pods->end(),
                     [](const auto& p) { return has_text(p, "moves"); }) &&
         std::all_of(pods->begin(), pods->end(), [](const auto& p) {
           const auto* adopted = p.template get<std::int64_t>("adopted_view");
           return adopted && *adopted >= 0;
         });
}

} // namespace

std::optional<std::string> obstacle_of(const actors::actor_details* membership) {
  if (!membership)
    return "the cluster's view is not settled: unknown";
  const auto& more = membership->more;
  const auto* settled = more.get<bool>("settled");
  const auto* step = more.get<std::string>("step");
  if (settled && *settled)
    return std::nullopt;
  const auto& lasts = membership->summary.waits_for;
  if (only_moves(more) && lasts && *lasts < moving_step_max)
    return std::nullopt;
  return "the cluster's view is not settled: " + (step ? *step : "unknown");
}

} // namespace mqttzoo::admin
