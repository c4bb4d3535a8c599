#include "core/reload.hpp"

#include "core/options.hpp"

namespace mqttzoo::core {

reload_plan plan_reload(const settings& now, const settings& wanted) {
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
  return plan;
}

} // namespace mqttzoo::core
