// `mqttzoo inspect top`: the busiest actors, drawn again and again.
#pragma once

#include "tools/cli/inspect_options.hpp"

namespace mqttzoo::cli {

/// The status of the process.
int inspect_top(const inspect_options& o);

} // namespace mqttzoo::cli
