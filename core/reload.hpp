// What SIGHUP changes: which options differ, which of them count at once, and which need a restart.
#pragma once

#include "core/config.hpp"
#include "core/expected.hpp"
#include "core/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mqttzoo::core {

/// One option whose value differs, in the notation of the configuration.
struct setting_change {
  std::string_view name;
  std::string from;
  std::string to;
};

struct reload_plan {
  settings result;                       ///< the old settings with what counts at once
  std::vector<setting_change> reloaded;  ///< in `result`
  std::vector<setting_change> restarted; ///< not in `result`: they wait for a restart
};

/// Compares what holds with what was read anew. Refused if what counts at once contradicts what
/// waits for a restart, though `wanted` as a whole does not. Pure.
expected<reload_plan, std::vector<config_problem>> plan_reload(const settings& now,
                                                               const settings& wanted);

} // namespace mqttzoo::core
