// The table of options for people: `--help`, `--check-config` and docs/configuration.md.
#pragma once

#include "core/config.hpp"

#include <string>
#include <string_view>

namespace mqttzoo::core {

/// What `<program> --help` prints.
std::string help_text(std::string_view program);

/// The whole of docs/configuration.md; a test holds the committed file against it.
std::string options_markdown();

/// Every value that is not a default, with where it came from; one line each.
std::string describe_config(const loaded_config& config);

} // namespace mqttzoo::core
