#include "core/reload.hpp"

#include "core/options.hpp"

#include <utility>

namespace mqttzoo::core {

expected<reload_plan, std::vector<config_problem>> plan_reload(const settings& now,
                                                               const settings& wanted) {
  reload_plan plan;
  plan.result = now;
  for (const auto& o : options()) {
    setting_change change{o.name, show(o, now), show(o, wanted)};
    if (change.from == change.to)
      continue;
    if (o.change == option_change::on_reload) {
      copy(o, wanted, plan.result);
      plan.reloaded.push_back(std::move(change));
    } else {
      plan.restarted.push_back(std::move(change));
    }
  }
  auto problems = contradictions_in(plan.result);
  for (auto& p : problems)
    p.where = "configuration as it would be until a restart";
  if (!problems.empty())
    return unexpected{std::move(problems)};
  return plan;
}

} // namespace mqttzoo::core
