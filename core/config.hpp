// Where settings come from: command line over environment over configuration file over default.
//
// Called by main at start and again on SIGHUP with the same arguments; keeps nothing. Main thread
// only.
#pragma once

#include "core/expected.hpp"
#include "core/settings.hpp"

#include <span>
#include <string>
#include <vector>

namespace mqttzoo::core {

/// What the command line asks the program to do.
enum class config_action : std::uint8_t {
  run,
  help,             ///< --help
  version,          ///< --version
  check,            ///< --check-config: report and leave
  options_markdown, ///< --print-options-markdown: docs/configuration.md
};

/// One thing that is wrong: "mqttzoo.json:3" and what to do about it.
struct config_problem {
  std::string where;
  std::string what;
};

struct loaded_config {
  config_action action = config_action::run;
  settings values;
  /// Where each value came from, in the order of `options()`; empty where the default holds.
  std::vector<std::string> origins;
};

/// Reads all sources. `arguments` are those after the program's name, `environment` holds
/// `NAME=value`. Every problem is reported, not only the first. With `help`, `version` and
/// `options_markdown` nothing else is looked at.
expected<loaded_config, std::vector<config_problem>>
load_config(std::span<const std::string> arguments, std::span<const std::string> environment);

/// What contradicts each other in settings that are good one by one; load_config() looks for it.
std::vector<config_problem> contradictions_in(const settings& s);

/// The environment of this process, for `load_config`.
std::vector<std::string> process_environment();

} // namespace mqttzoo::core
